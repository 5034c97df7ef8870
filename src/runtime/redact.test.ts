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
  'pgw_api_key',
  'X-API-Key',
  'emvData',
  'EMV_DATA',
  'track2Data',
  'track2EquivalentData',
  'cardpin',
  'cardSerial',
  'voucherPin',
  'voucher_serial',
])('%s names a secret', (name) => expect(isSecretName(name)).toBe(true));

test.each([
  'keyId',
  'spinner',
  'monkey',
  'pinned',
  'tokens',
  'signer',
  'charge',
  'button',
  'toString',
  'serial',
  'deviceSn',
  'cardNo',
  'emv',
  '',
])('%s names no secret', (name) => expect(isSecretName(name)).toBe(false));

test.each([
  ['card 4111111111111111.', 'card 411111******1111.'],
  ['4111 1111 1111 1111', '411111******1111'],
  ['%B4111111111111111^DOE/JO^27122010000?', '[hidden]'],
  [';4111111111111111=25121010000000000000?', '[hidden]'],
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

test('shows of a fault its code, message and found, and of its cause one short text, however many lie behind it', () => {
  const socket = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8081'), {
    code: 'ECONNREFUSED',
    errno: -111,
    cause: new Error('x'),
  });
  const fault = new PeerFault('Nothing listens at the address', { code: 'peer-refused-connection', remedy: 'Start it.', cause: socket });
  const short = 'ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:8081';
  for (const stacks of [false, true]) {
    expect(redact(fault, { stacks })).toEqual({ code: 'peer-refused-connection', message: 'Nothing listens at the address', cause: short });
  }
  const found = new PeerFault('No answer', { code: 'timeout', found: 'nothing', cause: new AggregateError([socket], '') });
  expect(redact(found)).toEqual({ code: 'timeout', message: 'No answer', found: 'nothing', cause: short });
  expect(redact(new PeerFault('x', { code: 'y', cause: 'torn' }))).toMatchObject({ cause: 'torn' });
  expect(redact(new PeerFault('x', { code: 'y', cause: { token: 'secret' } }))).toMatchObject({ cause: '[object]' });
});

test('what caused an error is redacted and cut like everything else', () => {
  const long = new PeerFault('x', { code: 'y', cause: new TypeError(`mqtt://box:s3cret@host 4111111111111111 ${'z'.repeat(5_000)}`) });
  const { cause } = redact(long) as { cause: string };
  expect(cause).toMatch(/^TypeError: mqtt:\/\/\[hidden\]@host 411111\*{6}1111 z+…$/);
  expect(cause.length).toBeLessThanOrEqual(201);
});

test('shows the stack of an error nobody foresaw where stacks are wanted, and only there', () => {
  const bug = new TypeError('undefined is not a function');
  expect(redact({ error: bug })).toEqual({ error: { name: 'TypeError', message: 'undefined is not a function' } });
  expect(redact({ error: bug }, { stacks: true })).toEqual({
    error: { name: 'TypeError', message: 'undefined is not a function', stack: expect.stringContaining('redact.test.ts') },
  });
  expect(redact(Object.assign(new Error('no'), { code: 'EACCES', path: '/x' }))).toEqual({ name: 'Error', code: 'EACCES', message: 'no' });
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

test('a text that is cut never ends in half a card number, however much is hidden before it', () => {
  const track = '4111111111111111D27122010000 ';
  for (let more = 0; more < track.length; more++) expect(redactText('x'.repeat(more) + track.repeat(400))).not.toMatch(/\d{7}/);
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
