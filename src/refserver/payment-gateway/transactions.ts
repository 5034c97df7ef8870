import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { integerOf, integerOrNull, textOf, textOrNull } from '../store.ts';
import { keptStatus } from './link-status.ts';
import type { SearchRequest } from './search-request.ts';
import type { LinkStatus } from './upstreams.ts';
import type { Vault } from './vault.ts';

export type TransactionType = 'card' | 'payos';

/** Statuses for people. */
const WORDS: Readonly<Record<string, string>> = {
  PENDING: 'Đang xử lý',
  PROCESSING: 'Đang xử lý thanh toán',
  SUCCESS: 'Thành công',
  FAILED: 'Thất bại',
  WRONG_AMOUNT: 'Sai mệnh giá',
  UNDERPAID: 'Thanh toán thiếu',
  CANCELLED: 'Đã hủy',
  EXPIRED: 'Đã hết hạn',
};

/** The numbers of the document's table of card statuses; orders are found by what they have in common with cards. */
const NUMBERED: Readonly<Record<number, readonly string[]>> = {
  0: ['PENDING', 'PROCESSING'],
  1: ['SUCCESS', 'PAID'],
  2: ['FAILED', 'CANCELLED', 'EXPIRED'],
  3: ['WRONG_AMOUNT', 'UNDERPAID'],
};

const TRANSACTIONS = `SELECT t.*, c.username, c.card_type, c.received_amount, c.request_id, l.request
  FROM gateway_transactions t LEFT JOIN gateway_cards c ON c.id = t.id LEFT JOIN gateway_links l ON l.id = t.id`;

/** The most that a search gives. */
const MOST_FOUND = 100;

export const statusWords = (status: string): string => WORDS[status] ?? status;

/** Cards and orders together, the latest first. */
export class Transactions {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  count(type: TransactionType | 'all' = 'all'): number {
    const row = this.#db.prepare("SELECT count(*) AS n FROM gateway_transactions WHERE ?1 = 'all' OR type = ?1").get(type);
    return integerOf(row ?? {}, 'n');
  }

  page(type: TransactionType | 'all', limit: number, offset: number) {
    const rows = this.#db
      .prepare(`${TRANSACTIONS} WHERE ?1 = 'all' OR t.type = ?1 ORDER BY t.seq DESC LIMIT ?2 OFFSET ?3`)
      .all(type, limit, offset);
    return rows.map(shown);
  }

  /** What fits all that is asked for: at most 100 of it, the latest, and how many there are. */
  search(request: SearchRequest) {
    const { where, values } = this.#conditions(request);
    const rows = this.#db.prepare(`${TRANSACTIONS} WHERE ${where} ORDER BY t.seq DESC LIMIT ${MOST_FOUND}`).all(...values);
    const count = this.#db
      .prepare(`SELECT count(*) AS n FROM gateway_transactions t LEFT JOIN gateway_cards c ON c.id = t.id WHERE ${where}`)
      .get(...values);
    return { transactions: rows.map(shown), count: integerOf(count ?? {}, 'n') };
  }

  #conditions({ serial, pin, transactionId, username, status, fromMs, beforeMs }: SearchRequest) {
    const conditions = ['1'];
    const values: SQLInputValue[] = [];
    const add = (condition: string, ...given: SQLInputValue[]) => {
      conditions.push(condition);
      values.push(...given);
    };
    if (serial !== null) add('t.id IN (SELECT id FROM gateway_serial_beginnings WHERE digest = ?)', this.#vault.beginningDigest(serial));
    if (pin !== null) add('c.pin_digest = ?', this.#vault.pinDigest(pin));
    if (transactionId !== null) add('t.id = ?', transactionId);
    if (username !== null) add('c.username = ?', username);
    const statuses = status === null ? [] : (NUMBERED[status] ?? []);
    if (status !== null) add(`t.status IN (${statuses.map(() => '?').join(', ')})`, ...statuses);
    if (fromMs !== null) add('t.created_at_ms >= ?', fromMs);
    if (beforeMs !== null) add('t.created_at_ms < ?', beforeMs);
    return { where: conditions.join(' AND '), values };
  }
}

/** One transaction as the document's history shows it (3.1). */
function shown(row: Record<string, SQLOutputValue>) {
  const type = textOf(row, 'type') as TransactionType;
  const status = type === 'payos' ? keptStatus(textOf(row, 'status') as LinkStatus) : textOf(row, 'status');
  const common = {
    id: textOf(row, 'id'),
    type,
    amount: integerOf(row, 'amount'),
    status,
    status_text: statusWords(status),
    created_at: new Date(integerOf(row, 'created_at_ms')).toISOString(),
    updated_at: new Date(integerOf(row, 'updated_at_ms')).toISOString(),
  };
  if (type === 'payos') return { ...common, description: (JSON.parse(textOf(row, 'request')) as { description: string }).description };
  return {
    ...common,
    username: textOf(row, 'username'),
    received_amount: integerOrNull(row, 'received_amount'),
    card_type: textOf(row, 'card_type'),
    request_id: textOrNull(row, 'request_id'),
  };
}
