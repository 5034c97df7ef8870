import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import type { SignerSettings } from './settings.ts';
import { canonicalMac, canonicalText, createSigner, createVerifier, type SignedRequest, signatureHeader, signatureOf } from './signing.ts';

interface Vectors extends Record<'mac' | 'secret' | 'keyId' | 'key' | 'n', string> {
  readonly t: number;
  readonly s: number;
  readonly requests: readonly (Record<SignerSettings['profile'] | 'name' | 'path' | 'body' | 'canonical', string> &
    Pick<SignedRequest, 'purpose' | 'method'>)[];
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('fixtures/signing.json', import.meta.url), 'utf8'));
const hmac = { profile: 'hmac-sha256', keyId: vectors.keyId, key: vectors.key } as const;
const profiles: readonly SignerSettings[] = [
  { profile: 'crc32' },
  { profile: 'mac-sha256' },
  { profile: 'shared-secret-sha256', secret: vectors.secret },
  hmac,
];
const requestOf = ({ purpose, method, path, body }: Vectors['requests'][number]): SignedRequest => ({
  purpose,
  method,
  path,
  body: new TextEncoder().encode(body),
});
const payment: SignedRequest = { purpose: 'other', method: 'POST', path: '/payments', body: new TextEncoder().encode('{"amount":100}') };

describe.each(profiles)('profile $profile', (settings) => {
  test.each(vectors.requests)('published vector: $name', (vector) => {
    expect(signatureOf(settings, vectors.mac, requestOf(vector), vectors)).toBe(vector[settings.profile]);
  });

  test('what the signer makes, the verifier takes, in any spelling of the MAC', () => {
    const clock = new FakeClock();
    const signer = createSigner(settings, '02-00-5e-00-53-01', clock, seededEntropy());
    const verifier = createVerifier(() => clock.wallMs());
    const header = signer.headers(payment)[signatureHeader(settings)];
    expect(verifier.verify(settings, '02005E005301', payment, header)).toEqual({ ok: true });
    expect(verifier.verify(settings, vectors.mac, payment, undefined)).toEqual({ ok: false, code: 'signature-missing' });
  });

  test('a changed body is refused', () => {
    const signer = createSigner(settings, vectors.mac, new FakeClock(), seededEntropy());
    const header = signer.headers(payment)[signatureHeader(settings)];
    const forged = { ...payment, body: new TextEncoder().encode('{"amount":101}') };
    const verdict = createVerifier(() => new FakeClock().wallMs()).verify(settings, vectors.mac, forged, header);
    expect(verdict).toEqual({ ok: false, code: 'signature-wrong' });
  });
});

test.each(vectors.requests)('canonical text: $name', (vector) => {
  expect(canonicalText(vectors.mac, requestOf(vector), vectors)).toBe(vector.canonical);
});

test.each([
  ['method', { method: 'GET' as const }],
  ['path', { path: '/payments/1' }],
])('hmac-sha256 covers the %s', (_what, change) => {
  const header = signatureOf(hmac, vectors.mac, payment, vectors);
  const verifier = createVerifier(() => vectors.t * 1000);
  expect(verifier.verify(hmac, vectors.mac, { ...payment, ...change }, header)).toEqual({ ok: false, code: 'signature-wrong' });
  expect(verifier.verify(hmac, '02:00:5E:00:53:02', payment, header)).toEqual({ ok: false, code: 'signature-wrong' });
  expect(verifier.verify(hmac, vectors.mac, payment, header)).toEqual({ ok: true });
});

describe('replay protection', () => {
  const nowMs = vectors.t * 1000;
  const nonce = (i: number) => i.toString(16).padStart(32, '0');
  const signed = (s: number, n = nonce(s), t = vectors.t) => signatureOf(hmac, vectors.mac, payment, { t, n, s });
  const verdict = (verifier: ReturnType<typeof createVerifier>, header: string) => {
    const answer = verifier.verify(hmac, vectors.mac, payment, header);
    return answer.ok ? 'ok' : answer.code;
  };

  test('the same signature, nonce or number twice is refused', () => {
    const verifier = createVerifier(() => nowMs);
    expect(verdict(verifier, signed(10))).toBe('ok');
    expect(verdict(verifier, signed(10))).toBe('signature-replayed');
    expect(verdict(verifier, signed(11, nonce(10)))).toBe('signature-replayed');
    expect(verdict(verifier, signed(10, nonce(99)))).toBe('signature-replayed');
    expect(verdict(verifier, signed(9))).toBe('ok');
  });

  test('the memory is bounded and forgets towards refusing', () => {
    const verifier = createVerifier(() => nowMs);
    for (let s = 1_000; s < 1_300; s++) expect(verdict(verifier, signed(s))).toBe('ok');
    expect(verdict(verifier, signed(1_000))).toBe('signature-replayed');
    expect(verdict(verifier, signed(5))).toBe('signature-replayed');
  });

  test('a forged header is not remembered, so it cannot block the true one', () => {
    const verifier = createVerifier(() => nowMs);
    expect(
      verdict(
        verifier,
        signed(10).replace(/.$/, (c) => (c === '0' ? '1' : '0')),
      ),
    ).toBe('signature-wrong');
    expect(verdict(verifier, signed(10))).toBe('ok');
  });

  test.each([
    [-301, 'signature-stale'],
    [-299, 'ok'],
    [299, 'ok'],
    [301, 'signature-stale'],
  ])('%i s off the clock: %s', (seconds, expected) => {
    expect(
      verdict(
        createVerifier(() => nowMs),
        signed(1, nonce(1), vectors.t + seconds),
      ),
    ).toBe(expected);
  });

  test('any text as a header is answered, never thrown on', () => {
    const verifier = createVerifier(() => nowMs);
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => void expect(verdict(verifier, text)).toMatch(/^signature-(malformed|wrong)$/)),
    );
  });
});

test('sequence numbers rise although the clock stands still or falls', () => {
  const clock = new FakeClock();
  const signer = createSigner(hmac, vectors.mac, clock, seededEntropy());
  const next = () => Number(/,s=(\d+),/.exec(signer.headers(payment)['x-sign-v2'] ?? '')?.[1]);
  const first = next();
  expect(next()).toBe(first + 1);
  clock.stepWall(-40 * 86_400_000);
  expect(next()).toBe(first + 2);
});

test.each([
  ['02:00:5e:00:53:01', '02:00:5E:00:53:01'],
  ['02-00-5E-00-53-01', '02:00:5E:00:53:01'],
  ['02005e005301', '02:00:5E:00:53:01'],
  ['02:00-5E:00:53:01', null],
  ['02:00:5E:00:53', null],
  ['02:00:5E:00:53:0G', null],
  ['', null],
])('MAC %j is %j', (text, expected) => {
  expect(canonicalMac(text)).toBe(expected);
});

test.each([
  [{ profile: 'crc32' } as const, 'nonsense', 'mac-invalid'],
  [{ ...hmac, key: 'short' }, vectors.mac, 'signer-key-short'],
  [{ ...hmac, keyId: 'a,b' }, vectors.mac, 'signer-key-id'],
])('refuses settings %#', (settings, mac, code) => {
  expect(() => createSigner(settings, mac, new FakeClock(), seededEntropy())).toThrow(expect.objectContaining({ code }));
});
