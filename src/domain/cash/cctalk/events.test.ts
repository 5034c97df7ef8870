import { describe, expect, it } from 'vitest';
import { billEvent } from './bill-event.ts';
import { coinEvent } from './coin-event.ts';
import { inhibitMask } from './headers.ts';
import { isOtherKind, pieceNameOf, scalingOf, serialOf, textOf } from './identity.ts';

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const BYTES = Array.from({ length: 256 }, (_, i) => i);

describe('an event of a coin acceptor', () => {
  it.each([
    [6, 4, { kind: 'credit', position: 6 }],
    [16, 0, { kind: 'credit', position: 16 }],
    [0, 0, { kind: 'nothing' }],
    [0, 1, { kind: 'rejected', reason: 'a coin that was not recognised' }],
    [0, 8, { kind: 'rejected', reason: 'a second coin came too close behind' }],
    [0, 23, { kind: 'rejected', reason: "the coin acceptor's error 23" }],
    [0, 128, { kind: 'rejected', reason: 'a coin of position 1, which is not taken now' }],
    [0, 159, { kind: 'rejected', reason: 'a coin of position 32, which is not taken now' }],
    [0, 254, { kind: 'rejected', reason: 'the return lever was pushed' }],
    [0, 14, { kind: 'fault', code: 'coin-sensor-blocked', detail: expect.any(String) }],
    [0, 15, { kind: 'fault', code: 'coin-sorter-blocked', detail: expect.any(String) }],
    [0, 20, { kind: 'fault', code: 'coin-on-string', detail: expect.any(String) }],
  ])('%i %i', (a, b, event) => {
    expect(coinEvent({ a, b })).toEqual(event);
  });

  it('is money only with a position', () => {
    expect(BYTES.filter((b) => coinEvent({ a: 0, b }).kind === 'credit')).toEqual([]);
  });
});

describe('an event of a bill acceptor', () => {
  it.each([
    [3, 0, { kind: 'stacked', type: 3 }],
    [3, 1, { kind: 'held', type: 3 }],
    [3, 2, { kind: 'rejected', reason: 'a bill of type 3 at a place 2 that is not known' }],
    [0, 0, { kind: 'nothing' }],
    [0, 1, { kind: 'returned', reason: 'given back from escrow' }],
    [0, 2, { kind: 'rejected', reason: 'a bill that was not recognised' }],
    [0, 8, { kind: 'returned', reason: 'pulled back' }],
    [0, 21, { kind: 'stacked', type: null }],
    [0, 22, { kind: 'rejected', reason: "the bill acceptor's status 22" }],
    [0, 10, { kind: 'cleared', codes: ['stacker-jammed', 'stacker-removed', 'stacker-faulty', 'stacker-full'] }],
  ])('%i %i', (a, b, event) => {
    expect(billEvent({ a, b })).toEqual(event);
  });

  it('is money only when it is stacked', () => {
    expect(BYTES.filter((b) => billEvent({ a: 0, b }).kind === 'stacked')).toEqual([21]);
    expect(BYTES.filter((b) => billEvent({ a: 1, b }).kind === 'stacked')).toEqual([0]);
  });

  it('that needs a person says when it is over: when the device does, or after a while', () => {
    const faults = BYTES.map((b) => billEvent({ a: 0, b })).flatMap((event) =>
      event.kind === 'fault' ? [`${event.code} ${event.ends}`] : [],
    );
    expect(faults).toEqual([
      'bill-jam quiet',
      'bill-jam-stacker quiet',
      'bill-tamper quiet',
      'stacker-removed told',
      'stacker-faulty told',
      'stacker-full told',
      'stacker-jammed told',
      'bill-jam quiet',
      'bill-fraud quiet',
      'bill-fraud quiet',
      'bill-string-guard quiet',
    ]);
  });
});

describe('what a device says of itself', () => {
  it('is text without anything unprintable', () => {
    expect(textOf(ascii('Coin Acceptor'))).toBe('Coin Acceptor');
    expect(textOf([...ascii('A'), 0, 200, ...ascii('B')])).toBe('A  B');
    expect([textOf([]), textOf([0, 32])]).toEqual([null, null]);
    expect(textOf(Array(200).fill(65))).toHaveLength(40);
  });

  it('is a serial number, lowest byte first', () => {
    expect(serialOf([0x2c, 0x1b, 0x0a])).toBe('0a1b2c');
    expect([serialOf([]), serialOf(Array(9).fill(1))]).toEqual([null, null]);
  });

  it.each<[string, 6 | 7, string | null]>([
    ['TH010A', 6, 'TH010A'],
    ['EU.50A', 6, 'EU.50A'],
    ['TH0020A', 7, 'TH0020A'],
    ['TH010A', 7, null],
    ['......', 6, null],
    ['      ', 6, null],
  ])('is the name of a piece: %s', (text, length, name) => {
    expect(pieceNameOf(ascii(text), length)).toBe(name);
  });

  it('is a scale', () => {
    expect(scalingOf([100, 0, 2])).toEqual({ factor: 100, decimals: 2 });
    expect(scalingOf([0xe8, 0x03, 0])).toEqual({ factor: 1_000, decimals: 0 });
    expect([scalingOf([0, 0, 0]), scalingOf([1, 0]), scalingOf([1, 0, 2, 3])]).toEqual([null, null, null]);
  });

  it.each<[string | null, 'coin' | 'bill', boolean]>([
    ['Coin Acceptor', 'coin', false],
    ['Bill Validator', 'coin', true],
    ['Bill Validator', 'bill', false],
    ['Coin Acceptor', 'bill', true],
    ['Something', 'bill', false],
    [null, 'coin', false],
  ])('%s at the address of a %s acceptor is another kind: %s', (category, method, other) => {
    expect(isOtherKind(category, method)).toBe(other);
  });
});

it('enables only the positions that are asked for', () => {
  expect([inhibitMask([]), inhibitMask([1]), inhibitMask([8, 9]), inhibitMask([1, 2, 16])]).toEqual([
    [0, 0],
    [1, 0],
    [128, 1],
    [3, 128],
  ]);
});
