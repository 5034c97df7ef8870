import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededEntropy } from '../../testkit/entropy.ts';
import { Sealing } from './sealing.ts';
import { Vault } from './vault.ts';

const KEY = new Uint8Array(32).fill(7);
const NAMES = { seal: 'test seal', digest: 'test find' };
const sealing = new Sealing(KEY, NAMES, seededEntropy());
const broken = expect.objectContaining({ code: 'gateway-sealed' });

describe('the seal of cards', () => {
  test('opens what it sealed, under the same name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, what) => {
        expect(sealing.open(what, sealing.seal(what, text))).toBe(text.toWellFormed());
        expect(() => sealing.open(`${what}x`, sealing.seal(what, text))).toThrow(broken);
      }),
    );
  });

  test('seals the same text differently each time, and digests it alike', () => {
    expect(sealing.seal('card', 'FAKEPIN123456')).not.toEqual(sealing.seal('card', 'FAKEPIN123456'));
    expect(sealing.digest('FAKEPIN123456')).toEqual(new Sealing(KEY, NAMES, seededEntropy(2)).digest('FAKEPIN123456'));
    for (const other of [
      new Sealing(new Uint8Array(32), NAMES, seededEntropy()),
      new Sealing(KEY, { ...NAMES, digest: 'test other' }, seededEntropy()),
    ]) {
      expect(sealing.digest('FAKEPIN123456')).not.toEqual(other.digest('FAKEPIN123456'));
    }
  });

  test('opens nothing that was changed, cut, or sealed with another key', () => {
    const sealed = sealing.seal('card', 'FAKEPIN123456');
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.map((byte, at) => (at === i ? byte ^ 1 : byte));
      expect(() => sealing.open('card', changed)).toThrow(broken);
      expect(() => sealing.open('card', sealed.subarray(0, i))).toThrow(broken);
      expect(() => sealing.open('card', sealed.subarray(i + 1))).toThrow(broken);
    }
    const other = new Sealing(KEY, { ...NAMES, seal: 'test other' }, seededEntropy()).seal('card', 'x');
    expect(() => sealing.open('card', other)).toThrow(broken);
  });

  test('wants a whole key', () => {
    const short = expect.objectContaining({ code: 'gateway-data-key' });
    expect(() => new Sealing(new Uint8Array(16), NAMES, seededEntropy())).toThrow(short);
  });

  test('opens what was kept before it was as it is', () => {
    const kept = 'a00087fbf7479cb86dfe747d31674a97e9b6031583632e9bfe30ca424559d74dce7d56c341a133ae31';
    expect(new Vault(KEY, seededEntropy()).open('TRANS_1', 'pin', Buffer.from(kept, 'hex'))).toBe('FAKEPIN123456');
    expect(Buffer.from(new Vault(KEY, seededEntropy()).pinDigest('FAKEPIN123456')).toString('hex')).toBe(
      'c4a355db19d51ef9c301e73dc37c22959f7348b6978e8ca7f9ad7985ebf5d5a8',
    );
  });
});
