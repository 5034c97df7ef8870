import { MOST_USERNAME } from './card-request.ts';
import { maskSecret, withoutSecrets } from './mask.ts';
import { readableText } from './readable-text.ts';
import { invalidField } from './rejection.ts';

/** What transactions are searched by; null is not asked for. All of it must fit. */
export interface SearchRequest {
  /** A serial, or its beginning. */
  readonly serial: string | null;
  readonly pin: string | null;
  readonly transactionId: string | null;
  readonly username: string | null;
  /** 0 to 3, as card statuses. */
  readonly status: number | null;
  /** Made at this time or later, milliseconds since 1970. */
  readonly fromMs: number | null;
  /** Made before this time. */
  readonly beforeMs: number | null;
}

type Query = (name: string) => string | undefined;

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/;

/** Reads the query of a search (document 3.2). @throws Rejection `validation-failed` */
export function readSearch(query: Query): SearchRequest {
  const from = momentOf(query, 'from_date');
  const to = momentOf(query, 'to_date');
  if (from && to && from.atMs > to.atMs) {
    throw invalidField('to_date', query('to_date'), 'Không sớm hơn from_date', 'Khoảng thời gian không hợp lệ.');
  }
  return {
    serial: secretOf(
      query,
      'serial',
      /^[A-Za-z0-9]{4,20}$/,
      '4-20 ký tự alphanumeric',
      'Serial không hợp lệ. Cần 4-20 ký tự đầu của serial.',
    ),
    pin: secretOf(query, 'pin', /^[A-Za-z0-9]{10,15}$/, '10-15 ký tự alphanumeric', 'Mã thẻ không hợp lệ. Mã thẻ phải có 10-15 ký tự.'),
    transactionId: textOf(query, 'trans_id', 64, 'Mã giao dịch không hợp lệ.'),
    username: textOf(query, 'username', MOST_USERNAME, 'Tên người dùng không hợp lệ.'),
    status: statusOf(query('status')),
    fromMs: from?.atMs ?? null,
    // A day without a time of day means all of it, a moment means it too.
    beforeMs: to ? to.atMs + (to.day ? DAY_MS : 1) : null,
  };
}

/** How much of the history is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
  readonly type: 'card' | 'payos' | 'all';
}

/** Reads the query of the history (document 3.1). @throws Rejection `validation-failed` */
export function readPage(query: Query): PageRequest {
  const type = query('type') ?? 'all';
  const limit = wholeOf(query, 'limit', 1, 100, 50, 'limit phải là số nguyên từ 1 đến 100.');
  const offset = wholeOf(query, 'offset', 0, Number.MAX_SAFE_INTEGER, 0, 'offset phải là số nguyên không âm.');
  if (type === 'card' || type === 'payos' || type === 'all') return { limit, offset, type };
  throw invalidField('type', type, 'card, payos, all', 'Loại giao dịch không hợp lệ.');
}

function wholeOf(query: Query, name: string, least: number, most: number, standard: number, message: string): number {
  const text = query(name);
  if (text === undefined) return standard;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= least && number <= most) return number;
  throw invalidField(name, text, `Số nguyên từ ${least} đến ${most}`, message);
}

function secretOf(query: Query, name: string, form: RegExp, expected: string, message: string): string | null {
  const text = query(name);
  if (text === undefined) return null;
  if (form.test(text)) return text;
  throw invalidField(name, maskSecret(text), expected, message);
}

function textOf(query: Query, name: string, most: number, message: string): string | null {
  const text = query(name);
  if (text === undefined) return null;
  const read = readableText(text, most);
  if (read !== null) return read;
  throw invalidField(name, withoutSecrets(text), `1-${most} ký tự`, message);
}

function statusOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[0-3]$/.test(text)) return Number(text);
  throw invalidField('status', text, '0, 1, 2, 3', 'Trạng thái không hợp lệ.');
}

/** A day, or a moment; without a time zone it is UTC. */
function momentOf(query: Query, name: string): { readonly atMs: number; readonly day: boolean } | null {
  const text = query(name);
  if (text === undefined) return null;
  const day = DATE.test(text);
  const date = day ? text : DATE_TIME.exec(text)?.[1];
  const zoned = day || /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const atMs = date === undefined ? Number.NaN : Date.parse(zoned);
  // The engine takes 31 April for 1 May.
  const exists = date !== undefined && new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  if (exists && Number.isFinite(atMs)) return { atMs, day };
  throw invalidField(name, text, 'Ngày ISO 8601, ví dụ 2026-01-31 hoặc 2026-01-31T12:00:00Z', 'Ngày không hợp lệ.');
}
