import { createHash } from 'node:crypto';
import { checkOffer } from '../../domain/qr/offer.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { createHttpClient, type HttpReply, isJson, jsonBody } from '../../net/http.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { ChargeAnswer, DatedReport, Delivery, LinkFault, LinkState, QrIntent, QrOffer, Registration } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { answerOf } from './answer.ts';
import * as codec from './codec.ts';
import { answered, decoded, refusalIn } from './replies.ts';
import type { PromptPaySettings } from './settings.ts';
import { createSigner, type SignedRequest } from './signing.ts';

/** Who the box is to its backend; `serial` makes its MQTT client id. */
interface DeviceIdentity {
  readonly serial: string;
  readonly mac: string;
  readonly chipId: string;
  readonly firmwareVersion: string;
}

export interface BackendOptions {
  readonly settings: PromptPaySettings;
  readonly device: DeviceIdentity;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

type Operation = 'register' | 'pay' | 'query' | 'upload';

/** A corrected clock that is off by more makes a signature stale: then the request is signed and sent once more. */
const CLOCK_STEP_MS = 60_000;

/** Statuses with which a backend may say that a charge failed or is not known. */
const ABOUT_A_CHARGE = [200, 400, 404, 410, 422];

/** The HTTP side of the dialect. */
export class Backend {
  readonly #options: BackendOptions;
  readonly #http;
  readonly #signer;
  /** The backend's wall clock minus the box's monotonic clock. */
  #offsetMs: number | null = null;
  #link: LinkState = 'off';
  #fault: LinkFault | null = null;

  constructor(options: BackendOptions) {
    const { settings, device, clock, entropy, dial } = options;
    this.#options = options;
    const { http: endpoint, timeoutMs } = settings;
    this.#http = createHttpClient({ endpoint, clock, timeoutMs, maxBytes: codec.MAX_BODY_BYTES, ...(dial === undefined ? {} : { dial }) });
    this.#signer = createSigner(settings.signer, device.mac, { wallMs: () => this.nowMs() }, entropy);
  }

  /** By the last reply, whether the backend can be reached; `off` before the first request. */
  get link(): LinkState {
    return this.#link;
  }

  /** What a person must mend (`tls-…`, `backend-unauthorized`); stands until a TLS connection or, for the latter, a request succeeds. */
  get fault(): LinkFault | null {
    return this.#fault;
  }

  nowMs(): number {
    const { clock } = this.#options;
    return this.#offsetMs === null ? clock.wallMs() : Math.round(clock.monotonicMs() + this.#offsetMs);
  }

  /** @throws RequestFault */
  async register(signal: AbortSignal): Promise<Registration> {
    const { settings, device } = this.#options;
    const body = codec.encodeRegisterRequest(device);
    return answered(await this.#send('register', settings.registerPath, signal, body), codec.decodeRegisterReply);
  }

  /** @throws RequestFault; `qr-refused-…` when the QR is not for exactly this amount, or has expired by the backend's clock */
  async requestQr(deviceId: string, { request, amount, description }: QrIntent, signal: AbortSignal): Promise<QrOffer> {
    const { settings } = this.#options;
    const body = codec.encodePaymentRequest({ deviceId, amountMinor: amount.minor, description });
    const reply = await this.#send('pay', settings.paymentsPath, signal, body, request);
    const { charge, qr, expiresAtMs } = answered(reply, codec.decodePaymentReply);
    const check = checkOffer(qr, { amount, allowStatic: settings.allowStaticQr, schemes: ['promptpay', 'promptpay-bill'] });
    const nowMs = this.nowMs();
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

  /** @throws RequestFault for everything that is no answer about this charge */
  async query(charge: string, signal: AbortSignal): Promise<ChargeAnswer> {
    const path = codec.statusPath(this.#options.settings.paymentsPath, charge);
    const reply = await this.#send('query', path, signal);
    const status = ABOUT_A_CHARGE.includes(reply.status)
      ? decoded(jsonBody(reply), codec.decodeStatusReply)
      : answered(reply, codec.decodeStatusReply);
    if (status.charge !== null && status.charge !== charge) {
      throw new RequestFault('The backend answered about another charge', {
        code: 'charge-mismatch',
        found: status.charge,
        expected: charge,
        retryable: true,
      });
    }
    if (reply.status === 404) return { state: 'unresolved', reason: status.message || 'not found' };
    return answerOf({ ...status, success: status.success && reply.status < 300 });
  }

  async deliver(reports: readonly DatedReport[], signal: AbortSignal): Promise<Delivery> {
    const body = codec.encodeUploadRequest(reports);
    if (reports.length > codec.MAX_BATCH || body.byteLength > codec.MAX_BODY_BYTES) return { state: 'refused', reason: 'batch too large' };
    const key = createHash('sha256')
      .update(reports.map(({ id }) => id).join('\n'))
      .digest('hex');
    try {
      const reply = await this.#send('upload', this.#options.settings.uploadsPath, signal, body, key);
      if ([400, 413, 422].includes(reply.status)) {
        const reason = refusalIn(jsonBody(reply));
        return reason === null ? { state: 'retry', reason: 'refusal without a reason' } : { state: 'refused', reason };
      }
      const kept = answered(reply, codec.decodeUploadReply);
      if (reply.status === 201 && kept === reports.length) return { state: 'acked' };
      return { state: 'retry', reason: `status ${reply.status} for ${kept} of ${reports.length} records` };
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      const { retryAfterMs } = error;
      return { state: 'retry', reason: error.explain(), ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs }) };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #send(operation: Operation, path: string, signal: AbortSignal, body?: Uint8Array, key?: string): Promise<HttpReply> {
    const before = this.nowMs() - this.#options.clock.monotonicMs();
    const first = await this.#sendOnce(operation, path, signal, body, key);
    const moved = Math.abs(this.nowMs() - this.#options.clock.monotonicMs() - before) > CLOCK_STEP_MS;
    const again = first.status === 401 && moved && this.#options.settings.signer.profile === 'hmac-sha256';
    const last = again ? await this.#sendOnce(operation, path, signal, body, key) : first;
    this.#judge(last);
    return last;
  }

  /** Any reply proves the TLS connection; only the backend's own can say something of the signature. */
  #judge(reply: HttpReply): void {
    const { status } = reply;
    if (this.#fault?.code.startsWith('tls-')) this.#fault = null;
    if (!isJson(reply)) return;
    if (status === 401) {
      const detail =
        'The backend refused the signature of the box (status 401). Check the signer section and that the backend knows this box.';
      this.#fault = { link: 'http', code: 'backend-unauthorized', detail };
    } else if (status >= 200 && status < 300) this.#fault = null;
  }

  async #sendOnce(operation: Operation, path: string, signal: AbortSignal, body?: Uint8Array, key?: string): Promise<HttpReply> {
    const { clock, metrics } = this.#options;
    const signed: SignedRequest = {
      purpose: operation === 'register' ? 'register' : 'other',
      method: body === undefined ? 'GET' : 'POST',
      path: this.#http.target(path),
      body: body ?? new Uint8Array(),
    };
    const headers = { ...this.#signer.headers(signed), ...(key === undefined ? {} : { 'idempotency-key': key }) };
    try {
      const reply = await this.#http.request({ method: signed.method, path, headers, signal, ...(body === undefined ? {} : { body }) });
      metrics.count('backend_requests_total', { operation, outcome: `${Math.floor(reply.status / 100)}xx` });
      // Only the backend speaks JSON; a page in between must neither set the clock nor pass for the backend.
      const genuine = isJson(reply);
      this.#link = genuine ? 'up' : 'down';
      if (genuine && reply.dateMs !== null) this.#offsetMs = reply.dateMs - clock.monotonicMs();
      return reply;
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      metrics.count('backend_requests_total', { operation, outcome: error.code });
      if (error.code !== 'request-aborted') this.#link = 'down';
      if (error.code.startsWith('tls-')) this.#fault = { link: 'http', code: error.code, detail: error.explain() };
      throw error;
    }
  }
}
