import { PayOS } from '@payos/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSignature, dataSignature, isSigned, sameSignature } from './signature.ts';

/** Published in the example it belongs to; it opens nothing. */
const KEY = '1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675';
const ORDER = {
  amount: 50_000,
  cancelUrl: 'https://your-site.com/cancel',
  description: 'Thanh toan don hang 123',
  orderCode: 123_456,
  returnUrl: 'https://your-site.com/success',
};
const { crypto } = new PayOS({ clientId: 'fake-client', apiKey: 'fake-key', checksumKey: KEY, logLevel: 'off' });

/** The SDK cannot print objects without a prototype. */
const PLAIN = { noNullPrototype: true } as const;
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, 'null', 'undefined', ''),
);
/** Not `__proto__`, which the SDK loses; not null in a list, at which it fails. */
const key = fc.oneof(fc.string(), fc.constantFrom('amount', 'Amount', '10', '9', 'đ', 'a b')).filter((text) => text !== '__proto__');
const item = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.integer()),
  fc.dictionary(key, fc.oneof(scalar, fc.array(fc.integer())), PLAIN),
);
const data = fc.dictionary(key, fc.oneof(scalar, fc.array(item), fc.record({ nested: fc.string() }, PLAIN)), PLAIN);

describe('signatures of PayOS', () => {
  it('signs a request for a link as in the published example', () => {
    expect(createSignature(ORDER, KEY)).toBe('4bc58163473a5640a2335e9488b4544f4371329164b6be203f832b033450ee02');
  });

  it('agrees with the SDK on every request', async () => {
    const request = fc.record({
      amount: fc.nat(),
      cancelUrl: fc.string(),
      description: fc.string({ unit: 'binary' }),
      orderCode: fc.maxSafeNat(),
      returnUrl: fc.webUrl(),
    });
    await fc.assert(
      fc.asyncProperty(request, async (fields) => {
        expect(createSignature(fields, KEY)).toBe(await crypto.createSignatureOfPaymentRequest(fields, KEY));
      }),
    );
  });

  it('agrees with the SDK on all data it can sign', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (fields) => {
        expect(dataSignature(fields, KEY)).toBe(await crypto.createSignatureFromObj(fields, KEY));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['null and undefined alike', { a: null, b: 'null', c: 'undefined' }, { a: '', b: '', c: '' }],
    ['the order of keys', { b: 1, a: 2 }, { a: 2, b: 1 }],
    ['the order of keys in lists', { a: [{ y: 1, x: 2 }] }, { a: [{ x: 2, y: 1 }] }],
    ['keys without a value', { a: 1, b: undefined }, { a: 1 }],
    ['null in a list', { a: [null] }, { a: [{}] }],
  ])('does not tell apart %s', (_what, one, other) => {
    expect(dataSignature(one, KEY)).toBe(dataSignature(other, KEY));
  });

  it('signs objects without a prototype', () => {
    const bare = Object.assign(Object.create(null), { a: 1, b: Object.assign(Object.create(null), { c: 1 }) });
    expect(dataSignature(bare, KEY)).toBe(dataSignature({ a: 1, b: { c: 1 } }, KEY));
  });

  it.each([
    ['another text of the same length', 'f'.repeat(64)],
    ['capital letters', dataSignature({ a: 1 }, KEY).toUpperCase()],
    ['a part', dataSignature({ a: 1 }, KEY).slice(0, 63)],
    ['nothing', ''],
    ['as many characters of more bytes', 'é'.repeat(64)],
    ['that of another key', dataSignature({ a: 1 }, 'another-fake-key')],
  ])('refuses %s', (_what, signature) => {
    expect(isSigned({ a: 1 }, signature, KEY)).toBe(false);
  });

  it('accepts only equal signatures', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => sameSignature(a, b) === (a === b)));
    expect(sameSignature('ab', 'ab')).toBe(true);
  });
});
