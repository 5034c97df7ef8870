import type { DatabaseSync } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import { PeerFault } from '../../domain/fault.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import { followNext, patience } from './following.ts';
import type { CheckoutRequest } from './link-request.ts';
import { isOpen } from './link-status.ts';
import type { Links, Order } from './links.ts';
import { Once } from './once.ts';
import { notFound, Rejection, unavailable } from './rejection.ts';
import type { PaymentGatewaySettings } from './settings.ts';
import { isRefusal, type UpstreamCalls } from './upstream-call.ts';
import type { LinkNotice, LinkRequest, LinkState, PayOsUpstream } from './upstreams.ts';

export interface LinkDeskSide {
  readonly db: DatabaseSync;
  readonly links: Links;
  readonly upstream: PayOsUpstream;
  readonly calls: UpstreamCalls;
  readonly settings: PaymentGatewaySettings;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly changed: () => void;
}

const LONGEST_WAIT_MS = 600_000;
/** So long after a link has expired a payment is still looked for; a webhook tells of one at any time. */
const FOLLOWED_AFTER_MS = 3_600_000;
/** How much PayOS's clock may be behind. */
const CLOCKS_DIFFER_MS = 600_000;

/** What happens to payment links: kept first, then made at PayOS, then followed until they are paid or nobody can pay them any more. */
export class LinkDesk {
  readonly #side: LinkDeskSide;
  readonly #once = new Once<string>();

  constructor(side: LinkDeskSide) {
    this.#side = side;
  }

  /**
   * The order with its link. The same order code with the same content is the same link.
   * @throws Rejection `order-exists`, `upstream-refused`, `order-unusable`, `upstream-unavailable`
   */
  async checkout(request: CheckoutRequest): Promise<Order> {
    const { links, clock, log, changed } = this.#side;
    this.expire();
    const nowMs = clock.wallMs();
    const { order, fresh } = links.keep(request, nowMs, nowMs + patience(0, LONGEST_WAIT_MS));
    if (!fresh && !isSame(order.request, request)) throw orderExists(order);
    if (order.link !== null) return order;
    if (fresh) {
      log.info('gateway.link', { order: order.orderCode, amount: order.amount });
      changed();
    }
    let refusal = '';
    const refused = (words: string) => {
      refusal = words;
    };
    if (isOpen(order.status)) await this.#once.run(order.id, () => (fresh ? this.#make(order, refused) : this.#bring(order, refused)));
    const made = this.#known(order.orderCode);
    if (made.link !== null) return made;
    if (made.status === 'FAILED') throw refusedByPayOs(order.orderCode, refusal);
    if (!isOpen(made.status)) throw unusable(order.orderCode);
    throw unavailable('PayOS', { orderCode: order.orderCode });
  }

  /** An order as it is kept here. @throws Rejection `order-not-found` */
  order(orderCode: number): Order {
    this.expire();
    return this.#known(orderCode);
  }

  /** What PayOS says of an order; what is kept of it here learns from that, and what is another order under its number is not told. @throws Rejection `order-not-found`, `upstream-unavailable` */
  async info(orderCode: number): Promise<LinkState> {
    const { links, upstream, calls } = this.#side;
    this.expire();
    try {
      const state = await calls.ask((signal) => upstream.link(orderCode, signal));
      if (state === null) throw notFound('order');
      const order = links.find(orderCode);
      if (order && !this.#learn(order, state)) throw notFound('order');
      return state;
    } catch (error) {
      if (!(error instanceof PeerFault)) throw error;
      this.#failed(orderCode, error);
      throw unavailable('PayOS');
    }
  }

  /** Takes a transfer PayOS told of, its signature checked. One that is for no order here, or for another link, changes nothing. */
  notice(notice: LinkNotice): void {
    const { links, clock, log, changed } = this.#side;
    this.expire();
    const order = links.find(notice.orderCode);
    const reason = reasonToIgnore(order, notice);
    if (order === null || reason !== null) {
      log.warn('gateway.callback-ignored', { service: 'payos', order: notice.orderCode, reason });
      return;
    }
    if (!links.take(order.id, { kind: 'transfer', notice }, clock.wallMs())) return;
    this.#tell(order);
    changed();
  }

  /** Looks after an order that is due. */
  async follow(id: string): Promise<void> {
    const { db, links, clock } = this.#side;
    this.expire();
    const order = links.findById(id);
    const nowMs = clock.wallMs();
    const over = order === null || order.status === 'PAID' || order.status === 'FAILED' || nowMs >= order.expiresAtMs + FOLLOWED_AFTER_MS;
    followNext(db, id, over ? null : nowMs + patience(nowMs - order.createdAtMs, LONGEST_WAIT_MS));
    if (order === null || order.status === 'PAID' || order.status === 'FAILED') return;
    await this.#once.run(id, () => this.#bring(order, () => undefined));
  }

  /** What was not paid in time expires. */
  expire(): void {
    const { links, clock, changed } = this.#side;
    if (links.expire(clock.wallMs()) > 0) changed();
  }

  /** Asks for it, and makes the link where there is none and somebody may still want it. */
  async #bring(order: Order, refused: (words: string) => void): Promise<void> {
    const { links, upstream, calls, clock } = this.#side;
    try {
      const state = await calls.ask((signal) => upstream.link(order.orderCode, signal));
      if (state === null && order.link === null && isOpen(order.status)) return await this.#make(order, refused);
      if (state === null) return;
      if (!this.#learn(order, state)) {
        if (order.link === null && isOpen(order.status))
          links.take(order.id, { kind: 'state', status: 'FAILED', amountPaid: 0 }, clock.wallMs());
        return;
      }
      if (order.link === null && isOpen(state.status) && state.amountPaid === 0) await this.#withdraw(order);
    } catch (error) {
      this.#left(order, error);
    }
  }

  async #make(order: Order, refused: (words: string) => void): Promise<void> {
    const { links, upstream, calls, clock, log, changed } = this.#side;
    try {
      const link = await calls.ask((signal) => upstream.createLink(this.#linkRequest(order), signal));
      if (link.orderCode !== order.orderCode || link.amount !== order.amount)
        throw new PeerFault('Another link', { code: 'upstream-invalid' });
      links.giveLink(order.id, link, clock.wallMs());
      changed();
    } catch (error) {
      if (!isRefusal(error)) {
        this.#left(order, error);
        links.note(order.id, ['SEND_FAILED'], clock.wallMs());
        return;
      }
      refused(excerpt(error.found ?? '', 200));
      log.warn('gateway.link-refused', { order: order.orderCode });
      links.note(order.id, ['REFUSED'], clock.wallMs());
      links.take(order.id, { kind: 'state', status: 'FAILED', amountPaid: 0 }, clock.wallMs());
      changed();
    }
  }

  /** PayOS made a link, and the answer with its QR was lost: nobody can have seen it, and nobody can show it. */
  async #withdraw(order: Order): Promise<void> {
    const { upstream, calls, log } = this.#side;
    log.warn('gateway.link-withdrawn', { order: order.orderCode });
    const state = await calls.ask((signal) => upstream.cancelLink(order.orderCode, 'The answer with the link was lost', signal));
    this.#learn(order, state);
  }

  /** Takes what PayOS says of an order. False for what it says of another, which changes nothing. */
  #learn(order: Order, state: LinkState): boolean {
    const { links, clock, log, changed } = this.#side;
    if (!isOf(links.findById(order.id) ?? order, state)) {
      log.warn('gateway.upstream-invalid', { order: order.orderCode, reason: 'another amount, another link or another order' });
      return false;
    }
    if (!links.take(order.id, { kind: 'state', status: state.status, amountPaid: state.amountPaid }, clock.wallMs())) return true;
    this.#tell(order);
    changed();
    return true;
  }

  #linkRequest({ orderCode, request, expiresAtMs }: Order): LinkRequest {
    const { settings } = this.#side;
    const { amount, description, returnUrl, cancelUrl, buyerName, buyerEmail, buyerPhone, items } = request;
    return {
      orderCode,
      amount,
      description,
      returnUrl: returnUrl ?? settings.returnUrl,
      cancelUrl: cancelUrl ?? settings.cancelUrl,
      expiresAtMs,
      ...(buyerName === null ? {} : { buyerName }),
      ...(buyerEmail === null ? {} : { buyerEmail }),
      ...(buyerPhone === null ? {} : { buyerPhone }),
      ...(items === null ? {} : { items }),
    };
  }

  #known(orderCode: number): Order {
    const order = this.#side.links.find(orderCode);
    if (order === null) throw notFound('order');
    return order;
  }

  #tell({ orderCode }: Order): void {
    const { status, amountPaid } = this.#known(orderCode);
    this.#side.log.info('gateway.link-status', { order: orderCode, status, paid: amountPaid });
  }

  #left(order: Order, error: unknown): void {
    if (!(error instanceof PeerFault)) throw error;
    this.#failed(order.orderCode, error);
  }

  #failed(orderCode: number, error: PeerFault): void {
    this.#side.log.warn('gateway.upstream-failed', { service: 'payos', order: orderCode, code: error.code });
  }
}

/**
 * Whether what PayOS says is of this order. Where its link is not known here, somebody else with the same account may have
 * used the number: what PayOS refused to make, or had made before, is not of this order.
 */
function isOf({ amount, status, link, createdAtMs }: Order, state: LinkState): boolean {
  if (state.amount !== amount) return false;
  if (link !== null) return state.paymentLinkId === link.paymentLinkId;
  return status !== 'FAILED' && state.createdAtMs >= createdAtMs - CLOCKS_DIFFER_MS;
}

function reasonToIgnore(order: Order | null, { paymentLinkId, amount }: LinkNotice): string | null {
  if (order === null) return 'an order that is not known here';
  if (order.link === null || order.link.paymentLinkId !== paymentLinkId) return 'another link';
  return Number.isSafeInteger(amount) && amount > 0 ? null : 'no amount';
}

/** Both were made by one reader, so their fields stand in one order. */
const isSame = (kept: CheckoutRequest, request: CheckoutRequest): boolean => JSON.stringify(kept) === JSON.stringify(request);

const orderExists = ({ orderCode, createdAtMs }: Order): Rejection =>
  new Rejection(400, 'Mã đơn hàng đã tồn tại với nội dung khác. Vui lòng dùng mã đơn hàng mới.', {
    code: 'order-exists',
    type: 'Order Exists',
    details: { orderCode, createdAt: new Date(createdAtMs).toISOString() },
  });

const refusedByPayOs = (orderCode: number, reason: string): Rejection =>
  new Rejection(400, 'PayOS từ chối tạo link thanh toán. Vui lòng tạo đơn hàng mới.', {
    code: 'upstream-refused',
    details: { orderCode, ...(reason === '' ? {} : { reason }) },
  });

const unusable = (orderCode: number): Rejection =>
  new Rejection(400, 'Link thanh toán của đơn hàng này không còn dùng được. Vui lòng tạo đơn hàng mới.', {
    code: 'order-unusable',
    details: { orderCode },
  });
