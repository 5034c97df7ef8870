import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { BackendClock } from '../../environment.ts';
import { integerOf, integerOrNull, textOf } from '../../store.ts';
import { CARD_STATUS, type CardStatus, type CardSubmission, type CardType } from '../upstreams.ts';
import type { CardSeal } from './card-seal.ts';
import type { Plan, Verdict } from './test-cards.ts';

/** A submission as the simulated TheSieuToc knows it, without PIN and serial. */
export interface SimulatedCard {
  readonly id: string;
  readonly type: CardType;
  /** The declared value. */
  readonly amount: number;
  readonly status: CardStatus;
  readonly actualAmount: number | null;
  readonly plan: Plan;
  /** When the plan comes true; null when it waits for somebody. */
  readonly decideAtMs: number | null;
  readonly createdAtMs: number;
  readonly settledAtMs: number | null;
}

/** The submitted cards. A card can be submitted once, whatever it is declared as. */
export class Cards {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #seal: CardSeal;

  constructor(db: DatabaseSync, clock: BackendClock, seal: CardSeal) {
    this.#db = db;
    this.#clock = clock;
    this.#seal = seal;
  }

  /** Null when this card, or another under this id, was submitted before. */
  keep({ id, type, amount, pin, serial }: CardSubmission, plan: Plan, decideAtMs: number | null): SimulatedCard | null {
    const { changes } = this.#db
      .prepare(
        `INSERT INTO thesieutoc_sim_cards (content, card_type, amount, card_sealed, card_digest, planned, decide_at_ms, created_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(
        id,
        type,
        amount,
        this.#seal.seal(JSON.stringify({ pin, serial })),
        this.#digest({ type, pin, serial }),
        JSON.stringify(plan),
        decideAtMs,
        this.#clock.wallMs(),
      );
    return changes === 0 ? null : this.find(id);
  }

  find(id: string): SimulatedCard | null {
    const row = this.#db.prepare('SELECT * FROM thesieutoc_sim_cards WHERE content = ?').get(id);
    return row ? toCard(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): SimulatedCard[] {
    return this.#db.prepare('SELECT * FROM thesieutoc_sim_cards ORDER BY seq DESC LIMIT ?').all(limit).map(toCard);
  }

  /** Those that still wait, in the order they came. */
  pending(): SimulatedCard[] {
    return this.#db.prepare('SELECT * FROM thesieutoc_sim_cards WHERE status = 0 ORDER BY seq').all().map(toCard);
  }

  /** Whether a submission is of this very card. */
  isOf({ id, type, pin, serial }: CardSubmission): boolean {
    const row = this.#db.prepare('SELECT card_digest FROM thesieutoc_sim_cards WHERE content = ?').get(id);
    return row !== undefined && textOf(row, 'card_digest') === this.#digest({ type, pin, serial });
  }

  /** PIN and serial of a submission. @throws DeviceFault `gateway-sealed` */
  secrets(id: string): { readonly pin: string; readonly serial: string } {
    const row = this.#db.prepare('SELECT card_sealed FROM thesieutoc_sim_cards WHERE content = ?').get(id);
    return JSON.parse(this.#seal.open(row ? textOf(row, 'card_sealed') : '')) as { pin: string; serial: string };
  }

  /** Settles a card that waits; false when it is settled already. */
  settle(id: string, declared: number, verdict: Verdict): boolean {
    const [status, actual] = settled(verdict, declared);
    const { changes } = this.#db
      .prepare('UPDATE thesieutoc_sim_cards SET status = ?, actual_amount = ?, settled_at_ms = ? WHERE content = ? AND status = 0')
      .run(status, actual, this.#clock.wallMs(), id);
    return changes === 1;
  }

  #digest({ type, pin, serial }: Pick<CardSubmission, 'type' | 'pin' | 'serial'>): string {
    return this.#seal.digest(JSON.stringify([type, pin.toUpperCase(), serial.toUpperCase()]));
  }
}

function settled(verdict: Verdict, declared: number): [CardStatus, number | null] {
  switch (verdict.outcome) {
    case 'success':
      return [CARD_STATUS.SUCCESS, declared];
    case 'failed':
      return [CARD_STATUS.FAILED, null];
    case 'wrong-amount':
      return [CARD_STATUS.WRONG_AMOUNT, verdict.actualAmount];
  }
}

const toCard = (row: Record<string, SQLOutputValue>): SimulatedCard => ({
  id: textOf(row, 'content'),
  type: textOf(row, 'card_type') as CardType,
  amount: integerOf(row, 'amount'),
  status: integerOf(row, 'status') as CardStatus,
  actualAmount: integerOrNull(row, 'actual_amount'),
  plan: JSON.parse(textOf(row, 'planned')) as Plan,
  decideAtMs: integerOrNull(row, 'decide_at_ms'),
  createdAtMs: integerOf(row, 'created_at_ms'),
  settledAtMs: integerOrNull(row, 'settled_at_ms'),
});
