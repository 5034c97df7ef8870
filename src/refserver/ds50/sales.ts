import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { DetailsRequest, SaleRequest } from '../../protocols/ds50/codec.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import { integerOf, textOf } from '../store.ts';
import type { Decision } from './issuer.ts';

/** One sale request and what became of it, as the control API shows it. Amount in satang. */
export interface Sale {
  readonly deviceSn: string;
  /** Day and time of day by the box. */
  readonly date: string;
  readonly time: string;
  readonly batch: string;
  readonly trace: string;
  readonly amountMinor: number;
  readonly maskedPan: string;
  readonly cardOrg: string;
  readonly appVersion: string;
  readonly status: 'approved' | 'declined';
  readonly authCode: string;
  readonly responseCode: string;
  /** How the request was answered. */
  readonly answer: string;
  /** Whether a query finds it. */
  readonly recorded: boolean;
  /** How often the same request came again. A box must never do that. */
  readonly duplicates: number;
  readonly receivedAtMs: number;
}

type SaleKey = Pick<SaleRequest, 'deviceSn' | 'date' | 'batch' | 'trace'>;

const BY_KEY = 'device_sn = ? AND sale_date = ? AND batch_no = ? AND trace_no = ?';
const keyOf = ({ deviceSn, date, batch, trace }: SaleKey) => [deviceSn, date, batch, trace] as const;

/** The sales of all boxes. Device, day, batch and trace number name a sale; it is decided once. */
export class Sales {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;

  constructor(db: DatabaseSync, clock: BackendClock, entropy: BackendEntropy) {
    this.#db = db;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  find(key: SaleKey): Sale | null {
    const row = this.#db.prepare(`SELECT * FROM ds50_sales WHERE ${BY_KEY}`).get(...keyOf(key));
    return row ? toSale(row) : null;
  }

  /** Counts a request that came again. */
  countDuplicate(key: SaleKey): void {
    this.#db.prepare(`UPDATE ds50_sales SET duplicates = duplicates + 1 WHERE ${BY_KEY}`).run(...keyOf(key));
  }

  /** Keeps a new sale, or what is decided at last of one that is not on record. */
  keep(request: SaleRequest, { answer, responseCode, recorded }: Decision): Sale {
    const approved = responseCode === '00';
    this.#db
      .prepare(
        `INSERT INTO ds50_sales (device_sn, sale_date, batch_no, trace_no, sale_time, amount_minor, masked_pan, card_org, app_version,
           status, auth_code, response_code, answer, recorded, received_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET sale_time = excluded.sale_time, amount_minor = excluded.amount_minor, masked_pan = excluded.masked_pan,
           card_org = excluded.card_org, status = excluded.status, auth_code = excluded.auth_code, response_code = excluded.response_code,
           answer = excluded.answer, recorded = excluded.recorded WHERE recorded = 0`,
      )
      .run(
        ...keyOf(request),
        request.time,
        request.amount.minor,
        request.card.maskedPan,
        request.card.org,
        request.appVersion,
        approved ? 'approved' : 'declined',
        approved ? randomText(this.#entropy, '0123456789', 6) : '',
        responseCode,
        answer,
        recorded ? 1 : 0,
        this.#clock.wallMs(),
      );
    return this.find(request) as Sale;
  }

  /** The sale on a page (one each, the newest first) of a box's day, and how many there are; only those on record. */
  page({ deviceSn, date, page }: DetailsRequest): { readonly total: number; readonly sale: Sale | null } {
    const ofDay = 'device_sn = ? AND sale_date = ? AND recorded = 1';
    const count = this.#db.prepare(`SELECT count(*) AS total FROM ds50_sales WHERE ${ofDay}`).get(deviceSn, date);
    const row = this.#db
      .prepare(`SELECT * FROM ds50_sales WHERE ${ofDay} ORDER BY seq DESC LIMIT 1 OFFSET ?`)
      .get(deviceSn, date, page - 1);
    return { total: count ? integerOf(count, 'total') : 0, sale: row ? toSale(row) : null };
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Sale[] {
    return this.#db.prepare('SELECT * FROM ds50_sales ORDER BY seq DESC LIMIT ?').all(limit).map(toSale);
  }

  /** Requests that came again, of all sales there ever were. */
  duplicates(): number {
    const row = this.#db.prepare('SELECT coalesce(sum(duplicates), 0) AS total FROM ds50_sales').get();
    return row ? integerOf(row, 'total') : 0;
  }
}

const toSale = (row: Record<string, SQLOutputValue>): Sale => ({
  deviceSn: textOf(row, 'device_sn'),
  date: textOf(row, 'sale_date'),
  time: textOf(row, 'sale_time'),
  batch: textOf(row, 'batch_no'),
  trace: textOf(row, 'trace_no'),
  amountMinor: integerOf(row, 'amount_minor'),
  maskedPan: textOf(row, 'masked_pan'),
  cardOrg: textOf(row, 'card_org'),
  appVersion: textOf(row, 'app_version'),
  status: textOf(row, 'status') as 'approved' | 'declined',
  authCode: textOf(row, 'auth_code'),
  responseCode: textOf(row, 'response_code'),
  answer: textOf(row, 'answer'),
  recorded: integerOf(row, 'recorded') === 1,
  duplicates: integerOf(row, 'duplicates'),
  receivedAtMs: integerOf(row, 'received_at_ms'),
});
