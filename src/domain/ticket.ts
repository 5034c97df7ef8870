import type { Currency, Money } from './money.ts';
import type { Language } from './speech/language.ts';
import type { SaleView } from './till/view.ts';

/** Most lines of his own an operator may have on a ticket. */
export const MOST_TICKET_NOTES = 32;

/** What the owner of a box decides about its tickets. */
export interface TicketTerms {
  /** The operator's name, and lines below it (address, tax number, a word of thanks): at most `MOST_TICKET_NOTES`. */
  readonly title: string;
  readonly notes: readonly string[];
  /** What the QR says, with `{sale}` where the sale's id goes: `{sale}` alone, or an address such as `https://shop.example/t/{sale}`. */
  readonly qr: string;
  readonly language: Language;
  /** Where the box stands, as the IANA time zone database names it: `Asia/Bangkok`. See `isTimeZone`. */
  readonly timeZone: string;
}

/** When a ticket is printed, and whether it was printed before. */
export interface TicketOccasion {
  /** Wall time, milliseconds since 1970. */
  readonly atMs: number;
  readonly clockTrusted: boolean;
  readonly copy: boolean;
}

/** `unsure-time` is one by a clock that cannot be trusted. Methods by the backend's name, or QR, CARD, TOP_UP_CARD and CASH. */
type Word = 'time' | 'unsure-time' | 'item' | 'sale' | 'transaction' | 'method' | 'card';
/** `from-credit` was on the box before; `credit` stays on it; `refund` is owed to the customer. */
type Sum = 'due' | 'paid' | 'from-credit' | 'credit' | 'refund';

export type TicketLine = { readonly line: Word; readonly text: string } | { readonly line: Sum; readonly amount: Money };
export type TicketLineName = TicketLine['line'];

/** What stands on a ticket, from top to bottom, for no printer in particular. */
export interface Ticket {
  readonly language: Language;
  readonly title: string;
  readonly notes: readonly string[];
  readonly copy: boolean;
  readonly lines: readonly TicketLine[];
  /** Text of the QR. */
  readonly qr: string;
}

/** The ticket of a sale. Of a card it says what the journal does: brand, first 6 and last 4 digits. */
export function ticketOf(sale: SaleView, terms: TicketTerms, { atMs, clockTrusted, copy }: TicketOccasion): Ticket {
  const words: readonly (readonly [Word, string])[] = [
    [clockTrusted ? 'time' : 'unsure-time', timeText(atMs, terms.timeZone)],
    ['item', sale.description],
    ['sale', sale.id],
    ['transaction', sale.charge ?? ''],
    ...methodsOf(sale).map((name) => ['method', name] as const),
    ['card', sale.card && sale.cardMinor > 0 ? `${sale.card.org} ${sale.card.maskedPan}` : ''],
  ];
  return {
    language: terms.language,
    title: terms.title,
    notes: terms.notes.slice(0, MOST_TICKET_NOTES),
    copy,
    lines: [...words.filter(([, text]) => text !== '').map(([line, text]) => ({ line, text })), ...sumsOf(sale)],
    qr: qrText(terms.qr, sale.id),
  };
}

function methodsOf({ terminal, terminalMinor, qrMinor, cardMinor, topUpMinor, cashMinor }: SaleView): string[] {
  const ways: readonly (readonly [string, number])[] = [
    [terminal ?? '', terminalMinor],
    ['QR', qrMinor],
    ['CARD', cardMinor],
    ['TOP_UP_CARD', topUpMinor],
    ['CASH', cashMinor],
  ];
  return ways.filter(([name, minor]) => minor > 0 && name !== '').map(([name]) => name);
}

const SETTLED: ReadonlySet<SaleView['state']> = new Set(['delivering', 'delivered', 'delivery-failed', 'delivery-unknown']);

/** What was due and paid always, the rest where there is any. Nothing on a ticket is owed twice: what is refunded is no credit. */
function sumsOf(sale: SaleView): TicketLine[] {
  const { dueMinor, refundMinor, currency } = sale;
  const paid = sale.qrMinor + sale.cardMinor + sale.terminalMinor + sale.topUpMinor + sale.cashMinor;
  // What was not delivered is given back out of the sale's own price, everything else out of the credit.
  const ofPrice = sale.state === 'delivery-failed' ? Math.min(dueMinor, refundMinor) : 0;
  const left = paid - (SETTLED.has(sale.state) ? dueMinor : 0) - (refundMinor - ofPrice);
  const rest = [sum('from-credit', -left, currency), sum('credit', left, currency), sum('refund', refundMinor, currency)];
  return [sum('due', dueMinor, currency), sum('paid', paid, currency), ...rest.filter(({ amount }) => amount.minor > 0)];
}

const sum = (line: Sum, minor: number, currency: Currency) => ({ line, amount: { minor, currency } });

/** The id as it is, or, within an address, with what an address cannot hold encoded. */
const qrText = (template: string, sale: string): string =>
  template.replaceAll('{sale}', () => (template.includes('://') ? encodeURIComponent(sale.toWellFormed()) : sale));

/** `2026-01-31 14:05`, by the clocks of a time zone: an order of year, month and day that no reader mistakes. */
function timeText(atMs: number, timeZone: string): string {
  const pair = '2-digit';
  const form = { timeZone, hourCycle: 'h23', year: 'numeric', month: pair, day: pair, hour: pair, minute: pair } as const;
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', form).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}`;
}

/** Whether `TicketTerms.timeZone` may have this value. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
