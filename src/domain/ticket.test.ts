import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Entry, Recorded } from './journal.ts';
import { isTimeZone, MOST_TICKET_NOTES, type TicketTerms, ticketOf } from './ticket.ts';
import { type SaleView, saleView } from './till/view.ts';

const TERMS: TicketTerms = {
  title: 'Example Car Wash',
  notes: ['1 Example Road', 'Thank you'],
  qr: '{sale}',
  language: 'en',
  timeZone: 'Asia/Bangkok',
};
const OCCASION = { atMs: Date.UTC(2026, 0, 31, 7, 5, 59), clockTrusted: true, copy: false };

const sale = 'sale-1';
const opened: Entry = { kind: 'sale.opened', sale, dueMinor: 6_000, description: 'Quick wash', origin: 'kiosk', drive: null };
const cash = (amountMinor: number): Entry => ({ kind: 'cash.credited', sale, method: 'coin', acceptor: 'coin', train: 't', amountMinor });
const settled: Entry = { kind: 'sale.settled', sale, dueMinor: 6_000 };
const cancelled: Entry = { kind: 'sale.cancelled', sale, reason: 'customer' };
const refund = (amountMinor: number, from: 'credit' | 'sales'): Entry => ({ kind: 'refund.due', sale, amountMinor, from, reason: 'r' });
const terminal: Entry[] = [
  { kind: 'charge.requested', sale, request: 'r', amountMinor: 6_000 },
  { kind: 'charge.created', sale, request: 'r', charge: 'T123456', amountMinor: 6_000, qr: '', expiresAtMs: 0, terminal: 'DEBIT_CARD' },
  { kind: 'charge.paid', sale, charge: 'T123456', amountMinor: 6_000, via: 'push', late: false, method: 'terminal' },
  settled,
];
const act: Entry = { kind: 'act.intent', sale, act: 'a', drive: { mode: 'hold', holdMs: 1 } };
const acted = (result: 'done' | 'failed'): Entry => ({ kind: 'act.outcome', sale, act: 'a', result, reason: '' });

function viewOf(...entries: Entry[]): SaleView {
  const recorded = [opened, ...entries].map((entry, i): Recorded => ({ seq: i + 1, boot: 'b', atMs: 0, clockTrusted: true, entry }));
  const view = saleView(recorded, 'GBP');
  if (!view) throw new TypeError('no sale');
  return view;
}

const linesOf = (view: SaleView) =>
  ticketOf(view, TERMS, OCCASION).lines.map((line) => `${line.line} ${'text' in line ? line.text : line.amount.minor}`);
const sumsOf = (...entries: Entry[]) => linesOf(viewOf(...entries)).filter((line) => /^[a-z-]+ \d+$/.test(line));

test('names a top-up card by its kind alone, and counts what was credited for it', () => {
  const view = viewOf(
    {
      kind: 'charge.created',
      sale,
      request: 'topup-1',
      charge: 'topup-1',
      amountMinor: 10_000,
      qr: '',
      expiresAtMs: 0,
      topUp: { operator: 'Viettel' },
    },
    { kind: 'charge.paid', sale, charge: 'topup-1', amountMinor: 8_750, via: 'poll', late: false, method: 'top-up' },
    settled,
  );
  expect(linesOf(view)).toEqual(
    expect.arrayContaining(['transaction topup-1', 'method TOP_UP_CARD', 'due 6000', 'paid 8750', 'credit 2750']),
  );
});

describe('a ticket', () => {
  it('says what was sold, when, how and for how much', () => {
    expect(ticketOf(viewOf(...terminal), TERMS, OCCASION)).toEqual({
      language: 'en',
      title: 'Example Car Wash',
      notes: ['1 Example Road', 'Thank you'],
      copy: false,
      lines: [
        { line: 'time', text: '2026-01-31 14:05' },
        { line: 'item', text: 'Quick wash' },
        { line: 'sale', text: 'sale-1' },
        { line: 'transaction', text: 'T123456' },
        { line: 'method', text: 'DEBIT_CARD' },
        { line: 'due', amount: { minor: 6_000, currency: 'GBP' } },
        { line: 'paid', amount: { minor: 6_000, currency: 'GBP' } },
      ],
      qr: 'sale-1',
    });
  });

  it('says when its time is by a clock that cannot be trusted', () => {
    const { lines } = ticketOf(viewOf(...terminal), TERMS, { ...OCCASION, atMs: 60_000, clockTrusted: false });
    expect(lines[0]).toEqual({ line: 'unsure-time', text: '1970-01-01 07:01' });
  });

  it('says that it is a copy', () => {
    expect(ticketOf(viewOf(...terminal), TERMS, { ...OCCASION, copy: true }).copy).toBe(true);
  });

  it('carries no more of the operator than fits', () => {
    const notes = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    expect(ticketOf(viewOf(), { ...TERMS, notes }, OCCASION).notes).toEqual(notes.slice(0, MOST_TICKET_NOTES));
  });

  it('names every way that money came by, and of a card what the journal keeps', () => {
    const card = { org: 'VISA', maskedPan: '411111******1111' };
    const view: SaleView = { ...viewOf(), qrMinor: 1, cardMinor: 2, cashMinor: 3, card };
    expect(linesOf(view).filter((line) => /^(method|card)/.test(line))).toEqual([
      'method QR',
      'method CARD',
      'method CASH',
      'card VISA 411111******1111',
    ]);
    expect(linesOf({ ...view, cardMinor: 0 }).join()).not.toContain('411111');
  });
});

test.each<[string, Entry[], string[]]>([
  ['paid exactly', [cash(6_000), settled], ['due 6000', 'paid 6000']],
  ['overpaid, kept', [cash(7_000), settled, act, acted('done')], ['due 6000', 'paid 7000', 'credit 1000']],
  ['overpaid, owed back', [cash(7_000), settled, refund(1_000, 'credit')], ['due 6000', 'paid 7000', 'refund 1000']],
  ['paid in part from credit', [cash(4_500), settled], ['due 6000', 'paid 4500', 'from-credit 1500']],
  ['cancelled, kept', [cash(2_000), cancelled], ['due 6000', 'paid 2000', 'credit 2000']],
  ['cancelled, owed back', [cash(2_000), cancelled, refund(2_000, 'credit')], ['due 6000', 'paid 2000', 'refund 2000']],
  ['not delivered', [cash(6_000), settled, act, acted('failed'), refund(6_000, 'sales')], ['due 6000', 'paid 6000', 'refund 6000']],
  [
    'overpaid and not delivered',
    [cash(7_000), settled, act, acted('failed'), refund(6_000, 'sales')],
    ['due 6000', 'paid 7000', 'credit 1000', 'refund 6000'],
  ],
])('the sums of a sale that was %s', (_, entries, expected) => {
  expect(sumsOf(...entries)).toEqual(expected);
});

test('what was paid is, to the last minor unit, the price, credit or owed back', () => {
  const minor = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(minor, minor, fc.boolean(), (paid, back, delivered) => {
      const refunded = Math.min(back, Math.max(0, paid - 6_000));
      const entries = [
        cash(paid),
        settled,
        ...(refunded > 0 ? [refund(refunded, 'credit')] : []),
        act,
        acted(delivered ? 'done' : 'failed'),
      ];
      const { lines } = ticketOf(viewOf(...entries, ...(delivered ? [] : [refund(6_000, 'sales')])), TERMS, OCCASION);
      const of = (name: string) => lines.reduce((sum, line) => (line.line === name && 'amount' in line ? sum + line.amount.minor : sum), 0);
      expect(of('paid') + of('from-credit')).toBe((delivered ? of('due') : 0) + of('credit') + of('refund'));
    }),
  );
});

describe('its QR', () => {
  const qrOf = (qr: string, id: string) => ticketOf({ ...viewOf(), id }, { ...TERMS, qr }, OCCASION).qr;
  it.each([
    ['{sale}', 'a/b c', 'a/b c'],
    ['https://shop.example/t/{sale}', 'a/b c&d', 'https://shop.example/t/a%2Fb%20c%26d'],
    ['https://shop.example/{sale}?id={sale}', '$&', 'https://shop.example/%24%26?id=%24%26'],
    ['SALE {sale}', '$&', 'SALE $&'],
    ['https://shop.example/{sale}', '\ud800', 'https://shop.example/%EF%BF%BD'],
  ])('%s of sale %j', (template, id, text) => {
    expect(qrOf(template, id)).toBe(text);
  });
});

test.each([
  ['Asia/Bangkok', true],
  ['Asia/Ho_Chi_Minh', true],
  ['UTC', true],
  ['', false],
  ['Mars/Olympus', false],
])('the time zone %j', (name, known) => {
  expect(isTimeZone(name)).toBe(known);
});

test.each([
  ['UTC', '2026-01-31 07:05'],
  ['America/New_York', '2026-01-31 02:05'],
  ['Pacific/Kiritimati', '2026-01-31 21:05'],
])('the time in %s', (timeZone, text) => {
  expect(ticketOf(viewOf(), { ...TERMS, timeZone }, OCCASION).lines[0]).toEqual({ line: 'time', text });
});
