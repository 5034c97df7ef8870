import type { KioskEvent } from '../domain/kiosk.ts';
import type { Order } from '../domain/order.ts';
import type { PackageOffer } from '../domain/ota/update.ts';
import type {
  BoxState,
  CardGateway,
  ChargeAnswer,
  DatedReport,
  Delivery,
  Gateway,
  Inbound,
  KioskGateway,
  LinkFault,
  LinkState,
  ParameterGateway,
  QrIntent,
  QrOffer,
  Registration,
  Rejections,
  RemoteGateway,
  TopUpGateway,
  UpdateGateway,
} from '../ports/gateway.ts';

type Told =
  Extract<Inbound, { kind: 'payment' | 'settings' | 'command' }> extends infer I ? (I extends unknown ? Omit<I, 'done'> : never) : never;

type Reply<T> = T | Error | Promise<T>;

/**
 * A backend that does what the test lined up: one reply a call, in order. A call nothing was lined up for stays
 * unanswered and counts as unexpected; `leftovers()` names those and the replies nobody asked for.
 */
export class ScriptedGateway implements Gateway {
  capabilities = { pairs: true, pushes: true, queries: true, qr: true, reports: true };
  cards: CardGateway | null = null;
  topUps: TopUpGateway | null = null;
  updates: UpdateGateway | null = null;
  parameters: ParameterGateway | null = null;
  remote: RemoteGateway | null = null;
  kiosk: KioskGateway | null = null;
  readonly registrations: Reply<Registration>[] = [];
  readonly offers: Reply<QrOffer>[] = [];
  readonly answers: Reply<ChargeAnswer>[] = [];
  readonly deliveries: Reply<Delivery>[] = [];
  /** What a query is answered when nothing is lined up for it; without it such a query is unexpected. */
  steadyAnswer: ChargeAnswer | null = null;
  /** What the box asked for, in order. */
  readonly requested: QrIntent[] = [];
  readonly queried: string[] = [];
  readonly delivered: (readonly DatedReport[])[] = [];
  readonly states: BoxState[] = [];
  readonly watching = new Set<string>();
  readonly #unexpected: string[] = [];
  readonly #inbound: Inbound[] = [];
  #wake: (() => void) | null = null;
  #stopped = false;
  /** Whether the broker grants subscriptions. */
  broker = true;
  now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async *inbound(): AsyncGenerator<Inbound> {
    for (;;) {
      for (let next = this.#inbound.shift(); next; next = this.#inbound.shift()) yield next;
      if (this.#stopped) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets the backend say something unasked; resolves when the box has acknowledged a confirmation. */
  push(charge: string, answer: ChargeAnswer): Promise<void> {
    return new Promise((done) => {
      this.#inbound.push({ kind: 'confirmation', charge, answer, done });
      this.#wake?.();
    });
  }

  /** What a backend that drives the dialogue says. */
  leads(event: KioskEvent): void {
    this.#inbound.push({ kind: 'kiosk', event });
    this.#wake?.();
  }

  /** As `push`, for an order; resolves when the box has acknowledged it. */
  order(order: Order): Promise<void> {
    return new Promise((done) => {
      this.#inbound.push({ kind: 'order', order, done });
      this.#wake?.();
    });
  }

  /** As `push`, for anything else a backend says; resolves when the box has acknowledged it. */
  tell(inbound: Told): Promise<void> {
    return new Promise((done) => {
      this.#inbound.push({ ...inbound, done } as Inbound);
      this.#wake?.();
    });
  }

  /** As `push`, for an update instruction. */
  offerUpdate(offer: PackageOffer): Promise<void> {
    return new Promise((done) => {
      this.#inbound.push({ kind: 'update', offer, done });
      this.#wake?.();
    });
  }

  reconnect(): void {
    this.#inbound.push({ kind: 'reconnected' });
    this.#wake?.();
  }

  register(): Promise<Registration> {
    return this.#next('register', this.registrations);
  }

  identify(): Promise<void> {
    return Promise.resolve();
  }

  requestQr(intent: QrIntent): Promise<QrOffer> {
    this.requested.push(intent);
    return this.#next('requestQr', this.offers);
  }

  watch(charge: string): Promise<boolean> {
    this.watching.add(charge);
    return Promise.resolve(this.broker);
  }

  unwatch(charge: string): Promise<void> {
    this.watching.delete(charge);
    return Promise.resolve();
  }

  queryPayment(charge: string): Promise<ChargeAnswer> {
    this.queried.push(charge);
    if (this.answers.length === 0 && this.steadyAnswer) return Promise.resolve(this.steadyAnswer);
    return this.#next('queryPayment', this.answers);
  }

  deliver(reports: readonly DatedReport[]): Promise<Delivery> {
    this.delivered.push(reports);
    return this.#next('deliver', this.deliveries);
  }

  publishState(state: BoxState): void {
    this.states.push(state);
  }

  backendNowMs(): number {
    return this.now();
  }

  links(): Record<string, LinkState> {
    return { mqtt: this.broker ? 'up' : 'down' };
  }

  faults(): readonly LinkFault[] {
    return [];
  }

  rejections(): Rejections {
    return { count: 0, last: null };
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    return Promise.resolve();
  }

  /** Calls that were not expected, and replies that were not used. */
  leftovers(): string[] {
    const unused = { registrations: this.registrations, offers: this.offers, answers: this.answers, deliveries: this.deliveries };
    return [
      ...this.#unexpected,
      ...Object.entries(unused).flatMap(([name, list]) => (list.length > 0 ? [`${list.length} unused ${name}`] : [])),
    ];
  }

  #next<T>(call: string, replies: Reply<T>[]): Promise<T> {
    const reply = replies.shift();
    if (reply === undefined) {
      this.#unexpected.push(`unexpected ${call}`);
      return new Promise<T>(() => undefined);
    }
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  }
}
