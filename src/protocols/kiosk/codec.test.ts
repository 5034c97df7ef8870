import { describe, expect, test } from 'vitest';
import type { KioskAction, KioskEvent, KioskScreen } from '../../domain/kiosk.ts';
import {
  CLIENT_FIXTURES,
  changed,
  compact,
  decoderOf,
  documented,
  EXAMPLES_BEGIN,
  type Fixture,
  refusal,
  SERVER_FIXTURES,
  TRANSACTION,
  withData,
} from '../../testkit/kiosk-messages.ts';
import * as codec from './codec.ts';

const pounds = (minor: number) => ({ minor, currency: 'GBP' as const });
const MESSAGE = { message: 'Printer out of paper', code: 'PRINTER_ERROR' };

/** What every documented message of the server means, and how many seconds after the first it happens. */
const SERVER: Readonly<Record<(typeof SERVER_FIXTURES)[number], readonly [KioskScreen | Extract<KioskEvent, { event: 'error' }>, number]>> =
  {
    'amount-select-screen': [{ screen: 'amount-select', amounts: [2_000, 4_000, 6_000, 8_000, 10_000].map(pounds), other: true }, 0],
    'keypad-screen': [{ screen: 'keypad', min: pounds(1_000), max: pounds(30_000), allowCancel: false }, 2],
    'payment-method-screen': [{ screen: 'payment-method', methods: ['DEBIT_CARD', 'PAY_BY_BANK'], allowCancel: true }, 4],
    'processing-screen': [{ screen: 'processing' }, 6],
    'success-screen': [{ screen: 'success', receipt: true }, 7],
    'failed-screen': [{ screen: 'failed', message: 'Card declined by issuer', code: 'CARD_DECLINED' }, 7],
    'limit-error-screen': [{ screen: 'limit-error', limit: pounds(30_000), remaining: pounds(20_000) }, 7],
    'print-ticket-screen': [{ screen: 'print-ticket' }, 8],
    'collect-ticket-screen': [{ screen: 'collect-ticket' }, 9],
    'thank-you-screen': [{ screen: 'thank-you' }, 10],
    'device-error-screen': [{ screen: 'device-error', ...MESSAGE }, 11],
    'timeout-error': [{ event: 'error', code: 'TIMEOUT', message: 'Transaction timed out', transaction: TRANSACTION }, 11],
  };
/** The same for the box. */
const CLIENT: Readonly<Record<(typeof CLIENT_FIXTURES)[number], readonly [KioskAction, string, number]>> = {
  'amount-chosen': [{ action: 'amount', amount: pounds(6_000) }, 'AMOUNT_SELECT', 1],
  'other-chosen': [{ action: 'other-amount' }, 'AMOUNT_SELECT', 1],
  'amount-typed': [{ action: 'typed-amount', amount: pounds(7_500) }, 'KEYPAD', 3],
  'method-chosen': [{ action: 'method', method: 'DEBIT_CARD' }, 'PAYMENT_METHOD', 5],
  'keypad-cancelled': [{ action: 'cancel', screen: 'keypad' }, 'KEYPAD', 3],
  'method-cancelled': [{ action: 'cancel', screen: 'payment-method' }, 'PAYMENT_METHOD', 5],
  'ticket-printed': [{ action: 'printed' }, 'PRINT_TICKET', 9],
  'device-error': [{ action: 'device-error', ...MESSAGE }, 'DEVICE_ERROR', 9],
};
const at = (seconds: number) => EXAMPLES_BEGIN + 1_000 * seconds;

describe('byte by byte as the contract has it', () => {
  test.each(SERVER_FIXTURES)('%s', (name) => {
    const [meaning, seconds] = SERVER[name];
    const transaction = name === 'amount-select-screen' ? 'initial' : TRANSACTION;
    if ('event' in meaning) {
      expect(codec.decodeServerMessage(compact(name), 'GBP')).toEqual(meaning);
      expect(codec.encodeError({ ...meaning, screen: 'CURRENT_SCREEN' }, transaction, at(seconds))).toBe(compact(name));
    } else {
      expect(codec.decodeServerMessage(compact(name), 'GBP')).toEqual({ event: 'screen', screen: meaning, transaction });
      expect(codec.encodeScreen(meaning, transaction, at(seconds), 'GBP')).toBe(compact(name));
    }
  });

  test.each(CLIENT_FIXTURES)('%s', (name) => {
    const [action, screen, seconds] = CLIENT[name];
    expect(codec.encodeAction(action, TRANSACTION, at(seconds))).toBe(compact(name));
    const message = { kind: 'action', action, transaction: TRANSACTION, screen, atMs: at(seconds) };
    expect(codec.decodeClientMessage(compact(name), 'GBP')).toEqual(message);
  });

  test.each([...SERVER_FIXTURES, ...CLIENT_FIXTURES])('the envelope of %s', (name) => {
    expect(codec.decodeEnvelope(compact(name))).toEqual(documented(name));
    expect(codec.encodeEnvelope(codec.decodeEnvelope(compact(name)))).toBe(compact(name));
  });
});

describe('what is tolerated', () => {
  const server = (text: string) => codec.decodeServerMessage(text, 'GBP');

  test('types of messages that are not known, whatever else they hold, and states', () => {
    expect(server('{"messageType":"FIRMWARE_HINT"}')).toBe(null);
    expect(server(changed('processing-screen', { messageType: 'STATUS_UPDATE', screen: 'ANY' }))).toBe(null);
    const client = (text: string) => codec.decodeClientMessage(text, 'GBP');
    expect(client('{"messageType":"SCREENSHOT","screen":1}')).toEqual({ kind: 'ignored' });
    expect(client(changed('ticket-printed', { data: { status: 'PRINTING' } }))).toEqual({ kind: 'ignored' });
    expect(client(changed('ticket-printed', { screen: 'KEYPAD' }))).toEqual({ kind: 'ignored' });
  });

  test('fields that are not known, and no data where none is needed', () => {
    const whole = server(compact('processing-screen'));
    expect(server(changed('processing-screen', { data: undefined, sequence: 7 }))).toEqual(whole);
    expect(server(changed('processing-screen', { data: null }))).toEqual(whole);
    expect(server(withData('keypad-screen', { hint: 'Enter an amount' }))).toEqual(server(compact('keypad-screen')));
  });

  test('flags that are left out', () => {
    expect(server(withData('amount-select-screen', { showOtherOption: undefined }))).toMatchObject({ screen: { other: false } });
    expect(server(withData('payment-method-screen', { allowCancel: undefined }))).toMatchObject({ screen: { allowCancel: false } });
    expect(server(withData('keypad-screen', { allowCancel: true }))).toMatchObject({ screen: { allowCancel: true } });
  });

  test('nothing beside a result keeps it from counting', () => {
    for (const showReceipt of [undefined, null, 'yes', 1]) {
      expect(server(withData('success-screen', { showReceipt }))).toMatchObject({ screen: { screen: 'success', receipt: false } });
    }
    expect(server(changed('failed-screen', { data: { errorMessage: ['no'] } }))).toMatchObject({ screen: { message: '', code: '' } });
    expect(server(changed('timeout-error', { data: { errorCode: 'TIMEOUT' } }))).toMatchObject({ code: 'TIMEOUT', message: '' });
  });

  test('the currency by its ISO code', () => {
    expect(server(withData('keypad-screen', { currency: 'GBP' }))).toEqual(server(compact('keypad-screen')));
  });
});

describe('texts for people', () => {
  const shown = (errorMessage: string) => {
    const event = codec.decodeServerMessage(withData('failed-screen', { errorMessage }), 'GBP');
    return event?.event === 'screen' && event.screen.screen === 'failed' ? event.screen.message : null;
  };

  test.each([
    ['two\r\n\tlines\u0000', 'two lines'],
    ['\u202eturned\u2069 and \ud800 halved\u2028', 'turned  and   halved'],
    ['x'.repeat(500), 'x'.repeat(200)],
    ['😀'.repeat(300), '😀'.repeat(200)],
    ['น้ำ'.repeat(70), `${'น้ำ'.repeat(66)}น้`],
    ['of card 4111111111111111', 'of card 411111******1111'],
  ])('%j', (said, read) => {
    expect(shown(said)).toBe(read);
  });
});

describe('what is refused, and in which words', () => {
  const LIST = Array.from({ length: 13 }, (_, i) => i + 1);
  const METHODS = Array.from({ length: 9 }, (_, i) => `METHOD_${i}`);
  const cases: readonly (readonly [Fixture, object, RegExp])[] = [
    ['amount-select-screen', { amounts: [0] }, /^message-invalid: .* data\.amounts\[0\] .* the number 0; expected an amount from 0\.01 to/],
    ['amount-select-screen', { amounts: [20, -20] }, /data\.amounts\[1\] .* the number -20/],
    ['amount-select-screen', { amounts: [0.005] }, /with at most 2 decimals/],
    ['amount-select-screen', { amounts: [20.001] }, /the number 20\.001/],
    ['amount-select-screen', { amounts: [1e-7] }, /the number 1e-7/],
    ['amount-select-screen', { amounts: [10_000_000_000.01] }, /the number 10000000000\.01/],
    ['amount-select-screen', { amounts: [1e21] }, /found a number/],
    ['amount-select-screen', { amounts: ['20'] }, /a text of 2 characters/],
    ['amount-select-screen', { amounts: [20, 40, 20] }, /data\.amounts .* a list of 3; expected each only once/],
    ['amount-select-screen', { amounts: LIST }, /a list of 13; expected a list of at most 12/],
    ['amount-select-screen', { amounts: [], showOtherOption: false }, /a list of 0; expected something to choose/],
    ['amount-select-screen', { amounts: { 0: 20 } }, /data\.amounts .* an object/],
    ['amount-select-screen', { amounts: undefined }, /data\.amounts .* nothing/],
    ['amount-select-screen', { showOtherOption: 'true' }, /data\.showOtherOption .* expected true or false/],
    ['amount-select-screen', { currency: '€' }, /data\.currency .* expected £ or GBP/],
    ['amount-select-screen', { currency: undefined }, /data\.currency .* nothing/],
    ['keypad-screen', { minAmount: 300.01 }, /data\.maxAmount .* expected an amount from 300\.01 to/],
    ['keypad-screen', { minAmount: 0 }, /data\.minAmount/],
    ['keypad-screen', { maxAmount: null }, /data\.maxAmount/],
    ['keypad-screen', { currency: 'gbp' }, /data\.currency/],
    ['keypad-screen', { allowCancel: 1 }, /data\.allowCancel/],
    ['payment-method-screen', { methods: [] }, /something to choose/],
    ['payment-method-screen', { methods: METHODS }, /a list of at most 8/],
    ['payment-method-screen', { methods: ['CASH', 'CASH'] }, /each only once/],
    ['payment-method-screen', { methods: ['cash'] }, /data\.methods\[0\] .* a letter first/],
    ['payment-method-screen', { methods: ['CASH', 'CANCEL'] }, /data\.methods\[1\] .* a method other than CANCEL/],
    ['payment-method-screen', { currency: 'USD' }, /data\.currency/],
    ['amount-chosen', { selectedAmount: -1 }, /data\.selectedAmount .* the number -1; expected an amount/],
    ['amount-chosen', { selectedAmount: 60.999 }, /data\.selectedAmount/],
    ['amount-chosen', { selectionMethod: 'KEYPAD' }, /data\.selectionMethod .* one of PRESET_BUTTON, OTHER/],
    ['other-chosen', { selectedAmount: 60 }, /data\.selectedAmount .* expected -1/],
    ['amount-typed', { selectedAmount: 0 }, /data\.selectedAmount/],
    ['amount-typed', { selectionMethod: 'OTHER' }, /data\.selectionMethod/],
    ['keypad-cancelled', { selectedAmount: 0 }, /expected -1/],
    ['method-chosen', { selectedMethod: 'debit card' }, /data\.selectedMethod/],
    ['method-chosen', { selectedMethod: undefined }, /data\.selectedMethod/],
    ['device-error', { errorCode: 7 }, /data\.errorCode .* expected a text/],
  ];
  test.each(cases)('%s with data %j', (name, change, words) => {
    expect(refusal(() => decoderOf(name)(withData(name, change)))).toMatch(words);
  });

  test.each([{ remaining: -1 }, { limit: true }, { currency: '€' }])(
    'a limit that cannot be shown is a failure all the same: %j',
    (change) => {
      expect(codec.decodeServerMessage(withData('limit-error-screen', change), 'GBP')).toMatchObject({
        event: 'screen',
        screen: { screen: 'failed', message: '', code: 'LIMIT_EXCEEDED' },
      });
    },
  );

  const envelopes: readonly (readonly [Fixture, object, RegExp])[] = [
    ['processing-screen', { screen: 'CASHBACK' }, /^screen-unknown: .* expected AMOUNT_SELECT, KEYPAD, .*DEVICE_ERROR$/],
    ['processing-screen', { screen: 'toString' }, /^screen-unknown/],
    ['amount-chosen', { screen: 'CASHBACK' }, /^screen-unknown/],
    ['amount-chosen', { screen: 'PROCESSING' }, /a screen with something to choose/],
    ['processing-screen', { screen: 7 }, /field screen /],
    ['processing-screen', { messageType: 'USER_ACTION' }, /field messageType .* one of SCREEN_CHANGE, ERROR, STATUS_UPDATE/],
    ['amount-chosen', { messageType: 'SCREEN_CHANGE' }, /field messageType .* one of USER_ACTION, STATUS_UPDATE, ERROR/],
    ['processing-screen', { messageType: undefined }, /field messageType /],
    ['processing-screen', { data: [] }, /field data .* expected an object/],
    ['processing-screen', { transactionId: '' }, /field transactionId /],
    ['processing-screen', { transactionId: 'T 1' }, /field transactionId /],
    ['processing-screen', { transactionId: 'T'.repeat(65) }, /a text of 65 characters/],
    ['processing-screen', { transactionId: 123_456 }, /field transactionId /],
    ['amount-chosen', { transactionId: 'initial' }, /field transactionId .* the id of a transaction/],
    ['ticket-printed', { transactionId: 'initial' }, /field transactionId /],
    ['processing-screen', { timestamp: 1_619_456_795_000.5 }, /field timestamp /],
    ['processing-screen', { timestamp: -1 }, /field timestamp /],
    ['processing-screen', { timestamp: 1_619_456_795_000_000 }, /field timestamp /],
    ['processing-screen', { timestamp: '1619456795000' }, /field timestamp /],
  ];
  test.each(envelopes)('%s with %j', (name, change, words) => {
    expect(refusal(() => decoderOf(name)(changed(name, change)))).toMatch(words);
  });

  const deep = `{"messageType":"SCREEN_CHANGE","data":${'{"a":'.repeat(20)}1${'}'.repeat(20)}}`;
  test.each([
    ['no JSON', 'SCREEN_CHANGE', /^json-malformed/],
    ['the example as the document prints it', compact('processing-screen').slice(1), /^json-malformed/],
    ['a number that is none', compact('keypad-screen').replace('10', 'NaN'), /^json-malformed/],
    ['a number beyond all', compact('keypad-screen').replace('10', '1e999'), /^json-number-range/],
    ['one key twice', compact('keypad-screen').replace('"minAmount":10', '"minAmount":10,"minAmount":1'), /^json-duplicate-key/],
    ['a key into the prototype', '{"__proto__":{"messageType":"ERROR"}}', /^json-forbidden-key/],
    ['too many levels', deep, /^json-too-deep/],
    ['a list', '[]', /^message-invalid: The field \(whole message\)/],
    ['nothing', '', /^json-malformed/],
    ['too many characters', `"${'x'.repeat(65_536)}"`, /^json-too-large/],
    ['too many bytes', `"${'£'.repeat(33_000)}"`, /^json-too-large/],
  ])('%s', (_what, text, words) => {
    expect(refusal(() => codec.decodeServerMessage(text, 'GBP'))).toMatch(words);
    expect(refusal(() => codec.decodeClientMessage(text, 'GBP'))).toMatch(words);
    expect(refusal(() => codec.decodeEnvelope(text))).toMatch(words);
  });

  test('a device may be faulty outside every transaction', () => {
    const message = codec.decodeClientMessage(changed('device-error', { transactionId: 'initial' }), 'GBP');
    expect(message).toMatchObject({ kind: 'action', action: { action: 'device-error' }, transaction: 'initial' });
  });
});

describe('amounts of currencies without decimals', () => {
  const screen = (amounts: string) =>
    `{"messageType":"SCREEN_CHANGE","screen":"AMOUNT_SELECT","data":{"amounts":${amounts},"currency":"Rp"},"transactionId":"initial","timestamp":0}`;
  test('are whole', () => {
    expect(codec.decodeServerMessage(screen('[5000]'), 'IDR')).toMatchObject({
      screen: { amounts: [{ minor: 5_000, currency: 'IDR' }] },
    });
    expect(refusal(() => codec.decodeServerMessage(screen('[5000.5]'), 'IDR'))).toMatch(/from 1 to 1000000000000 with at most 0 decimals/);
  });
});
