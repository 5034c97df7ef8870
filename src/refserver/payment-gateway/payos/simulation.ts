import type { DatabaseSync } from 'node:sqlite';
import type { Hono } from 'hono';
import type { BackendClock, BackendEntropy, BackendLog } from '../../environment.ts';
import { Refusal } from '../../refusal.ts';
import { inTransaction } from '../../store.ts';
import { Deliveries, type Manner } from '../deliveries.ts';
import { refused, unreachable } from '../upstream-fault.ts';
import type { LinkNotice, LinkRequest, LinkState, LinkTransfer, PaymentLink, PayOsUpstream } from '../upstreams.ts';
import type { PayOsKeys } from './client.ts';
import { Links, SIMULATED_ACCOUNT, type SimulatedLink } from './links.ts';
import { sampleWebhook, webhookBody } from './payloads.ts';
import { simulationRoutes } from './simulation-api.ts';
import { decodeNotice, PAYOS_CODES } from './wire.ts';

export interface PayOsSimulationSide {
  /** With PAYOS_SIMULATION_TABLES and DELIVERY_TABLES in it. */
  readonly db: DatabaseSync;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
}

export interface PayOsSimulationSettings extends PayOsKeys {
  /** Where the checkout pages are said to be; the link's id is put behind it. Default an address nobody has. */
  readonly checkoutUrl?: string;
  /** Where webhooks go, unless `confirmWebhook` has said another place. */
  readonly webhookUrl?: string;
}

/** How a gateway hears of a transfer: at once, once and rightly, unless it says otherwise. */
export interface WebhookManner extends Manner {
  /** Signed with another key. */
  readonly wrongSignature?: boolean;
  /** It names an order that was never made. */
  readonly unknownOrder?: boolean;
  /** It is never sent: the gateway has to ask. */
  readonly lost?: boolean;
}

export interface PaymentManner extends WebhookManner {
  /** Also to a link that is cancelled, expired or failed. */
  readonly late?: boolean;
}

const OPEN = new Set(['PENDING', 'PROCESSING']);
/** The refusals whose codes no source tells; PayOS has one for each. */
const NOT_OPEN = PAYOS_CODES.fields;

/**
 * PayOS in small. It is a `PayOsUpstream` itself, and `api` is PayOS's own HTTP API for whoever has the keys. Nobody pays
 * unless told to (`pay`); money comes to one synthetic account. Everything but the timers is in the database.
 */
export class PayOsSimulation implements PayOsUpstream {
  /** POST /v2/payment-requests, GET /v2/payment-requests/{id}, POST /v2/payment-requests/{id}/cancel, POST /confirm-webhook. */
  readonly api: Hono;
  readonly #side: PayOsSimulationSide;
  readonly #settings: PayOsSimulationSettings;
  readonly #links: Links;
  readonly #deliveries: Deliveries;

  constructor(side: PayOsSimulationSide, settings: PayOsSimulationSettings) {
    this.#side = side;
    this.#settings = settings;
    this.#links = new Links(side.db, side.clock, side.entropy);
    this.#deliveries = new Deliveries({ ...side, sender: 'payos', contentType: 'application/json' });
    this.api = simulationRoutes(this, settings, side);
  }

  /** Goes on with the webhooks an earlier run left undone. Call it once. */
  start(): void {
    this.#deliveries.resume();
  }

  stop(): Promise<void> {
    return this.#deliveries.stop();
  }

  async createLink(request: LinkRequest, signal: AbortSignal): Promise<PaymentLink> {
    demandWanted(signal);
    const link = this.#links.create(request);
    if (link === null) throw refused('PayOS', PAYOS_CODES.orderExists, 'Đơn thanh toán đã tồn tại');
    this.#side.log.info('payos-sim.link', { order: link.orderCode, amount: link.amount });
    return this.#offer(link);
  }

  async link(orderCode: number, signal: AbortSignal): Promise<LinkState | null> {
    demandWanted(signal);
    const link = this.#links.find(orderCode);
    return link && stateOf(link);
  }

  async cancelLink(orderCode: number, reason: string, signal: AbortSignal): Promise<LinkState> {
    demandWanted(signal);
    const link = this.#links.find(orderCode);
    if (link === null) throw refused('PayOS', PAYOS_CODES.unknownOrder, 'Mã thanh toán không tồn tại');
    if (link.status === 'CANCELLED') return stateOf(link);
    if (!OPEN.has(link.status)) throw refused('PayOS', NOT_OPEN, `Đơn thanh toán ở trạng thái ${link.status}`);
    this.#links.cancel(link.orderCode, reason);
    return stateOf(this.#known(orderCode));
  }

  readNotice(body: unknown): LinkNotice | null {
    return decodeNotice(body, this.#settings.checksumKey);
  }

  async probe(signal: AbortSignal): Promise<boolean> {
    return !signal.aborted;
  }

  /** A link with all that PayOS knows of it, by its order code or its own id. */
  find(id: number | string): SimulatedLink | null {
    return this.#links.find(id);
  }

  /** The latest first, at most `limit`. */
  list(limit: number): SimulatedLink[] {
    return this.#links.list(limit);
  }

  /**
   * A customer transfers `amount` VND: exactly what is asked (PAID), less (UNDERPAID until the rest comes), more (PAID, with
   * an excess), and again as often as one likes.
   * @throws Refusal `order-unknown`, `amount-invalid`; `link-closed` unless `late`
   */
  pay(orderCode: number, amount: number, { late = false, ...manner }: PaymentManner = {}): LinkTransfer {
    const link = this.#known(orderCode);
    if (!Number.isSafeInteger(amount) || amount < 1 || amount > 1e12) {
      throw new Refusal(400, 'The amount is not usable', { code: 'amount-invalid', expected: 'whole VND from 1 to 10^12' });
    }
    if (!late && ['CANCELLED', 'EXPIRED', 'FAILED'].includes(link.status)) throw closed(link);
    const { db, log } = this.#side;
    const transfer = inTransaction(db, () => {
      const made = this.#links.transfer(link, amount);
      this.#tell(link, made, manner);
      return made;
    });
    log.info('payos-sim.paid', { order: orderCode, amount, status: this.#known(orderCode).status });
    return transfer;
  }

  /** The bank has the customer's order and not yet carried it out. @throws Refusal `order-unknown`, `link-closed` */
  process(orderCode: number): void {
    this.#links.set(this.#open(orderCode).orderCode, 'PROCESSING');
  }

  /** The payment came to nothing. @throws Refusal `order-unknown`, `link-closed` */
  fail(orderCode: number): void {
    this.#links.set(this.#open(orderCode).orderCode, 'FAILED');
  }

  /** The customer presses "cancel" on the checkout page. @throws Refusal `order-unknown`, `link-closed` */
  cancel(orderCode: number, reason = ''): void {
    this.#links.cancel(this.#open(orderCode).orderCode, reason);
  }

  /** Its time is over now. @throws Refusal `order-unknown`, `link-closed` */
  expire(orderCode: number): void {
    this.#links.expire(this.#open(orderCode).orderCode);
  }

  /** Sends a sample webhook to `url`, and from then on all of them if it is answered with 2xx. */
  async confirmWebhook(url: string): Promise<boolean> {
    const status = await this.#deliveries.post(url, JSON.stringify(sampleWebhook(this.#settings.checksumKey)));
    const confirmed = status !== null && status >= 200 && status < 300;
    if (confirmed) this.#links.setWebhookUrl(url);
    return confirmed;
  }

  #tell(
    link: SimulatedLink,
    transfer: LinkTransfer,
    { lost = false, wrongSignature = false, unknownOrder = false, ...manner }: WebhookManner,
  ): void {
    const url = this.#links.webhookUrl() ?? this.#settings.webhookUrl;
    if (lost || url === undefined) return;
    const key = wrongSignature ? `not-${this.#settings.checksumKey}` : this.#settings.checksumKey;
    const { orderCode } = link;
    const told = unknownOrder ? { ...link, orderCode: this.#unusedOrder(orderCode) } : link;
    this.#deliveries.send(url, JSON.stringify(webhookBody(told, transfer, key)), manner);
  }

  #unusedOrder(near: number): number {
    let code = Number.MAX_SAFE_INTEGER - (near % 1_000);
    while (this.#links.find(code)) code--;
    return code;
  }

  #known(orderCode: number): SimulatedLink {
    const link = this.#links.find(orderCode);
    if (link) return link;
    throw new Refusal(404, 'PayOS knows no such order', { code: 'order-unknown', found: String(orderCode) });
  }

  #open(orderCode: number): SimulatedLink {
    const link = this.#known(orderCode);
    if (!OPEN.has(link.status)) throw closed(link);
    return link;
  }

  #offer({ orderCode, amount, description, paymentLinkId, qrCode, status }: SimulatedLink): PaymentLink {
    const checkoutUrl = `${this.#settings.checkoutUrl ?? 'https://pay.payos.invalid/web'}/${paymentLinkId}`;
    return { ...SIMULATED_ACCOUNT, orderCode, amount, description, paymentLinkId, qrCode, status, checkoutUrl };
  }
}

const stateOf = ({
  orderCode,
  paymentLinkId,
  amount,
  amountPaid,
  amountRemaining,
  status,
  createdAtMs,
  transfers,
}: SimulatedLink): LinkState => ({
  orderCode,
  paymentLinkId,
  amount,
  amountPaid,
  amountRemaining,
  status,
  createdAtMs,
  transfers,
});

const closed = ({ orderCode, status }: SimulatedLink): Refusal =>
  new Refusal(409, 'This link takes no payment any more', {
    code: 'link-closed',
    found: `order ${orderCode}: ${status}`,
    remedy: 'Pay it late, or make another link.',
  });

function demandWanted(signal: AbortSignal): void {
  if (signal.aborted) throw unreachable('PayOS', 'the request was given up');
}
