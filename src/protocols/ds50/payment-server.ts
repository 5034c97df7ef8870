import { NOT_SENT } from '../../domain/card.ts';
import { Fault, PeerFault } from '../../domain/fault.ts';
import type { Money } from '../../domain/money.ts';
import type { Posparam } from '../../domain/posparam/posparam.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import type { HttpEndpoint } from '../../net/endpoint.ts';
import { createHttpClient, type HttpClient, type HttpReply, isJson, jsonBody } from '../../net/http.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CardRequest, ChargeAnswer } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { chargeParts } from './charge-id.ts';
import * as codec from './codec.ts';
import { HttpPeer } from './http-peer.ts';
import { localDay, localTime } from './local-time.ts';
import { answered } from './replies.ts';
import type { Ds50Settings } from './settings.ts';

/** Who the box is to its backend; `serial` (SN) names its topic and its MQTT client. */
export interface DeviceIdentity {
  readonly serial: string;
  readonly model: string;
  /** `1.0.0`. */
  readonly version: string;
}

export interface PaymentOptions {
  readonly settings: Pick<Ds50Settings, 'apiKeyHeader' | 'timeoutMs' | 'saleTimeoutMs'>;
  readonly endpoint: HttpEndpoint;
  readonly parameters: Posparam['payment'];
  readonly device: DeviceIdentity;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

/** Most pages of one record looked through for a sale: a question must end while a customer waits. */
const MAX_PAGES = 60;

const unresolved = (reason: string): ChargeAnswer => ({ state: 'unresolved', reason });
/** The record of a charge that never got a connection. */
const NEVER_SENT: ChargeAnswer = { state: 'failed', reason: NOT_SENT };

/** The payment server (guide, 3.5). */
export class PaymentServer {
  readonly peer: HttpPeer;
  readonly #options: PaymentOptions;
  /** Every sale has a connection of its own: one that is kept could be closing just when the request goes out. */
  readonly #sales: HttpClient;
  readonly #questions: HttpClient;

  constructor(options: PaymentOptions) {
    const { settings, endpoint, clock, metrics, dial } = options;
    this.#options = options;
    this.peer = new HttpPeer({ link: 'payment', genuine: isJson, clock, metrics });
    const same = { endpoint, clock, maxBytes: codec.MAX_BODY_BYTES, ...(dial === undefined ? {} : { dial }) };
    this.#sales = createHttpClient({ ...same, timeoutMs: settings.saleTimeoutMs, reuse: false });
    this.#questions = createHttpClient({ ...same, timeoutMs: settings.timeoutMs });
  }

  /**
   * Sends the sale request once; everything but a whole, consistent answer is unresolved, with the code of what came
   * instead. Without any connection (unknown host, refused connection, refused certificate) nothing can have been
   * charged: failed, `not-sent`. Date and time are those of the time zone the box is set to.
   * @throws CallerFault `charge-invalid`
   */
  async authorise({ charge, amount, card, atMs }: CardRequest, signal: AbortSignal): Promise<ChargeAnswer> {
    const { device, parameters } = this.#options;
    const identity = { deviceSn: device.serial, model: device.model, appVersion: `V${device.version}` };
    const body = codec.encodeSaleRequest({ ...identity, ...chargeParts(charge), amount, card, time: localTime(atMs) });
    if (signal.aborted) return NEVER_SENT;
    try {
      return saleAnswer(await this.#post(this.#sales, 'sale', parameters.salePath, body, signal));
    } catch (error) {
      if (error instanceof RequestFault && error.unsent) return NEVER_SENT;
      if (error instanceof PeerFault) return unresolved(error.code);
      throw error;
    }
  }

  /**
   * Looks for the sale among the records of its day. `amount` is what the charge is for: a record about another one
   * settles nothing. @throws CallerFault `charge-invalid`; RequestFault for everything that is no answer
   */
  async query(charge: string, signal: AbortSignal, amount?: Money): Promise<ChargeAnswer> {
    const { date, batch, trace } = chargeParts(charge);
    let total = 1;
    for (let asked = 0; asked < Math.min(total, MAX_PAGES); asked++) {
      // The guide does not say which way the pages are sorted: from both ends, the newest come first either way.
      const page = asked % 2 === 0 ? 1 + asked / 2 : total - (asked - 1) / 2;
      const reply = await this.#page(date, page, signal);
      const record = reply.records.find((candidate) => candidate.batch === batch && candidate.trace === trace);
      if (record !== undefined) return recordAnswer(record, amount);
      total = reply.total;
    }
    return unresolved(total > MAX_PAGES ? `not-found-in-${MAX_PAGES}-of-${total}` : 'not-found');
  }

  /** Whether the server answers a query validly. */
  async answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#page(localDay(this.#options.clock.wallMs()), 1, signal);
      return true;
    } catch (error) {
      if (error instanceof Fault) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#sales.close(), this.#questions.close()]);
  }

  async #page(date: string, page: number, signal: AbortSignal): Promise<codec.DetailsReply> {
    const body = codec.encodeDetailsRequest({ deviceSn: this.#options.device.serial, page, date });
    const reply = await this.#post(this.#questions, 'details', this.#options.parameters.detailsPath, body, signal);
    return answered(reply, codec.decodeDetailsReply);
  }

  #post(http: HttpClient, operation: string, path: string, body: Uint8Array, signal: AbortSignal): Promise<HttpReply> {
    const { settings, parameters } = this.#options;
    const { apiKey } = parameters;
    const headers = settings.apiKeyHeader === 'x-api-key' ? { 'x-api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
    return this.peer.request(http, operation, { method: 'POST', path, headers, body, signal });
  }
}

/** @throws PeerFault when the reply is no answer */
function saleAnswer(reply: HttpReply): ChargeAnswer {
  if (reply.status !== 200) return unresolved(`http-${reply.status}`);
  const { status, responseCode } = codec.decodeSaleReply(jsonBody(reply));
  if (status === 'approved' && responseCode === '00') return { state: 'paid' };
  if (status !== 'declined') return unresolved('contradictory-answer');
  // An acquirer's code has two characters; anything longer is not shown, whatever it may be.
  return { state: 'failed', reason: /^[0-9A-Za-z]{1,4}$/.test(responseCode) ? `declined ${responseCode}` : 'declined' };
}

function recordAnswer({ status, transAmount }: codec.SaleRecord, amount: Money | undefined): ChargeAnswer {
  if (amount !== undefined && !codec.amountMatches(transAmount, amount)) return unresolved('amount-mismatch');
  if (status === 'approved') return { state: 'paid' };
  return status === 'declined' ? { state: 'failed', reason: 'declined' } : unresolved('unclear-record');
}
