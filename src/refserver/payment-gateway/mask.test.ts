import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecret, withoutSecrets } from './mask.ts';

test.each([
  ['1234567890123', '1234****0123'],
  ['100012345678', '1000****5678'],
  ['12345678901', '1234****901'],
  ['1234567890', '123****890'],
  ['123456789', '123****89'],
  ['12345678', '****'],
  ['123', '****'],
  ['', '****'],
])('%s is shown as %s', (secret, shown) => {
  expect(maskSecret(secret)).toBe(shown);
});

test('four characters at the least are never shown', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), (secret) => {
      expect(maskSecret(secret).length - 4).toBeLessThanOrEqual(Math.max(0, Math.min(8, secret.length - 4)));
    }),
  );
});

test.each([
  ['Thẻ 1234567890123 seri ABCD12345678 sai', 'Thẻ 1234****0123 seri ABCD****5678 sai'],
  ['Thẻ không hợp lệ (mã -10)', 'Thẻ không hợp lệ (mã -10)'],
  ['MAINTENANCE', 'MAINTENANCE'],
  ['1234567890123,1234567890123', '1234****0123,1234****0123'],
])('%s is passed on as %s', (words, shown) => {
  expect(withoutSecrets(words)).toBe(shown);
});
