import type { CashTally, ReportStatus, SaleReport, Tally } from '../../domain/journal.ts';
import type { JsonValue } from '../../domain/json.ts';
import { asInteger, asList, asObject, asOneOf, MessageFault } from '../../domain/json-fields.ts';
import { decimalText, MAX_MINOR, parseDecimal } from '../../domain/money.ts';
import { asId, bodyObject, successData, toBytes } from './message.ts';

/** Most sales in one upload: 64 KiB hold it even with many denominations. */
export const MAX_BATCH = 50;

/** The document's denominations in baht; they are always there, others are added where pieces were taken. */
const DOCUMENTED = { bank: ['20', '50', '300', '500', '1000'], coin: ['1', '2', '5', '10'] } as const;
const STATUSES: readonly ReportStatus[] = ['PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
const MAX_DENOMINATIONS = 64;

/** One uploaded sale as the backend reads it; counts of zero are left out of the tallies. */
export interface LoggedSale {
  readonly qrMinor: number;
  readonly charge: string | null;
  readonly cash: CashTally;
  readonly status: ReportStatus;
  readonly atMs: number;
}

type Dated = Pick<SaleReport, 'qrMinor' | 'charge' | 'cash' | 'status'> & { readonly atMs: number };

/** Up to MAX_BATCH sales in the documented shape; amounts in satang become baht exactly, a sale without a charge carries "". */
export const encodeUploadRequest = (sales: readonly Dated[]): Uint8Array => toBytes({ items: sales.map(item) });

const item = (sale: Dated) => ({
  qr: { net_amount: Number(baht(sale.qrMinor)), chargeId: sale.charge ?? '' },
  bank: pieces(sale.cash.bill, DOCUMENTED.bank),
  coin: pieces(sale.cash.coin, DOCUMENTED.coin),
  type: 'PAYMENT',
  status: sale.status,
  timestamp: sale.atMs,
});

/** Shortest decimal text: 2050 -> "20.5". A double holds it exactly enough: 12 digits before and 2 after the point read back as they were. */
const baht = (minor: number): string => decimalText({ minor, currency: 'THB' }).replace(/\.?0+$/, '');

function pieces(tally: Tally, documented: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(documented.map((denomination) => [denomination, 0]));
  for (const [minor, count] of Object.entries(tally)) counts[baht(Number(minor))] = count;
  return counts;
}

/** @throws PeerFault `json-…`, `message-invalid` with the path of the bad item */
export function decodeUploadRequest(raw: Uint8Array): LoggedSale[] {
  const request = bodyObject(raw);
  return asList(request.items, 'items', MAX_BATCH).map((value, index) => sale(value, `items[${index}]`));
}

function sale(value: JsonValue, path: string): LoggedSale {
  const entry = asObject(value, path);
  const qr = asObject(entry.qr, `${path}.qr`);
  asOneOf(entry.type, `${path}.type`, ['PAYMENT']);
  return {
    qrMinor: amount(qr.net_amount, `${path}.qr.net_amount`),
    charge: qr.chargeId === '' ? null : asId(qr.chargeId, `${path}.qr.chargeId`),
    cash: {
      coin: tally(entry.coin, `${path}.coin`, DOCUMENTED.coin),
      bill: tally(entry.bank, `${path}.bank`, DOCUMENTED.bank),
    },
    status: asOneOf(entry.status, `${path}.status`, STATUSES),
    atMs: asInteger(entry.timestamp, `${path}.timestamp`, 0, 8_640_000_000_000_000),
  };
}

function amount(value: JsonValue | undefined, path: string): number {
  const money = typeof value === 'number' ? parseDecimal(String(value), 'THB') : null;
  if (money === null) throw new MessageFault(path, value, `baht from 0 to ${MAX_MINOR / 100} with at most two decimals`);
  return money.minor;
}

function tally(value: JsonValue | undefined, path: string, documented: readonly string[]): Tally {
  const counts = asObject(value, path);
  const names = Object.keys(counts);
  const missing = documented.find((name) => !names.includes(name));
  if (missing !== undefined) throw new MessageFault(`${path}.${missing}`, undefined, 'a count for every documented denomination');
  if (names.length > MAX_DENOMINATIONS) throw new MessageFault(path, counts, `at most ${MAX_DENOMINATIONS} denominations`);
  const read: Record<string, number> = {};
  for (const name of names) {
    const count = asInteger(counts[name], `${path}.${name}`, 0, 1_000_000);
    const denomination = parseDecimal(name, 'THB');
    if (denomination === null || denomination.minor === 0 || baht(denomination.minor) !== name) {
      throw new MessageFault(`${path}.${name.slice(0, 20)}`, count, 'a denomination in baht as its name');
    }
    if (count > 0) read[String(denomination.minor)] = count;
  }
  return read;
}

export const encodeUploadReply = (length: number): Uint8Array =>
  toBytes({ success: true, data: { length }, message: 'Logs uploaded successfully' });

/** How many sales the backend says it keeps. @throws PeerFault `json-…`, `message-invalid` */
export const decodeUploadReply = (raw: Uint8Array): number => asInteger(successData(raw).length, 'data.length', 0, MAX_BATCH);
