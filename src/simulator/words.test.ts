import { describe, expect, test } from 'vitest';
import type { Entry } from '../domain/journal.ts';
import type { Currency, Money } from '../domain/money.ts';
import type { Screen } from '../domain/screen.ts';

type MoneyText = (minor: number) => string;

/** The page's own module: plain JavaScript, without types of its own. */
const words: {
  moneyWords(currency: Currency, fractionDigits: number): MoneyText;
  screenWords(screen: Screen, money: MoneyText): { says: string; next: string };
  entryWords(entry: Entry, money: MoneyText): { words: string; tone: string };
} = await import(new URL('./panel/words.js', import.meta.url).href);

const money = words.moneyWords('THB', 2);
const thb = (minor: number): Money => ({ minor, currency: 'THB' });

test.each([
  ['THB', 2, 2_000, '฿20'],
  ['THB', 2, 2_050, '฿20.50'],
  ['THB', 2, 123_456_789, '฿1,234,567.89'],
  ['IDR', 0, 50_000, 'Rp 50,000'],
  ['EUR', 2, 5, '€0.05'],
] as const)('%s with %i decimals: %i is %s', (currency, digits, minor, text) => {
  expect(words.moneyWords(currency, digits)(minor).replace('\u00a0', ' ')).toBe(text);
});

const idle: Screen = { kind: 'idle', offers: [], credit: thb(0), cash: true, qr: true, typed: null, pin: null };
const keypad: Screen = { kind: 'keypad', typed: thb(500), min: thb(1_000), max: thb(30_000), problem: null, cancel: false };
const rest = { due: thb(4_000), rest: thb(1_500), credit: thb(2_500) };

describe('screens', () => {
  test.each<[Screen, string, string]>([
    [{ kind: 'starting' }, 'The box is starting.', ''],
    [{ kind: 'pairing', state: 'asking', reason: '' }, 'Asking the backend for a PIN.', ''],
    [{ kind: 'pairing', state: 'refused', reason: 'no' }, 'The backend refused to pair: no', 'Press Pair to try again.'],
    [{ kind: 'pin', pin: '1150', deviceId: 'd' }, 'PIN 1150', "Claim the box with PIN 1150 on the reference backend's page."],
    [
      { kind: 'top-up-operator', rest: thb(4_000), operators: ['Viettel', 'Zing'] },
      'Whose card is it: Viettel, Zing?',
      'Press a number: 1 is the first. Cancel leaves.',
    ],
    [
      { kind: 'top-up-amount', operator: 'Viettel', amounts: [thb(1_000), thb(2_000)] },
      'What is printed on the Viettel card: ฿10, ฿20?',
      'Press a number: 1 is the first. Clear goes back.',
    ],
    [
      { kind: 'top-up-typing', field: 'pin', operator: 'Viettel', amount: thb(2_000), typed: 3, least: 10, most: 15, short: true },
      'Type the PIN of the Viettel card over ฿20: 3 of 10 to 15 digits. That is too short.',
      'Type digits, then OK.',
    ],
    [{ kind: 'top-up-sent', operator: 'Viettel', amount: thb(2_000) }, 'The Viettel card over ฿20 is being checked.', ''],
    [
      { kind: 'top-up-result', credited: thb(1_000), worth: thb(2_000), rest: thb(3_000) },
      'The card was worth ฿20. ฿10 credited. Still to pay: ฿30.',
      'A QR for the rest follows.',
    ],
    [{ kind: 'top-up-result', credited: thb(1_000), worth: thb(2_000), rest: thb(0) }, 'The card was worth ฿20. ฿10 credited.', ''],
    [{ kind: 'top-up-failed', reason: 'used', rest: thb(3_000) }, 'The card was sent before. Still to pay: ฿30.', ''],
    [idle, 'Ready.', 'Type an amount and OK, or put in money.'],
    [{ ...idle, qr: false, cash: false }, 'Ready.', 'Type an amount and OK. No QR while the box is not paired: press Pair.'],
    [{ ...idle, typed: thb(50) }, 'Amount ฿0.50.', 'Press OK to sell for this amount.'],
    [
      { ...idle, pin: '7', credit: thb(100) },
      'Ready. Credit: ฿1. PIN 7.',
      "Claim the box with PIN 7 on the reference backend's page, or sell right away.",
    ],
    [{ kind: 'requesting', due: thb(100), credit: thb(0), cash: false }, 'Getting a QR for ฿1.', ''],
    [
      { kind: 'qr', qr: 'x', expiresAtMonotonicMs: 1, cash: false, due: thb(100), rest: thb(100), credit: thb(0) },
      'Scan the QR to pay ฿1.',
      "Play the customer: press “Customer pays” on the reference backend's page.",
    ],
    [{ kind: 'insert-cash', qrPossible: false, ...rest }, 'Put in ฿15 of ฿40. Credit: ฿25.', 'Use the wallet below, or Cancel.'],
    [{ ...idle, qr: false, cash: false, card: true }, 'Ready.', 'Type an amount and OK.'],
    [
      { kind: 'present-card', message: 'Table 7', expiresAtMonotonicMs: 1, cash: true, ...rest },
      'Present a card to pay ฿15 of ฿40. Table 7 Credit: ฿25.',
      'Hold a card of your wallet against the reader, or put in coins and bills. Cancel ends it.',
    ],
    [{ kind: 'authorising', due: thb(100) }, 'Asking the payment server for ฿1.', ''],
    [{ kind: 'announcement', amount: thb(12_344), message: '' }, '฿123.44 was paid elsewhere.', ''],
    [{ kind: 'announcement', amount: thb(100), message: 'Table 7' }, '฿1 was paid elsewhere. Table 7', ''],
    [{ kind: 'identify', serial: 'S-1' }, 'Here is the box S-1.', 'The backend looks for it: it blinks and beeps.'],
    [
      { kind: 'show-qr', qr: 'x', expiresAtMonotonicMs: 1 },
      'A QR that the backend wants shown.',
      'It belongs to no sale: a press of a button sells as ever.',
    ],
    [{ kind: 'updating', step: 'installing' }, 'Installing an update.', 'Cut the power now, and see which release it comes back with.'],
    [
      { kind: 'updating', step: 'restarting' },
      'Starting again with the update.',
      'Cut the power now, and see which release it comes back with.',
    ],
    [{ kind: 'failed', reason: 'card-declined', credit: thb(0) }, 'The card was declined. Nothing was paid.', ''],
    [
      { kind: 'failed', reason: 'card-unanswered', credit: thb(0) },
      'The payment server did not answer. It is asked again whether the card was charged.',
      '',
    ],
    [
      { kind: 'failed', reason: 'card-not-sent', credit: thb(0) },
      'There was no connection to the payment server. The card was not charged.',
      '',
    ],
    [{ kind: 'checking', due: thb(100) }, 'Time is over. Asking the backend once more whether ฿1 were paid.', ''],
    [{ kind: 'delivering', due: thb(100) }, 'Paid ฿1. The machine is running.', ''],
    [{ kind: 'success', due: thb(100), credit: thb(50) }, 'Thank you. ฿1 paid. Credit: ฿0.50.', ''],
    [{ kind: 'failed', reason: 'qr-expired', credit: thb(0) }, 'The QR expired unpaid.', ''],
    [
      { kind: 'amount-select', amounts: [thb(2_000), thb(4_050)], other: true },
      'Choose an amount: ฿20, ฿40.50, or another.',
      'Touch the screen, or press a number: 1 is the first amount, 0 another one.',
    ],
    [
      { kind: 'amount-select', amounts: [thb(2_000)], other: false },
      'Choose an amount: ฿20.',
      'Touch the screen, or press a number: 1 is the first amount.',
    ],
    [{ kind: 'amount-select', amounts: [], other: true }, 'Choose an amount.', 'Touch the screen, or press 0.'],
    [{ ...keypad, typed: thb(0) }, 'Type an amount from ฿10 to ฿300.', 'Touch the digits, then OK.'],
    [keypad, 'Type an amount from ฿10 to ฿300: ฿5.', 'Touch the digits, then OK.'],
    [{ ...keypad, problem: 'too-low' }, 'Type an amount from ฿10 to ฿300: ฿5. That is too little.', 'Touch the digits, then OK.'],
    [
      { ...keypad, typed: thb(50_000), problem: 'too-high', cancel: true },
      'Type an amount from ฿10 to ฿300: ฿500. That is too much.',
      'Touch the digits, then OK. Cancel ends it.',
    ],
    [
      { kind: 'payment-method', amount: thb(2_000), methods: ['DEBIT_CARD', 'PAY_BY_BANK'], cancel: true },
      'Pay ฿20 by debit card or pay by bank.',
      'Touch one, or press its number. Cancel ends it.',
    ],
    [
      { kind: 'payment-method', amount: thb(2_000), methods: ['DEBIT_CARD'], cancel: false },
      'Pay ฿20 by debit card.',
      'Touch one, or press its number.',
    ],
    [
      { kind: 'processing', due: thb(2_000) },
      "The backend's terminal takes ฿20.",
      "Play the bank: press “Approve” or “Decline” on the reference backend's page.",
    ],
    [
      { kind: 'failed', reason: 'terminal-declined', credit: thb(0), message: 'Card declined by issuer' },
      'The payment was not taken. Card declined by issuer',
      '',
    ],
    [
      { kind: 'failed', reason: 'terminal-unanswered', credit: thb(0) },
      'The backend has not said what became of the payment. Do not pay again.',
      '',
    ],
    [{ kind: 'limit-error', limit: thb(30_000), remaining: thb(20_000) }, 'More than ฿300 a day are not possible; ฿200 are left.', ''],
    [{ kind: 'print-ticket' }, 'The ticket is being printed.', ''],
    [{ kind: 'collect-ticket' }, 'Take the ticket.', ''],
    [{ kind: 'thank-you' }, 'Thank you.', ''],
    [
      { kind: 'device-error', message: 'Printer out of paper', code: 'PRINTER_ERROR' },
      'Something does not work. Printer out of paper (PRINTER_ERROR)',
      '',
    ],
    [{ kind: 'device-error', message: '', code: '' }, 'Something does not work.', ''],
    [{ kind: 'out-of-service', reasons: ['ledger: read-only', 'not-paired'] }, 'Out of service: ledger: read-only, not-paired', ''],
  ])('%o', (screen, says, next) => {
    expect(words.screenWords(screen, money)).toEqual({ says, next });
  });
});

describe('journal entries', () => {
  test.each<[Entry, string, string]>([
    [{ kind: 'boot', version: '1.2.3', currency: 'THB' }, 'Box started, version 1.2.3', 'note'],
    [
      { kind: 'sale.opened', sale: 's', dueMinor: 2_000, description: 'Wash', origin: 'button', drive: null },
      'Sale opened by button: Wash ฿20',
      'plain',
    ],
    [
      { kind: 'charge.paid', sale: 's', charge: 'c', amountMinor: 2_000, via: 'push', late: false },
      '฿20 paid by QR, told by the backend',
      'good',
    ],
    [
      { kind: 'charge.paid', sale: 's', charge: 'c', amountMinor: 2_000, via: 'grace', late: true },
      '฿20 paid by QR, on asking later, late',
      'good',
    ],
    [
      { kind: 'charge.paid', sale: 's', charge: '20251215-000000-000001', amountMinor: 2_000, via: 'answer', late: false, method: 'card' },
      '฿20 paid by card, by the answer itself',
      'good',
    ],
    [
      {
        kind: 'charge.created',
        sale: 's',
        request: 'r',
        charge: '20251215-000000-000001',
        amountMinor: 2_000,
        qr: '',
        expiresAtMs: 1,
        card: { org: 'VISA', maskedPan: '411111******1111' },
      },
      'VISA 411111******1111 read: ฿20 to be asked for',
      'plain',
    ],
    [
      { kind: 'charge.failed', sale: 's', charge: '20251215-000000-000001', via: 'poll', reason: '51' },
      'Card payment failed, on asking: 51',
      'bad',
    ],
    [{ kind: 'charge.failed', sale: 's', charge: 'ch_1', via: 'push', reason: '' }, 'QR payment failed, told by the backend', 'bad'],
    [{ kind: 'charge.expired', sale: 's', charge: '20251215-000000-000001' }, 'Card payment not answered; still watched', 'note'],
    [{ kind: 'charge.expired', sale: 's', charge: 'ch_1' }, 'QR expired unpaid; still watched', 'note'],
    [{ kind: 'charge.abandoned', sale: 's', charge: '20251215-000000-000001' }, 'Unanswered payment no longer watched', 'plain'],
    [{ kind: 'charge.expired', sale: 's', charge: 'T0123456789ABCDEF' }, 'Terminal payment not answered; still watched', 'note'],
    [
      {
        kind: 'charge.created',
        sale: 's',
        request: 'T1',
        charge: 'T1',
        amountMinor: 2_000,
        qr: '',
        expiresAtMs: 1,
        terminal: 'DEBIT_CARD',
      },
      '฿20 to be taken by debit card',
      'plain',
    ],
    [
      { kind: 'charge.paid', sale: 's', charge: 'T1', amountMinor: 2_000, via: 'push', late: false, method: 'terminal' },
      '฿20 paid by terminal, told by the backend',
      'good',
    ],
    [
      { kind: 'sale.opened', sale: 's', dueMinor: 2_000, description: '', origin: 'kiosk', drive: null },
      'Sale opened at the screen: ฿20',
      'plain',
    ],
    [
      { kind: 'charge.failed', sale: 's', charge: 'T0123456789ABCDEF', via: 'push', reason: 'CARD_DECLINED' },
      'Terminal payment failed, told by the backend: CARD_DECLINED',
      'bad',
    ],
    [{ kind: 'charge.abandoned', sale: 's', charge: 'T0123456789ABCDEF' }, 'Unanswered payment no longer watched', 'plain'],
    [
      {
        kind: 'charge.created',
        sale: 's',
        request: 'topup-1',
        charge: 'topup-1',
        amountMinor: 5_000,
        qr: '',
        expiresAtMs: 1,
        topUp: { operator: 'Zing' },
      },
      'Zing card over ฿50 to be sent',
      'plain',
    ],
    [
      {
        kind: 'charge.paid',
        sale: 's',
        charge: 'topup-1',
        amountMinor: 1_000,
        via: 'poll',
        late: false,
        method: 'top-up',
        worthMinor: 2_000,
      },
      '฿10 paid by top-up card worth ฿20, on asking',
      'good',
    ],
    [{ kind: 'charge.expired', sale: 's', charge: 'topup-1' }, 'Top-up card payment not answered; still watched', 'note'],
    [{ kind: 'sale.cancelled', sale: 's', reason: 'terminal-declined' }, 'Sale ended unpaid, the payment was not taken', 'note'],
    [
      { kind: 'sale.cancelled', sale: 's', reason: 'terminal-unanswered' },
      'Sale ended unpaid, the backend has not said what became of the payment; still watched',
      'note',
    ],
    [
      { kind: 'ticket.outcome', sale: 's', ticket: 't', result: 'indeterminate', reason: '' },
      'Ticket may or may not have been printed',
      'bad',
    ],
    [
      { kind: 'charge.part-paid', sale: 's', charge: 'c', amountMinor: 500, via: 'poll', late: false },
      '฿5 of a QR paid, on asking',
      'good',
    ],
    [{ kind: 'ticket.intent', sale: 's', ticket: 't', copy: false }, 'Ticket to be printed', 'plain'],
    [{ kind: 'ticket.intent', sale: 's', ticket: 't', copy: true }, 'Copy of the ticket to be printed', 'plain'],
    [{ kind: 'ticket.outcome', sale: 's', ticket: 't', result: 'done', reason: '' }, 'Ticket printed', 'good'],
    [{ kind: 'ticket.outcome', sale: 's', ticket: 't', result: 'failed', reason: 'no paper' }, 'Ticket not printed: no paper', 'bad'],
    [{ kind: 'charge.abandoned', sale: 's', charge: 'ch_1' }, 'Unpaid QR no longer watched', 'plain'],
    [{ kind: 'order.received', order: '7', purpose: 'announcement', amountMinor: 100, message: '' }, 'Order 7: announce ฿1', 'plain'],
    [
      { kind: 'order.received', order: '7', purpose: 'announcement', amountMinor: 100, message: 'T', paid: { transaction: 't', atMs: 1 } },
      'Order 7: ฿1 paid, not asked for here: T',
      'good',
    ],
    [{ kind: 'order.refused', order: '7', code: 'orders-full', reason: 'too many wait' }, 'Order 7 refused: too many wait', 'bad'],
    [{ kind: 'order.announced', order: '7', spoken: true }, 'Order 7 said aloud', 'plain'],
    [
      { kind: 'charge.refused', sale: 's', request: 'r', code: 'qr-crc', reason: 'its checksum is wrong' },
      'No QR: its checksum is wrong',
      'bad',
    ],
    [{ kind: 'cash.credited', sale: null, method: 'bill', acceptor: 'b', train: 't', amountMinor: 10_000 }, '฿100 bill taken', 'good'],
    [
      { kind: 'cash.unassigned', sale: null, method: 'coin', acceptor: 'c', train: 't', pulses: 1 },
      'Unknown coin with 1 pulse, set aside',
      'bad',
    ],
    [{ kind: 'bill.held', sale: null, acceptor: 'b', piece: 'p', amountMinor: 10_000 }, '฿100 bill to be kept', 'plain'],
    [{ kind: 'bill.returned', sale: null, piece: 'p', reason: 'pulled out' }, 'Bill went back: pulled out', 'note'],
    [{ kind: 'bill.unknown', sale: null, piece: 'p' }, 'Bill may or may not have been kept: count the stacker', 'bad'],
    [{ kind: 'sale.cancelled', sale: 's', reason: 'customer' }, 'Sale ended unpaid, by the customer', 'note'],
    [{ kind: 'sale.cancelled', sale: 's', reason: 'card-not-sent' }, 'Sale ended unpaid, the payment server could not be reached', 'note'],
    [{ kind: 'refund.due', sale: 's', amountMinor: 100, from: 'credit', reason: 'overpaid' }, '฿1 owed back: overpaid', 'bad'],
    [{ kind: 'act.intent', sale: 's', act: 'a', drive: { mode: 'hold', holdMs: 2_500 } }, 'Machine to be driven: on for 2.5 s', 'plain'],
    [
      { kind: 'act.intent', sale: 's', act: 'a', drive: { mode: 'pulses', count: 3, pulseMs: 1, gapMs: 1 } },
      'Machine to be driven: 3 pulses',
      'plain',
    ],
    [
      { kind: 'act.outcome', sale: 's', act: 'a', result: 'indeterminate', reason: 'power-cut' },
      'Machine may or may not have run: power-cut',
      'bad',
    ],
    [{ kind: 'act.outcome', sale: 's', act: 'a', result: 'done', reason: '' }, 'Machine ran', 'good'],
  ])('%o', (entry, text, tone) => {
    expect(words.entryWords(entry, money)).toEqual({ words: text, tone });
  });

  test('a kind this page does not know yet is shown by its name', () => {
    expect(words.entryWords({ kind: 'sale.moved' } as never, money)).toEqual({ words: 'sale.moved', tone: 'plain' });
  });
});
