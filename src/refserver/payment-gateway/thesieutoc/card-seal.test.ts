import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededEntropy } from '../../../testkit/entropy.ts';
import { createCardSeal } from './card-seal.ts';

const KEY = new Uint8Array(32).fill(7);
const seal = createCardSeal(KEY, seededEntropy());

describe('the seal of cards', () => {
  it('opens what it sealed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => seal.open(seal.seal(text)) === text.toWellFormed()));
  });

  it('seals the same text differently each time, and digests it alike', () => {
    expect(seal.seal('FAKEPIN123456')).not.toBe(seal.seal('FAKEPIN123456'));
    expect(seal.digest('FAKEPIN123456')).toBe(createCardSeal(KEY, seededEntropy(2)).digest('FAKEPIN123456'));
    expect(seal.digest('FAKEPIN123456')).not.toBe(createCardSeal(new Uint8Array(32), seededEntropy()).digest('FAKEPIN123456'));
  });

  it('opens nothing that was changed, cut, or sealed with another key', () => {
    const sealed = Buffer.from(seal.seal('FAKEPIN123456'), 'base64');
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() => seal.open(changed.toString('base64'))).toThrow(expect.objectContaining({ code: 'seal-broken' }));
      expect(() => seal.open(sealed.subarray(0, i).toString('base64'))).toThrow(expect.objectContaining({ code: 'seal-broken' }));
    }
    const other = createCardSeal(new Uint8Array(32), seededEntropy()).seal('x');
    expect(() => seal.open(other)).toThrow(expect.objectContaining({ code: 'seal-broken' }));
  });

  it('wants a whole key', () => {
    expect(() => createCardSeal(new Uint8Array(16), seededEntropy())).toThrow(expect.objectContaining({ code: 'seal-key' }));
  });
});
