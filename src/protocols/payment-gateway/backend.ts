import { CallerFault } from '../../domain/fault.ts';
import type { Money } from '../../domain/money.ts';
import { checkOffer } from '../../domain/qr/offer.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { createHttpClient, type HttpReply, isJson } from '../../net/http.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { ChargeAnswer, QrIntent, QrOffer } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { HttpPeer } from '../ds50/http-peer.ts';
import { answerOfInfo, answerOfOrder, paidUncounted } from './answer.ts';
import * as codec from './codec.ts';
import { describeOrder } from './description.ts';
import { orderCodeIn, orderCodeOf } from './order-code.ts';
import { RateLimit } from './rate-limit.ts';
import { answered, found, wishOf } from './replies.ts';
import type { PaymentGatewaySettings } from './settings.ts';

export interface BackendOptions {
  readonly settings: PaymentGatewaySettings;
  /** `serial` must be this box's alone: order codes are made of it. */
  readonly device: { readonly serial: string; readonly version: string };
  readonly dial?: Dial;
  readonly clock: Clock;
  /** So that boxes with one key do not come back in step when it was asked too often with it. */
  readonly entropy: Entropy;
  readonly metrics: Metrics;
}

const MINUTE_MS = 60_000;
/** Requests a minute that the gateway takes with one key (Rate Limiting). */
const MOST_POSTS = 5;
const MOST_GETS = 100;
/** Of these, left for the charge on the screen, however many others are asked about. */
export const SPARE_GETS = 30;
/** The longest it is left alone: its limits are limits of a minute, whatever it or something in between says. */
const LONGEST_HOLD_MS = 300_000;
/** How long a customer whose payment is known waits for the word whether it was more. */
const COUNTING_MS = 3_000;
/** A kept order cannot be read, but PayOS may still be asked by way of the gateway. */
const ORDER_LOST = /^(?:json-|message-invalid$|peer-not-json$|peer-too-large$|backend-unavailable$)/;
/** Statuses of a link that nobody has paid yet. */
const PAYABLE = ['PENDING', 'PROCESSING'];

interface Question {
  readonly operation: 'checkout' | 'order' | 'payment-info' | `top-up${'' | '-search' | '-logs' | '-status'}`;
  readonly path: string;
  readonly signal: AbortSignal;
  /** A GET without one. */
  readonly body?: Uint8Array;
  /** Requests that are left for others. Default 0. */
  readonly spare?: number;
}

/** The gateway as the box talks to it. */
export class Backend {
  readonly peer: HttpPeer;
  readonly #options: BackendOptions;
  readonly #http;
  readonly #posts: RateLimit;
  readonly #gets: RateLimit;
  readonly #closing = new AbortController();
  /** The charge on the screen: the last one that was handed out, and after a start the first one that is asked about. */
  #front: string | null = null;

  constructor(options: BackendOptions) {
    const { settings, clock, metrics, dial } = options;
    const { http: endpoint, timeoutMs } = settings;
    this.#options = options;
    this.peer = new HttpPeer({ link: 'http', genuine: isJson, clock, metrics });
    this.#http = createHttpClient({ endpoint, clock, timeoutMs, maxBytes: codec.MAX_BODY_BYTES, ...(dial === undefined ? {} : { dial }) });
    const windowMs = MINUTE_MS + timeoutMs;
    this.#posts = new RateLimit({ clock, most: MOST_POSTS, windowMs });
    this.#gets = new RateLimit({ clock, most: MOST_GETS, windowMs });
  }

  /** The gateway's wall clock by its last reply, else the box's own. */
  nowMs(): number {
    const { clock } = this.#options;
    const { offsetMs } = this.peer;
    return offsetMs === null ? clock.wallMs() : Math.round(clock.monotonicMs() + offsetMs);
  }

  /**
   * The link for a request, the same one whenever it is asked for. Which account the QR names is the gateway's affair.
   * @throws CallerFault `currency-unsupported`; RequestFault `qr-refused-…` when the QR is not a VietQR for exactly this amount
   * or has expired, `order-over` when nobody can pay it any more, `charge-mismatch`, and for everything that is no answer
   */
  async requestQr({ request, amount, description }: QrIntent, signal: AbortSignal): Promise<QrOffer> {
    const { settings, device } = this.#options;
    if (amount.currency !== 'VND') {
      throw new CallerFault('The gateway takes VND only', { code: 'currency-unsupported', found: amount.currency, expected: 'VND' });
    }
    const orderCode = orderCodeOf(device.serial, request);
    const charge = String(orderCode);
    const text = describeOrder(settings.descriptionTemplate, { order: charge, description, serial: device.serial });
    const body = codec.encodeCheckoutRequest({ amount: amount.minor, description: text, orderCode });
    const reply = await this.send({ operation: 'checkout', path: codec.CHECKOUT_PATH, signal, body });
    const link = answered(reply, codec.decodeCheckoutReply, settings.apiKey);
    demandSame(link.orderCode, orderCode);
    if (link.currency !== 'VND') throw qrRefused('currency', link.currency, 'VND');
    if (link.amount !== amount.minor) throw qrRefused('amount', String(link.amount), String(amount.minor));
    if (!PAYABLE.includes(link.status)) throw over(link.status);
    const check = checkOffer(link.qrCode, { amount, allowStatic: false, schemes: ['vietqr'] });
    if (!check.ok) {
      const { code, found: inQr, expected } = check.refusal;
      // What is quoted of it may be cut.
      throw qrRefused(code.replace(/^qr-/, ''), link.qrCode.includes(settings.apiKey) ? '[hidden]' : inQr, expected);
    }
    const { payee } = check.qr;
    // The account may be a virtual one, but not one of another bank.
    if ('bin' in payee && /^\d{6}$/.test(link.bin) && payee.bin !== link.bin) throw qrRefused('bank', payee.bin, link.bin);
    const { expiresAtMs } = link;
    const nowMs = this.nowMs();
    if (expiresAtMs <= nowMs) throw qrRefused('expired', `expiry ${iso(expiresAtMs)}`, `an expiry after ${iso(nowMs)}`);
    this.#front = charge;
    return { charge, qr: link.qrCode, expiresAtMs };
  }

  /**
   * What became of an order: what the gateway keeps of it and, unless that says all there is to say, what PayOS says.
   * @throws CallerFault `charge-invalid`; RequestFault for everything that is no answer about this order
   */
  async query(charge: string, signal: AbortSignal, amount?: Money): Promise<ChargeAnswer> {
    const orderCode = orderCodeIn(charge);
    if (amount !== undefined && amount.currency !== 'VND') return { state: 'unresolved', reason: 'amount-mismatch' };
    const due = amount?.minor ?? null;
    this.#front ??= charge;
    const order = await this.#order(orderCode, signal);
    if (order instanceof RequestFault) {
      const answer = answerOfInfo(await this.#info(orderCode, signal), null, due);
      // What the gateway does not say might be what settles it.
      if (answer.state === 'unresolved' && answer.paidMinor === undefined) throw order;
      return answer;
    }
    const settled = order && answerOfOrder(order, due);
    if (settled !== null) return settled;
    if (!paidUncounted(order)) return answerOfInfo(await this.#info(orderCode, signal), order, due);
    return answerOfInfo(await this.#counted(orderCode, signal), order, due);
  }

  /** POST requests that could go right now without keeping anybody waiting. */
  freePosts(): number {
    return this.#posts.free();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#http.close();
  }

  /** The fault when it is the order alone that cannot be read. */
  async #order(orderCode: number, signal: AbortSignal): Promise<codec.KeptOrder | RequestFault | null> {
    try {
      return await this.#ask('order', codec.orderPath(orderCode), codec.decodeOrderReply, orderCode, signal);
    } catch (error) {
      if (error instanceof RequestFault && ORDER_LOST.test(error.code) && error.retryAfterMs === undefined) return error;
      throw error;
    }
  }

  #info(orderCode: number, signal: AbortSignal): Promise<codec.PaymentInfo | null> {
    return this.#ask('payment-info', codec.paymentInfoPath(orderCode), codec.decodePaymentInfoReply, orderCode, signal);
  }

  /** Of an order that is paid: null, too, when PayOS does not say in time. */
  async #counted(orderCode: number, signal: AbortSignal): Promise<codec.PaymentInfo | null> {
    const patience = new AbortController();
    const cancel = this.#options.clock.after(COUNTING_MS, () => patience.abort());
    try {
      return await this.#info(orderCode, AbortSignal.any([signal, patience.signal]));
    } catch (error) {
      if (error instanceof RequestFault && !signal.aborted) return null;
      throw error;
    } finally {
      cancel();
    }
  }

  /** Null when the gateway says that it knows no such order. */
  async #ask<T extends { readonly orderCode: number }>(
    operation: Question['operation'],
    path: string,
    decode: (body: Uint8Array) => T,
    orderCode: number,
    signal: AbortSignal,
  ): Promise<T | null> {
    const spare = this.#front === String(orderCode) ? 0 : SPARE_GETS;
    const answer = found(await this.send({ operation, path, signal, spare }), decode, this.#options.settings.apiKey);
    if (answer !== null) demandSame(answer.orderCode, orderCode);
    return answer;
  }

  /** One request, once its turn comes. @throws RequestFault as HttpClient does, and `rate-limited` (unsent) when that takes too long */
  async send({ operation, path, signal, body, spare = 0 }: Question): Promise<HttpReply> {
    const { settings, device, entropy, metrics } = this.#options;
    const limit = body === undefined ? this.#gets : this.#posts;
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const turn = await limit.turn(either, settings.timeoutMs, spare).catch((error: unknown) => {
      if (error instanceof RequestFault) metrics.count('backend_requests_total', { operation, outcome: error.code });
      throw error;
    });
    const headers = { 'x-api-key': settings.apiKey, 'user-agent': `tilld/${device.version}` };
    try {
      const method = body === undefined ? 'GET' : 'POST';
      const request = { method, path, headers, signal: either, ...(body === undefined ? {} : { body }) } as const;
      const reply = await this.peer.request(this.#http, operation, request);
      if (reply.status === 429) limit.hold(Math.min(wishOf(reply) ?? 0, LONGEST_HOLD_MS) * (1 + entropy.fraction() / 10));
      return reply;
    } catch (error) {
      if (error instanceof RequestFault && error.unsent) turn.giveBack();
      throw error;
    }
  }
}

/** Of a time the gateway said, which may lie at the end of all that can be said. */
const iso = (ms: number): string => new Date(Math.min(ms, 8.64e15)).toISOString();

function demandSame(answeredFor: number, orderCode: number): void {
  if (answeredFor === orderCode) return;
  throw new RequestFault('The gateway answered about another order', {
    code: 'charge-mismatch',
    found: `order ${answeredFor}`,
    expected: `order ${orderCode}`,
    retryable: true,
  });
}

const over = (status: string): RequestFault =>
  new RequestFault('The order cannot be paid any more', {
    code: 'order-over',
    found: `status ${status}`,
    expected: PAYABLE.join(' or '),
    remedy: 'Start the sale again: it gets an order of its own.',
    retryable: false,
  });

const qrRefused = (code: string, foundThere: string, expected: string): RequestFault =>
  new RequestFault('The QR of the gateway is not shown', {
    code: `qr-refused-${code}`,
    found: foundThere,
    expected,
    remedy: 'Tell the operator of the gateway: it sent a QR that does not fit the sale.',
    retryable: false,
  });
