import type { Currency, Money } from '../domain/money.ts';
import type { Offer, Screen } from '../domain/screen.ts';
import { QR_VECTORS } from './qr-vectors.ts';

const baht = (minor: number): Money => ({ minor, currency: 'THB' });
const rupiah = (minor: number): Money => ({ minor, currency: 'IDR' });
const none = baht(0);

const NAMES = ['Quick wash', 'Standard wash', 'Wash and wax', 'ล้างพร้อมเคลือบแว็กซ์', 'Vacuum 10 min', 'Foam', 'Underbody', 'Tyres & rims'];

/** So many products, with buttons A, B, C … and names in two scripts. */
export const offers = (count: number): Offer[] =>
  Array.from({ length: count }, (_, i) => ({
    button: String.fromCharCode(65 + (i % 26)),
    label: NAMES[i % NAMES.length] ?? '',
    price: baht(2_000 + 1_550 * i),
  }));

const idle = { kind: 'idle', offers: [], credit: none, cash: true, qr: true, typed: null, pin: null } as const;
const qr = { kind: 'qr', qr: QR_VECTORS.promptPayBill, due: baht(5_000), rest: baht(5_000), credit: none, cash: true } as const;

const money = (minor: number, currency: Currency): Money => ({ minor, currency });
const pounds = (minor: number): Money => money(minor, 'GBP');
const list = (currency: Currency, amounts: readonly number[]): Money[] => amounts.map((minor) => money(minor, currency));

const keypad = { kind: 'keypad', typed: pounds(0), min: pounds(1_000), max: pounds(30_000), problem: null, cancel: false } as const;
const method = { kind: 'payment-method', amount: pounds(6_000), methods: ['DEBIT_CARD', 'PAY_BY_BANK'], cancel: true } as const;
const EIGHT_METHODS = ['CARD', 'CREDIT_CARD', 'CONTACTLESS', 'BANK_TRANSFER', 'QR', 'MOBILE_WALLET', 'CASH', 'LOYALTY_POINTS'];

const OPERATORS = ['Viettel', 'Vinaphone', 'Mobifone', 'Vietnamobile', 'Zing'];
const typing = { kind: 'top-up-typing', operator: 'Vietnamobile', amount: money(500_000, 'VND'), short: false } as const;

/** What a backend may say of a payment or a device, at its longest and worst. */
const HOSTILE_MESSAGE = `<script>alert("no")</script> ]]> &amp; \u{202e}the issuer says ${'no '.repeat(80)}${'W'.repeat(80)}`;

const card = {
  kind: 'present-card',
  due: baht(12_344),
  rest: baht(12_344),
  credit: none,
  message: '',
  expiresAtMonotonicMs: 120_000,
  cash: false,
} as const;

/** Every kind of screen, most of them in more than one state. A QR runs out at 272 s of the box's clock, a card's time at 120 s. */
export const SAMPLE_SCREENS: readonly Screen[] = [
  { kind: 'starting' },
  { kind: 'pairing', state: 'asking', reason: '' },
  { kind: 'pairing', state: 'refused', reason: 'The service answered 403: this device is on no list & will not be <b>paired</b>' },
  { kind: 'pin', pin: '482913', deviceId: 'dev_9f31c2ab-77e1' },
  { kind: 'pin', pin: 'A-VERY-LONG-PIN', deviceId: 'x'.repeat(120) },
  idle,
  { ...idle, cash: false, typed: baht(12_050), pin: '482913' },
  { ...idle, offers: offers(1), credit: baht(500), qr: false },
  { ...idle, offers: offers(3) },
  { ...idle, offers: offers(6), credit: baht(123_450) },
  { ...idle, offers: offers(30), pin: '482913' },
  { ...idle, cash: false, qr: false, card: true },
  { ...idle, offers: offers(3), card: false },
  card,
  { ...card, message: 'Order 12394555425: two coffees and a very long story about the cake that went with them, thank you' },
  { ...card, message: 'ค่าบริการล้างรถ', rest: baht(10_344), credit: baht(2_000), cash: true, expiresAtMonotonicMs: 20_000 },
  { ...card, due: rupiah(125_000_000), rest: rupiah(125_000_000), credit: rupiah(0) },
  { kind: 'authorising', due: baht(12_344) },
  { kind: 'announcement', amount: baht(12_344), message: '' },
  {
    kind: 'announcement',
    amount: rupiah(1_250_000),
    message: 'Table 7 has paid for everybody, and the kitchen says thank you very much indeed',
  },
  { kind: 'identify', serial: 'S20A1012574P0002' },
  { kind: 'identify', serial: 'W'.repeat(64) },
  { kind: 'show-qr', qr: QR_VECTORS.qrisPercentTip, expiresAtMonotonicMs: 272_000 },
  { kind: 'updating', step: 'installing' },
  { kind: 'updating', step: 'restarting' },
  { kind: 'requesting', due: baht(5_000), credit: baht(2_000), cash: true },
  { ...qr, expiresAtMonotonicMs: 272_000 },
  { ...qr, rest: baht(3_000), credit: baht(2_000), expiresAtMonotonicMs: 272_000 },
  {
    ...qr,
    qr: QR_VECTORS.qrisPercentTip,
    due: rupiah(1_250_000),
    rest: rupiah(1_250_000),
    credit: rupiah(0),
    expiresAtMonotonicMs: 20_000,
  },
  { kind: 'insert-cash', due: baht(5_000), rest: baht(3_000), credit: baht(2_000), qrPossible: true },
  { kind: 'insert-cash', due: baht(5_000), rest: baht(5_000), credit: none, qrPossible: false },
  { kind: 'checking', due: baht(5_000) },
  { kind: 'delivering', due: baht(5_000) },
  { kind: 'success', due: baht(5_000), credit: none },
  { kind: 'success', due: baht(100_000_000), credit: baht(1_000) },
  { kind: 'amount-select', amounts: list('GBP', [2_000, 4_000, 6_000, 8_000, 10_000]), other: true },
  { kind: 'amount-select', amounts: list('GBP', [750]), other: false },
  { kind: 'amount-select', amounts: list('THB', [2_000, 4_050]), other: true },
  { kind: 'amount-select', amounts: list('VND', [10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000]), other: false },
  {
    kind: 'amount-select',
    amounts: list('IDR', [10_000, 20_000, 30_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 500_000, 1_250_000]),
    other: true,
  },
  { kind: 'amount-select', amounts: list('CNY', [1_000, 2_000, 5_000]), other: true },
  keypad,
  { ...keypad, typed: pounds(7_500), cancel: true },
  { ...keypad, typed: pounds(700), problem: 'too-low', cancel: true },
  { ...keypad, typed: pounds(99_999_900), problem: 'too-high' },
  {
    kind: 'keypad',
    typed: money(99_999_999, 'VND'),
    min: money(10_000, 'VND'),
    max: money(50_000_000, 'VND'),
    problem: 'too-high',
    cancel: true,
  },
  { kind: 'keypad', typed: money(150_000, 'IDR'), min: money(10_000, 'IDR'), max: money(2_000_000, 'IDR'), problem: null, cancel: true },
  { kind: 'keypad', typed: money(2_050, 'CNY'), min: money(100, 'CNY'), max: money(1_000_050, 'CNY'), problem: null, cancel: false },
  method,
  { ...method, methods: ['CARD'], cancel: false },
  { ...method, methods: ['QR', 'CASH', 'GIFT_CARD'], amount: baht(12_050) },
  { ...method, methods: ['DEBIT_CARD', 'MOBILE_WALLET', 'QR', 'CASH', 'LOYALTY_POINTS'], amount: money(1_250_000, 'VND') },
  { ...method, methods: EIGHT_METHODS, amount: rupiah(1_250_000) },
  { ...method, methods: ['A_VERY_LONG_WAY_TO_PAY_THAT_NOBODY_KNOWS', 'W'.repeat(40)] },
  { kind: 'processing', due: pounds(6_000) },
  { kind: 'limit-error', limit: pounds(30_000), remaining: pounds(20_000) },
  { kind: 'limit-error', limit: money(50_000_000, 'VND'), remaining: money(0, 'VND') },
  { ...qr, rest: money(10_000, 'VND'), due: money(10_000, 'VND'), credit: money(0, 'VND'), topUp: true, expiresAtMonotonicMs: 272_000 },
  {
    ...qr,
    rest: money(56_250, 'VND'),
    due: money(100_000, 'VND'),
    credit: money(43_750, 'VND'),
    topUp: true,
    expiresAtMonotonicMs: 20_000,
  },
  { kind: 'requesting', due: money(100_000, 'VND'), credit: money(43_750, 'VND'), cash: true, topUp: true },
  {
    kind: 'insert-cash',
    due: money(100_000, 'VND'),
    rest: money(56_250, 'VND'),
    credit: money(43_750, 'VND'),
    qrPossible: false,
    topUp: true,
  },
  { kind: 'top-up-operator', rest: money(50_000, 'VND'), operators: OPERATORS },
  { kind: 'top-up-amount', operator: 'Viettel', amounts: list('VND', [10_000, 20_000, 50_000, 100_000, 200_000, 500_000]) },
  { ...typing, field: 'serial', typed: 0, least: 10, most: 20 },
  { ...typing, field: 'serial', typed: 20, least: 10, most: 20 },
  { ...typing, field: 'pin', typed: 9, least: 10, most: 15, short: true },
  { kind: 'top-up-sent', operator: 'Vietnamobile', amount: money(500_000, 'VND') },
  { kind: 'top-up-result', credited: money(43_750, 'VND'), worth: null, rest: money(56_250, 'VND') },
  { kind: 'top-up-result', credited: money(21_875, 'VND'), worth: money(50_000, 'VND'), rest: money(78_125, 'VND') },
  { kind: 'top-up-result', credited: money(21_875, 'VND'), worth: money(50_000, 'VND'), rest: money(0, 'VND') },
  ...(['bad', 'used', 'not-possible'] as const).map((reason): Screen => ({ kind: 'top-up-failed', reason, rest: money(100_000, 'VND') })),
  { kind: 'print-ticket' },
  { kind: 'collect-ticket' },
  { kind: 'thank-you' },
  { kind: 'device-error', message: 'Printer out of paper', code: 'PRINTER_ERROR' },
  { kind: 'device-error', message: '', code: '' },
  { kind: 'device-error', message: HOSTILE_MESSAGE, code: 'very-'.repeat(12) },
  { kind: 'failed', reason: 'terminal-declined', credit: none, message: 'Card declined by issuer' },
  { kind: 'failed', reason: 'terminal-declined', credit: baht(2_000), message: HOSTILE_MESSAGE },
  { kind: 'failed', reason: 'terminal-unanswered', credit: none, message: 'Transaction timed out' },
  ...(
    [
      'qr-expired',
      'qr-failed',
      'qr-refused',
      'card-declined',
      'card-not-sent',
      'card-unanswered',
      'terminal-declined',
      'terminal-unanswered',
      'top-up-unanswered',
      'cancelled',
      'timeout',
      'delivery',
    ] as const
  ).map((reason): Screen => ({ kind: 'failed', reason, credit: reason === 'delivery' ? none : baht(2_000) })),
  { kind: 'out-of-service', reasons: ['ledger: disk full', 'acceptor: coin', 'not-paired', 'constructor'] },
  { kind: 'out-of-service', reasons: [] },
  { kind: 'out-of-service', reasons: ['backend'] },
];
