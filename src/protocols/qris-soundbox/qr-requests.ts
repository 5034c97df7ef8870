import { CallerFault } from '../../domain/fault.ts';
import { checkOffer } from '../../domain/qr/offer.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { QrIntent, QrOffer } from '../../ports/gateway.ts';
import type { QrResponse } from './codec.ts';

export interface QrRequestsOptions {
  readonly clock: Clock;
  readonly responseTimeoutMs: number;
  readonly nowMs: () => number;
  /** Sends the request. @throws RequestFault when it cannot be answered now */
  readonly send: (intent: QrIntent, signal: AbortSignal) => void;
}

interface Waiting {
  readonly request: string;
  readonly answered: (response: QrResponse) => void;
  readonly failed: (fault: RequestFault) => void;
}

/** Requests that are remembered, so that an answer is known for theirs however late it comes. */
const REQUESTS_KEPT = 50;

/**
 * Requests for a QR and their responses, which come on a topic of their own and are told apart by the request's id. A
 * response that comes after its try was given up is the answer to the next try of the same request.
 */
export class QrRequests {
  readonly #options: QrRequestsOptions;
  /** Oldest first; null while there is no response. */
  readonly #asked = new Map<string, QrResponse | null>();
  readonly #waiting = new Set<Waiting>();

  constructor(options: QrRequestsOptions) {
    this.#options = options;
  }

  /**
   * The backend's QR, checked to be QRIS for exactly this amount and not expired.
   * @throws RequestFault `qr-no-response`, `mqtt-down` and `mqtt-topic-refused` (retryable), `backend-refused…`,
   * `qr-refused-…`; CallerFault `currency-unsupported`
   */
  async ask(intent: QrIntent, signal: AbortSignal): Promise<QrOffer> {
    const { currency } = intent.amount;
    if (currency !== 'IDR') {
      throw new CallerFault('QRIS takes rupiah only', { code: 'currency-unsupported', found: currency, expected: 'IDR' });
    }
    const response = this.#asked.get(intent.request) ?? (await this.#exchange(intent, signal));
    if (response.status === 'refused') throw refused(response);
    return this.#checked(response, intent);
  }

  /** What a response is: the answer to a request, the same once more, or none of this box's business. */
  receive(response: QrResponse): 'answer' | 'duplicate' | 'foreign' {
    const known = this.#asked.get(response.correlation);
    if (known === undefined) return 'foreign';
    if (known !== null) return 'duplicate';
    this.#asked.set(response.correlation, response);
    for (const waiting of [...this.#waiting]) if (waiting.request === response.correlation) waiting.answered(response);
    return 'answer';
  }

  /** The link is gone: nobody waits any longer, though a response may still come over the next one. */
  lost(): void {
    for (const { failed } of [...this.#waiting]) failed(mqttDown());
  }

  #exchange(intent: QrIntent, signal: AbortSignal): Promise<QrResponse> {
    const { clock, responseTimeoutMs, send } = this.#options;
    const { request } = intent;
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw aborted();
      send(intent, signal);
      this.#remember(request);
      const end = () => {
        cancel();
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        request,
        answered: (response) => {
          end();
          resolve(response);
        },
        failed: (fault) => {
          end();
          reject(fault);
        },
      };
      const abort = () => waiting.failed(aborted());
      const cancel = clock.after(responseTimeoutMs, () => waiting.failed(noResponse(responseTimeoutMs)));
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  #remember(request: string): void {
    // Behind all others: what is asked for now is forgotten last.
    this.#asked.delete(request);
    this.#asked.set(request, null);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > REQUESTS_KEPT && oldest !== undefined) this.#asked.delete(oldest);
  }

  #checked({ charge, qr, expiresAtMs }: Extract<QrResponse, { status: 'success' }>, { amount }: QrIntent): QrOffer {
    const check = checkOffer(qr, { amount, allowStatic: false, schemes: ['qris'] });
    const nowMs = this.#options.nowMs();
    if (check.ok && expiresAtMs > nowMs) return { charge, qr, expiresAtMs };
    const iso = (ms: number) => new Date(ms).toISOString();
    const expired = { code: 'expired', found: `expiry ${iso(expiresAtMs)}`, expected: `an expiry after ${iso(nowMs)}` };
    const { code, found, expected } = check.ok ? expired : check.refusal;
    throw new RequestFault('The QR of the backend is not shown', {
      code: `qr-refused-${code.replace(/^qr-/, '')}`,
      found,
      expected,
      remedy: 'Tell the operator of the backend: it sent a QR that does not fit the sale.',
      retryable: false,
    });
  }
}

/** There is no link to ask over. */
export const mqttDown = (): RequestFault =>
  new RequestFault('There is no link to the broker', { code: 'mqtt-down', remedy: 'Check the network and the broker.', retryable: true });

const noResponse = (ms: number): RequestFault =>
  new RequestFault('The backend did not answer the request for a QR', {
    code: 'qr-no-response',
    expected: `a response within ${ms} ms`,
    retryable: true,
  });

const aborted = (): RequestFault => new RequestFault('Nobody waits for the answer any more', { code: 'request-aborted', retryable: true });

/** The backend's own code goes behind ours, in the same form, so that it is never taken for one of ours. */
function refused({ code, reason }: Extract<QrResponse, { status: 'refused' }>): RequestFault {
  const own = code
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  const said = [code, reason].filter((text) => text !== '').join(': ');
  return new RequestFault('The backend refused the request for a QR', {
    code: own === '' ? 'backend-refused' : `backend-refused-${own}`,
    found: said === '' ? 'no reason' : said,
    retryable: false,
  });
}
