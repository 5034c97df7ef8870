import { describe, expect, it, test } from 'vitest';
import type { PrinterState } from '../../ports/printer.ts';
import { decodeStatus, isConfirmation, isStatus, type StatusBytes, saysOffline } from './escpos-status.ts';

/** Bits 1 and 4 are set in every answer to DLE EOT. */
const FIXED = 0x12;
const READY: PrinterState = { state: 'ready', paperLow: false };
const LOW: PrinterState = { state: 'ready', paperLow: true };

/** The answers when exactly some bits of answer `n` are set. */
const withBits = (n: 1 | 2 | 3 | 4, ...bits: number[]): StatusBytes => {
  const byte = bits.reduce((sum, bit) => sum | (1 << bit), FIXED);
  return [n === 1 ? byte : FIXED, n === 2 ? byte : FIXED, n === 3 ? byte : FIXED, n === 4 ? byte : FIXED];
};
const only = (state: Exclude<PrinterState['state'], 'ready'>, detail: RegExp) => ({ state, detail: expect.stringMatching(detail) });

describe('each bit of the answers, as the ESC/POS reference has it', () => {
  it.each<[string, StatusBytes, unknown]>([
    ['nothing set', withBits(1), READY],
    ['1, bit 2: drawer connector high', withBits(1, 2), READY],
    ['1, bit 3: offline', withBits(1, 3), only('offline', /offline/)],
    ['1, bit 5: waiting for online recovery', withBits(1, 5), only('offline', /button/)],
    ['1, bit 6: feed button pressed', withBits(1, 6), READY],
    ['2, bit 2: cover open', withBits(2, 2), only('cover-open', /cover/)],
    ['2, bit 3: feeding by button', withBits(2, 3), only('offline', /feed button/)],
    ['2, bit 5: stopped for want of paper', withBits(2, 5), only('paper-out', /no paper/)],
    ['2, bit 6: an error', withBits(2, 6), only('failed', /error/)],
    ['3, bit 2: recoverable error', withBits(3, 2), only('failed', /person/)],
    ['3, bit 3: autocutter error', withBits(3, 3), only('failed', /cutter/)],
    ['3, bit 5: unrecoverable error', withBits(3, 5), only('failed', /off and on/)],
    ['3, bit 6: auto-recoverable error', withBits(3, 6), only('failed', /hot/)],
    ['4, bits 2 and 3: paper near its end', withBits(4, 2, 3), LOW],
    ['4, bit 2 alone', withBits(4, 2), LOW],
    ['4, bit 3 alone', withBits(4, 3), LOW],
    ['4, bits 5 and 6: no paper', withBits(4, 5, 6), only('paper-out', /no paper/)],
    ['4, bit 5 alone: a mark on the paper', withBits(4, 5), READY],
    ['4, bit 6 alone: a mark on the paper', withBits(4, 6), READY],
  ])('%s', (_, bytes, expected) => {
    expect(decodeStatus(bytes)).toEqual(expected);
  });
});

test.each<[string, StatusBytes, PrinterState['state']]>([
  ['an open cover hides that there is no paper', [0x1a, 0x36, 0x12, 0x7e], 'cover-open'],
  ['no paper, near its end and offline', [0x1a, 0x32, 0x12, 0x7e], 'paper-out'],
  ['a stuck cutter', [0x1a, 0x52, 0x1a, 0x12], 'failed'],
  ['an open cover while the cutter is stuck', [0x1a, 0x56, 0x1a, 0x12], 'cover-open'],
  ['an unrecoverable error with an open cover', [0x1a, 0x56, 0x32, 0x12], 'failed'],
])('together: %s', (_, bytes, state) => {
  expect(decodeStatus(bytes).state).toBe(state);
});

test('an answer to one question is none to the other, and flow control and automatic status are neither', () => {
  const [XON, XOFF, automatic] = [0x11, 0x13, 0x10];
  for (let byte = 0; byte < 256; byte++) expect(isStatus(byte) && isConfirmation(byte)).toBe(false);
  for (const byte of [0x12, 0x16, 0x1a, 0x7e, 0x72]) expect([isStatus(byte), isConfirmation(byte)]).toEqual([true, false]);
  for (const byte of [0x00, 0x03, 0x0c, 0x0f]) expect([isStatus(byte), isConfirmation(byte)]).toEqual([false, true]);
  for (const byte of [XON, XOFF, automatic, 0x80, 0xff]) expect([isStatus(byte), isConfirmation(byte)]).toEqual([false, false]);
});

test.each([
  [0x12, false],
  [0x16, false],
  [0x1a, true],
])('%x says offline: %s', (byte, offline) => {
  expect(saysOffline(byte)).toBe(offline);
});
