import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { buildPromptPayBill, buildVietQr } from './build.ts';
import { checkOffer } from './offer.ts';
import { parsePaymentQr } from './parse.ts';

const vectors = Object.values(QR_VECTORS);
const vector = fc.constantFrom(...vectors);
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const reference = fc.stringMatching(/^[A-Z0-9]{1,20}$/);
const minor = fc.integer({ min: 1, max: 99_999_999 });

test('what is built is read back', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{15}$/), reference, fc.option(reference), minor, (billerId, ref1, ref2, amountMinor) => {
      const amount = { minor: amountMinor, currency: 'THB' } as const;
      const text = buildPromptPayBill({ billerId, ref1, amount, ...(ref2 === null ? {} : { ref2 }) });
      expect(parsePaymentQr(text)).toMatchObject({ ok: true, qr: { payee: { kind: 'biller', id: billerId, ref1, ref2 }, amount } });
      expect(checkOffer(text, { amount, allowStatic: false, schemes: ['promptpay-bill'] }).ok).toBe(true);
    }),
  );
});

test('text outside ASCII is read back', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((text) => !/[\p{Cc}\p{Cs}\u{feff}\u{2028}\u{2029}]/u.test(text));
  fc.assert(
    fc.property(
      name.filter((text) => Array.from(text).length <= 25),
      (merchantName) => {
        const text = buildVietQr({ to: { kind: 'account', bin: '970422', id: '1' }, merchantName });
        expect(parsePaymentQr(text)).toMatchObject({ ok: true, qr: { merchantName } });
      },
    ),
  );
});

/** A checksum of 16 bits finds every change within 16 bits, so one byte or one two-byte letter never slips through. */
test('a single changed character is refused, or means the same', () => {
  for (const text of vectors) {
    const before = meaning(text);
    for (let at = 0; at < text.length; at++) {
      for (const character of [...ascii, 'é']) {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        if (changed === text) continue;
        const result = parsePaymentQr(changed);
        if (!result.ok) continue;
        // Only the case of a checksum digit may differ.
        if (changed.toUpperCase() !== text.toUpperCase() || at < text.length - 4) expect.fail(`accepted ${changed}`);
        expect(result.qr).toEqual(before);
      }
    }
  }
});

test('two characters that change places are refused', () => {
  fc.assert(
    fc.property(vector, fc.nat(), (text, n) => {
      const at = n % (text.length - 1);
      const changed = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
      fc.pre(changed !== text);
      expect(parsePaymentQr(changed).ok).toBe(false);
    }),
  );
});

test('every truncation is refused', () => {
  for (const text of vectors) {
    for (let length = 0; length < text.length; length++) expect(parsePaymentQr(text.slice(0, length)).ok).toBe(false);
  }
});

test('any text gets an answer, and a refusal says why', () => {
  const digits = fc.stringMatching(/^[0-9]{0,600}$/);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        digits,
        fc.tuple(vector, fc.string()).map(([a, b]) => a + b),
      ),
      (text) => {
        const result = parsePaymentQr(text);
        if (!result.ok) expect(result.faults.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2_000 },
  );
});

function meaning(text: string): unknown {
  const result = parsePaymentQr(text);
  return result.ok ? result.qr : expect.fail(`refused ${text}`);
}
