import type { DatabaseSync } from 'node:sqlite';
import type { Hono } from 'hono';
import { Fault } from '../../../domain/fault.ts';
import type { BackendClock, BackendEntropy, BackendLog } from '../../environment.ts';
import { Refusal } from '../../refusal.ts';
import { inTransaction } from '../../store.ts';
import { Deliveries, type Manner } from '../deliveries.ts';
import { refused, unreachable } from '../upstream-fault.ts';
import { CARD_STATUS, type CardFee, type CardState, type CardStatus, type CardSubmission, type TheSieuTocUpstream } from '../upstreams.ts';
import { callbackForm } from './callback.ts';
import { createCardSeal } from './card-seal.ts';
import { Cards, type SimulatedCard } from './cards.ts';
import { creditedAmount, feeFor, REFERENCE_FEES } from './fees.ts';
import { simulationRoutes } from './simulation-api.ts';
import { type Plan, planFor, type Verdict } from './test-cards.ts';
import { CHARGE_CODES } from './wire.ts';

export interface TheSieuTocSimulationSide {
  /** With THESIEUTOC_SIMULATION_TABLES and DELIVERY_TABLES in it. */
  readonly db: DatabaseSync;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
}

export interface TheSieuTocSimulationSettings {
  /** What the HTTP API demands. */
  readonly apiKey: string;
  /** 32 bytes; PIN and serial are kept encrypted under it. */
  readonly cardKey: Uint8Array;
  /** Where callbacks go; none are sent without it. */
  readonly callbackUrl?: string;
  /** How long operators take, milliseconds; default 3 s. Null: every card waits for `decide`. */
  readonly decideMs?: number | null;
  readonly fees?: readonly CardFee[];
}

/** How a gateway hears of a card: at once, once and rightly, unless it says otherwise. */
export interface CallbackManner extends Manner {
  /** Fields written over, as a forger would. */
  readonly forged?: Readonly<Record<string, string>>;
  /** It is never sent: the gateway has to ask. */
  readonly lost?: boolean;
}

/** TheSieuToc's words for each status of a card, by its number. */
const MESSAGES: Readonly<Record<CardStatus, string>> = {
  [CARD_STATUS.PENDING]: 'Thẻ đang chờ duyệt',
  [CARD_STATUS.SUCCESS]: 'Gạch thẻ thành công',
  [CARD_STATUS.FAILED]: 'Thẻ sai hoặc đã được sử dụng',
  [CARD_STATUS.WRONG_AMOUNT]: 'Thẻ đúng nhưng sai mệnh giá. Đã áp dụng phí phạt.',
};
const USED = 'Thẻ đã được sử dụng trên hệ thống';

/**
 * TheSieuToc in small. It is a `TheSieuTocUpstream` itself, and `api` is its HTTP form API. Cards are decided by `decide`, or
 * after a while by the end of their serial (see `planFor`). Everything but the timers is in the database.
 */
export class TheSieuTocSimulation implements TheSieuTocUpstream {
  /** POST /chargingws/v2, POST /chargingws/status_card, GET /topup/discount[/account]. */
  readonly api: Hono;
  readonly #side: TheSieuTocSimulationSide;
  readonly #settings: TheSieuTocSimulationSettings;
  readonly #fees: readonly CardFee[];
  readonly #cards: Cards;
  readonly #deliveries: Deliveries;
  readonly #timers = new Set<() => void>();

  constructor(side: TheSieuTocSimulationSide, settings: TheSieuTocSimulationSettings) {
    const seal = createCardSeal(settings.cardKey, side.entropy);
    this.#side = side;
    this.#settings = settings;
    this.#fees = settings.fees ?? REFERENCE_FEES;
    this.#cards = new Cards(side.db, side.clock, seal);
    this.#deliveries = new Deliveries({ ...side, sender: 'thesieutoc', contentType: 'application/x-www-form-urlencoded', seal });
    this.api = simulationRoutes(this, settings.apiKey, side.log);
  }

  /** Goes on with the cards and callbacks an earlier run left undone. Call it once. */
  start(): void {
    for (const card of this.#cards.pending()) this.#schedule(card);
    this.#deliveries.resume();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    await this.#deliveries.stop();
  }

  async submit(card: CardSubmission, signal: AbortSignal): Promise<CardState> {
    demandWanted(signal);
    const known = this.#cards.find(card.id);
    if (known) return this.#cards.isOf(card) ? this.#stateOf(known) : used();
    const plan = planFor(card.serial, card.amount);
    if (plan.outcome === 'maintenance') throw refused('TheSieuToc', CHARGE_CODES.maintenance, 'Thẻ đang bảo trì');
    const kept = this.#cards.keep(card, plan, this.#decideAtMs(plan));
    if (kept === null) return used();
    this.#side.log.info('thesieutoc-sim.card', { id: card.id, type: card.type, amount: card.amount });
    this.#schedule(kept);
    return this.#stateOf(kept);
  }

  async status({ id }: Pick<CardSubmission, 'id'>, signal: AbortSignal): Promise<CardState | null> {
    demandWanted(signal);
    const card = this.#cards.find(id);
    return card && this.#stateOf(card);
  }

  /** The same for every account. */
  async fees(_account: string | null, signal: AbortSignal): Promise<readonly CardFee[]> {
    demandWanted(signal);
    return this.#fees;
  }

  async probe(signal: AbortSignal): Promise<boolean> {
    return !signal.aborted;
  }

  /** The latest first, at most `limit`; without PIN and serial. */
  list(limit: number): SimulatedCard[] {
    return this.#cards.list(limit);
  }

  /** The operator's verdict on a card that waits. @throws Refusal `card-unknown`, `card-settled`, `amount-invalid` */
  decide(id: string, verdict: Verdict, manner: CallbackManner = {}): CardState {
    const card = this.#cards.find(id);
    if (!card) throw new Refusal(404, 'TheSieuToc knows no such submission', { code: 'card-unknown', found: id.slice(0, 64) });
    if (verdict.outcome === 'wrong-amount') demandOtherValue(verdict.actualAmount, card.amount);
    if (!this.#settle(card, verdict, manner)) {
      throw new Refusal(409, 'The card has been decided on', { code: 'card-settled', found: `status ${card.status}` });
    }
    return this.#stateOf(this.#cards.find(id) ?? card);
  }

  /** The callback of a card that is settled, once more. @throws Refusal `card-unknown`, `card-pending` */
  callAgain(id: string, manner: CallbackManner = {}): void {
    const card = this.#cards.find(id);
    if (!card) throw new Refusal(404, 'TheSieuToc knows no such submission', { code: 'card-unknown', found: id.slice(0, 64) });
    if (card.status === CARD_STATUS.PENDING) throw new Refusal(409, 'The card has not been decided on', { code: 'card-pending' });
    this.#call(card, manner);
  }

  #settle(card: SimulatedCard, verdict: Verdict, manner: CallbackManner): boolean {
    return inTransaction(this.#side.db, () => {
      if (!this.#cards.settle(card.id, card.amount, verdict)) return false;
      const settled = this.#cards.find(card.id);
      if (settled) this.#call(settled, manner);
      this.#side.log.info('thesieutoc-sim.decided', { id: card.id, outcome: verdict.outcome });
      return true;
    });
  }

  #call(card: SimulatedCard, { lost = false, forged = {}, ...manner }: CallbackManner): void {
    const url = this.#settings.callbackUrl;
    if (lost || url === undefined) return;
    const form = callbackForm(card, this.#cards.secrets(card.id), this.#credited(card) ?? 0, this.#stateOf(card).message);
    this.#deliveries.send(url, new URLSearchParams({ ...form, ...forged }).toString(), manner);
  }

  #decideAtMs(plan: Plan): number | null {
    const { decideMs = 3_000 } = this.#settings;
    return decideMs === null || plan.outcome === 'undecided' ? null : this.#side.clock.wallMs() + decideMs;
  }

  #schedule(card: SimulatedCard): void {
    const { clock } = this.#side;
    const { decideAtMs, plan } = card;
    if (decideAtMs === null || plan.outcome === 'undecided' || plan.outcome === 'maintenance') return;
    const cancel = clock.after(Math.max(0, decideAtMs - clock.wallMs()), () => {
      this.#timers.delete(cancel);
      this.#settleInTime(card, plan);
    });
    this.#timers.add(cancel);
  }

  /** Nobody waits for a timer: what goes wrong is logged, and the card waits for the next run. */
  #settleInTime(card: SimulatedCard, verdict: Verdict): void {
    try {
      this.#settle(card, verdict, {});
    } catch (error) {
      this.#side.log.error('thesieutoc-sim.failed', { id: card.id, reason: error instanceof Fault ? error.code : String(error) });
    }
  }

  #credited({ type, status, actualAmount }: SimulatedCard): number | null {
    if (status === CARD_STATUS.FAILED) return 0;
    const fee = actualAmount === null ? null : feeFor(this.#fees, type, actualAmount);
    return actualAmount === null || fee === null ? null : creditedAmount(actualAmount, fee, status === CARD_STATUS.WRONG_AMOUNT);
  }

  #stateOf(card: SimulatedCard): CardState {
    const { status, actualAmount } = card;
    return { status, actualAmount, receivedAmount: this.#credited(card), message: MESSAGES[status] };
  }
}

const used = (): CardState => ({ status: CARD_STATUS.FAILED, actualAmount: null, receivedAmount: 0, message: USED });

function demandOtherValue(actual: number, declared: number): void {
  if (Number.isSafeInteger(actual) && actual >= 1_000 && actual <= 10_000_000 && actual !== declared) return;
  throw new Refusal(400, 'The value is not usable', { code: 'amount-invalid', expected: 'another value than declared, 1000 to 10000000' });
}

function demandWanted(signal: AbortSignal): void {
  if (signal.aborted) throw unreachable('TheSieuToc', 'the request was given up');
}
