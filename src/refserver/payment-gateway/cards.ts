import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { inTransaction, integerOf, integerOrNull, textOf, textOrNull } from '../store.ts';
import type { CardRequest } from './card-request.ts';
import { maskSecret } from './mask.ts';
import { nextNumber } from './numbers.ts';
import { type TimelineEntry, writeTimeline } from './timeline.ts';
import { CARD_STATUS, type CardStatus, type CardSubmission, type CardType } from './upstreams.ts';
import type { Vault } from './vault.ts';

export type CardStatusText = keyof typeof CARD_STATUS;

/** A card that was submitted. Amounts in VND. */
export interface Card {
  readonly id: string;
  readonly username: string;
  readonly requestId: string | null;
  readonly type: CardType;
  readonly declaredAmount: number;
  readonly status: CardStatusText;
  readonly actualAmount: number | null;
  readonly receivedAmount: number | null;
  readonly feePercent: number | null;
  readonly penaltyPercent: number | null;
  readonly message: string;
  /** Whether TheSieuToc has taken it; before that nobody knows. */
  readonly accepted: boolean;
  /** How often TheSieuToc refused it. */
  readonly refusals: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a card has come to. */
export interface CardOutcome {
  readonly status: Exclude<CardStatusText, 'PENDING'>;
  readonly actualAmount: number | null;
  readonly receivedAmount: number | null;
  readonly feePercent: number | null;
  readonly penaltyPercent: number | null;
  readonly message: string;
}

/** Why a card is not taken as a new one. */
export type CardConflict =
  | { readonly kind: 'repeated'; readonly card: Card }
  | { readonly kind: 'request-id-used' }
  | { readonly kind: 'duplicate'; readonly card: Card };

const CARD = 'SELECT t.*, c.* FROM gateway_cards c JOIN gateway_transactions t ON t.id = c.id';

/** The cards that were submitted. */
export class Cards {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  /** Keeps a new card as pending, or says why it is none. `followAtMs`: when somebody must look after it. */
  keep(request: CardRequest, client: string, nowMs: number, followAtMs: number): Card | CardConflict {
    return inTransaction(this.#db, () => this.#conflict(request, client) ?? this.#insert(request, client, nowMs, followAtMs));
  }

  find(id: string): Card | null {
    const row = this.#db.prepare(`${CARD} WHERE c.id = ?`).get(id);
    return row ? toCard(row) : null;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Card[] {
    return this.#db.prepare(`${CARD} ORDER BY t.seq DESC LIMIT ?`).all(limit).map(toCard);
  }

  /** A card as TheSieuToc is asked about it: with its PIN. */
  submission({ id, type, declaredAmount }: Card): CardSubmission {
    return { id, type, amount: declaredAmount, ...this.#secrets(id) };
  }

  masked(id: string): { readonly pin: string; readonly serial: string } {
    const { pin, serial } = this.#secrets(id);
    return { pin: maskSecret(pin), serial: maskSecret(serial) };
  }

  /** Whether these are the PIN and the serial of a card. */
  isCard(id: string, pin: string, serial: string): boolean {
    const digest = this.#vault.cardDigest(pin, serial);
    return this.#db.prepare('SELECT 1 FROM gateway_cards WHERE id = ? AND card_digest = ?').get(id, digest) !== undefined;
  }

  note(id: string, entries: readonly TimelineEntry[], nowMs: number): void {
    inTransaction(this.#db, () => writeTimeline(this.#db, id, entries, nowMs));
  }

  /** TheSieuToc has it now. */
  accept(id: string, nowMs: number): void {
    inTransaction(this.#db, () => {
      const { changes } = this.#db.prepare('UPDATE gateway_cards SET accepted = 1 WHERE id = ? AND accepted = 0').run(id);
      if (Number(changes) > 0) writeTimeline(this.#db, id, ['SENT_TO_TST'], nowMs);
    });
  }

  /** Counts that TheSieuToc refused it, and returns how often it has by now. */
  refuse(id: string): number {
    const row = this.#db.prepare('UPDATE gateway_cards SET refusals = refusals + 1 WHERE id = ? RETURNING refusals').get(id);
    return integerOf(row ?? {}, 'refusals');
  }

  /** Settles a pending card, with what led to it; of one that is settled nothing changes. Returns whether it did. */
  settle(id: string, outcome: CardOutcome, entries: readonly TimelineEntry[], nowMs: number): boolean {
    return inTransaction(this.#db, () => {
      const { changes } = this.#db
        .prepare(
          "UPDATE gateway_transactions SET status = ?, updated_at_ms = ?, follow_at_ms = NULL WHERE id = ? AND type = 'card' AND status = 'PENDING'",
        )
        .run(outcome.status, nowMs, id);
      if (Number(changes) === 0) return false;
      this.#db
        .prepare(
          'UPDATE gateway_cards SET actual_amount = ?, received_amount = ?, fee_percent = ?, penalty_percent = ?, message = ? WHERE id = ?',
        )
        .run(outcome.actualAmount, outcome.receivedAmount, outcome.feePercent, outcome.penaltyPercent, outcome.message, id);
      writeTimeline(this.#db, id, [...entries, ENDS[outcome.status]], nowMs);
      return true;
    });
  }

  #conflict(request: CardRequest, client: string): CardConflict | null {
    const digest = this.#vault.cardDigest(request.pin, request.serial);
    if (request.requestId !== null) {
      const row = this.#db.prepare(`${CARD} WHERE c.client = ? AND c.request_id = ?`).get(client, request.requestId);
      if (row) {
        const card = toCard(row);
        return isSame(card, request) && this.isCard(card.id, request.pin, request.serial)
          ? { kind: 'repeated', card }
          : { kind: 'request-id-used' };
      }
    }
    // One that TheSieuToc never took may be sent again, and one that failed as another type of card.
    const row = this.#db
      .prepare(
        `${CARD} WHERE c.card_digest = ? AND (t.status <> 'FAILED' OR (c.accepted = 1 AND c.card_type = ?)) ORDER BY t.seq DESC LIMIT 1`,
      )
      .get(digest, request.type);
    return row ? { kind: 'duplicate', card: toCard(row) } : null;
  }

  #insert(request: CardRequest, client: string, nowMs: number, followAtMs: number): Card {
    const id = `TRANS_${nextNumber(this.#db, 'card', nowMs)}`;
    this.#db
      .prepare(
        `INSERT INTO gateway_transactions (id, type, status, amount, created_at_ms, updated_at_ms, follow_at_ms)
         VALUES (?, 'card', 'PENDING', ?, ?, ?, ?)`,
      )
      .run(id, request.amount, nowMs, nowMs, followAtMs);
    this.#db
      .prepare(
        `INSERT INTO gateway_cards (id, client, request_id, username, card_type, pin, serial, pin_digest, card_digest)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        client,
        request.requestId,
        request.username,
        request.type,
        this.#vault.seal(id, 'pin', request.pin),
        this.#vault.seal(id, 'serial', request.serial),
        this.#vault.pinDigest(request.pin),
        this.#vault.cardDigest(request.pin, request.serial),
      );
    const beginning = this.#db.prepare('INSERT INTO gateway_serial_beginnings (digest, id) VALUES (?, ?)');
    for (const digest of this.#vault.beginningDigests(request.serial)) beginning.run(digest, id);
    writeTimeline(this.#db, id, ['CREATED'], nowMs);
    return this.find(id) as Card;
  }

  #secrets(id: string): { readonly pin: string; readonly serial: string } {
    const { pin, serial } = this.#db.prepare('SELECT pin, serial FROM gateway_cards WHERE id = ?').get(id) ?? {};
    return { pin: this.#vault.open(id, 'pin', bytesOf(pin)), serial: this.#vault.open(id, 'serial', bytesOf(serial)) };
  }
}

const ENDS = { SUCCESS: 'COMPLETED', WRONG_AMOUNT: 'COMPLETED_WRONG_AMOUNT', FAILED: 'FAILED' } as const;

/** The number of a status, as the document's table has it. */
export const statusNumber = (status: CardStatusText): CardStatus => CARD_STATUS[status];

const isSame = (card: Card, { username, type, amount }: CardRequest): boolean =>
  card.username === username && card.type === type && card.declaredAmount === amount;

const bytesOf = (value: SQLOutputValue | undefined): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

const toCard = (row: Record<string, SQLOutputValue>): Card => ({
  id: textOf(row, 'id'),
  username: textOf(row, 'username'),
  requestId: textOrNull(row, 'request_id'),
  type: textOf(row, 'card_type') as CardType,
  declaredAmount: integerOf(row, 'amount'),
  status: textOf(row, 'status') as CardStatusText,
  actualAmount: integerOrNull(row, 'actual_amount'),
  receivedAmount: integerOrNull(row, 'received_amount'),
  feePercent: integerOrNull(row, 'fee_percent'),
  penaltyPercent: integerOrNull(row, 'penalty_percent'),
  message: textOf(row, 'message'),
  accepted: integerOf(row, 'accepted') === 1,
  refusals: integerOf(row, 'refusals'),
  createdAtMs: integerOf(row, 'created_at_ms'),
  updatedAtMs: integerOf(row, 'updated_at_ms'),
});
