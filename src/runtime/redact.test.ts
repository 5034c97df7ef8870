import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PeerFault } from '../domain/fault.ts';
import { isSecretName, redact, redactText } from './redact.ts';

test.each([
  'password',
  'Password',
  'mqtt_password',
  'clientSecret',
  'secret',
  'key',
  'apiKey',
  'accessToken',
  'token',
  'pin',
  'PIN_block',
  'track2',
  'CVV',
  'Authorization',
  'x-sign',
  'x-sign-v2',
  'x-signature',
  'set-cookie',
])('%s names a secret', (name) => expect(isSecretName(name)).toBe(true));

test.each(['keyId', 'spinner', 'monkey', 'pinned', 'tokens', 'signer', 'charge', 'button', 'toString', ''])('%s names no secret', (name) =>
  expect(isSecretName(name)).toBe(false),
);

test.each([
  ['card 4111111111111111.', 'card 411111******1111.'],
  ['4111 1111 1111 1111', '411111******1111'],
  ['4111-1111-1111-1111 and 5500 0000 0000 0004', '411111******1111 and 550000******0004'],
  ['5 4111 1111 1111 1111 9', '5 411111******1111 9'],
  [';4111111111111111=25121010000000000000?', ';411111******1111=25121010000000000000?'],
  ['4222222222222', '422222***2222'],
  ['6304000000000000000', '630400*********0000'],
  ['4111111111111112', '4111111111111112'],
  ['000000000000000', '000000000000000'],
  ['41111111111111110000000000', '41111111111111110000000000'],
  ['mqtts://box:s3cret@host:8883/x', 'mqtts://[hidden]@host:8883/x'],
  ['nothing to see', 'nothing to see'],
])('%s is written as %s', (text, written) => expect(redactText(text)).toBe(written));

test('hides by name at every depth and keeps the rest', () => {
  const value = { http: { url: 'https://a.example', headers: [{ Authorization: 'Bearer x' }] }, token: null, amountMinor: 2000 };
  expect(redact(value)).toEqual({
    http: { url: 'https://a.example', headers: [{ Authorization: '[hidden]' }] },
    token: null,
    amountMinor: 2000,
  });
});

test('masks card numbers that come as numbers and leaves times alone', () => {
  expect(redact([4111111111111111, 1767225600000, 1767225600004, 9007199254740993n])).toEqual([
    '411111******1111',
    1767225600000,
    1767225600004,
    '9007199254740993',
  ]);
});

test('shows an error with its code, found and remedy but no stack where the error is foreseen', () => {
  const shown = redact(new PeerFault('No answer', { code: 'timeout', found: 'nothing', cause: new Error('inner') })) as Record<
    string,
    unknown
  >;
  expect(shown).toMatchObject({ name: 'PeerFault', message: 'No answer', code: 'timeout', found: 'nothing', blame: 'peer' });
  expect(shown).not.toHaveProperty('stack');
  expect(shown.cause).toMatchObject({ message: 'inner', stack: expect.stringContaining('redact.test.ts') });
});

test('limits depth, items and length', () => {
  const loop: Record<string, unknown> = { name: 'a' };
  loop.self = loop;
  expect(JSON.stringify(redact(loop))).toContain('[too deep]');
  expect(redact(Array.from({ length: 60 }, (_, i) => i))).toHaveLength(51);
  expect(Object.keys(redact(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]))) as object)).toHaveLength(51);
  expect(redactText('x'.repeat(5_000))).toBe(`${'x'.repeat(2_000)}… [5000 characters]`);
  expect(redact(new Uint8Array(9))).toBe('[9 bytes]');
});

test('survives values that fight back', () => {
  const angry = {
    get anything() {
      throw new Error('no');
    },
  };
  expect(redact({ angry, made: new Map([['token', 'x']]), none: undefined, at: new Date(Number.NaN) })).toEqual({
    angry: '[unreadable]',
    made: { token: '[hidden]' },
    none: undefined,
    at: 'Invalid Date',
  });
});

test('a secret under any secret name never comes out, whatever surrounds it', () => {
  const secret = 'S3CR3T-VALUE';
  const name = fc.constantFrom('password', 'x-sign-v2', 'deviceToken', 'privateKey', 'PIN');
  fc.assert(
    fc.property(fc.object({ maxDepth: 3 }), name, fc.anything(), (around, key, other) => {
      const line = JSON.stringify(redact({ ...around, inner: [{ [key]: secret }], [key]: { deep: secret }, other })) ?? '';
      return !line.includes(secret);
    }),
  );
});

test('is total and what it gives can be written as JSON', () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withMap: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
      (value) => {
        JSON.stringify(redact(value));
      },
    ),
  );
});
