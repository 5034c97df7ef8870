import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import crc32 from 'crc-32';
import { ConfigurationFault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { SignerSettings } from './settings.ts';

const KEY_ID = /^[\w.-]{1,64}$/;

/** What is signed: the request exactly as it goes out. `path` is the request target with its query; `body` is empty for GET. */
export interface SignedRequest {
  /** The document signs a registration over the MAC alone and everything else over MAC and payload. */
  readonly purpose: 'register' | 'other';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Uint8Array;
}

/** Time, nonce and sequence number of an hmac-sha256 signature; `t` in seconds since 1970, `n` 32 hex digits. */
export interface Freshness {
  readonly t: number;
  readonly n: string;
  readonly s: number;
}

export interface Signer {
  /** The headers to send with a request; each call makes a new nonce and sequence number. */
  headers(request: SignedRequest): Record<string, string>;
}

/** A MAC address as uppercase hex pairs with colons, from any usual way of writing it; null when it is none. */
export function canonicalMac(text: string): string | null {
  const digits = /^[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(text) ? text.replace(/[:-]/g, '') : '';
  return digits === '' ? null : (digits.toUpperCase().match(/../g) ?? []).join(':');
}

/** Header that carries the signature of a profile. */
export const signatureHeader = (settings: SignerSettings): string =>
  ({ crc32: 'x-sign', 'mac-sha256': 'x-sign', 'shared-secret-sha256': 'x-signature', 'hmac-sha256': 'x-sign-v2' })[settings.profile];

/**
 * Signs for one device. The wall clock is only a label inside hmac-sha256: sequence numbers rise by it so that they
 * go on rising over restarts.
 * @throws ConfigurationFault `mac-invalid`, `signer-key-short`, `signer-key-id`
 */
export function createSigner(settings: SignerSettings, mac: string, clock: Pick<Clock, 'wallMs'>, entropy: Pick<Entropy, 'bytes'>): Signer {
  const device = requireMac(mac);
  if (settings.profile === 'hmac-sha256' && Buffer.byteLength(settings.key) < 16) {
    throw new ConfigurationFault('The signing key is too short', { code: 'signer-key-short', expected: 'at least 16 bytes' });
  }
  if (settings.profile === 'hmac-sha256' && !KEY_ID.test(settings.keyId)) {
    throw new ConfigurationFault('The signing key id is not usable', { code: 'signer-key-id', expected: '1 to 64 of A-Z a-z 0-9 _ . -' });
  }
  let seq = 0;
  return {
    headers: (request) => {
      const nowMs = Math.max(0, clock.wallMs());
      seq = Math.max(seq + 1, nowMs);
      const fresh = { t: Math.floor(nowMs / 1000), n: Buffer.from(entropy.bytes(16)).toString('hex'), s: seq };
      return { [signatureHeader(settings)]: signatureOf(settings, device, request, fresh) };
    },
  };
}

/** The header's value for a device whose MAC is in canonical form; `fresh` counts for hmac-sha256 only. */
export function signatureOf(settings: SignerSettings, device: string, request: SignedRequest, fresh: Freshness): string {
  switch (settings.profile) {
    case 'crc32':
      return (crc32.buf(macAndPayload(device, request)) >>> 0).toString(16).padStart(8, '0');
    case 'mac-sha256':
      return sha256(macAndPayload(device, request));
    case 'shared-secret-sha256':
      return sha256(Buffer.concat([request.method === 'GET' ? Buffer.from('{}') : request.body, Buffer.from(settings.secret)]));
    case 'hmac-sha256': {
      const proof = createHmac('sha256', settings.key)
        .update(canonicalText(device, request, fresh))
        .digest('hex');
      return `k=${settings.keyId},t=${fresh.t},n=${fresh.n},s=${fresh.s},v1=${proof}`;
    }
  }
}

const macAndPayload = (device: string, request: SignedRequest): Uint8Array =>
  request.purpose === 'register' ? Buffer.from(device) : Buffer.concat([Buffer.from(device), request.body]);

/** What hmac-sha256 signs: seven lines, each ended by a line feed except the last. */
export const canonicalText = (device: string, { method, path, body }: SignedRequest, { t, n, s }: Freshness): string =>
  [method, path, device, t, n, s, sha256(body)].join('\n');

export type Verdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: 'signature-missing' | 'signature-malformed' | 'signature-wrong' | 'signature-stale' | 'signature-replayed';
    };

export interface Verifier {
  /**
   * Whether a request was signed by the device with that MAC. `header` is the value of `signatureHeader(settings)`.
   * A good hmac-sha256 signature is remembered: the same one again is a replay.
   */
  verify(settings: SignerSettings, mac: string, request: SignedRequest, header: string | undefined): Verdict;
}

/** Memory of one device: the numbers seen last, and the largest one that was forgotten. */
interface Seen {
  floor: number;
  readonly recent: Map<number, string>;
}

const REMEMBERED_REQUESTS = 256;
const REMEMBERED_DEVICES = 10_000;
const V2 = /^k=([\w.-]{1,64}),t=(\d{1,12}),n=([0-9a-f]{32}),s=(\d{1,16}),v1=([0-9a-f]{64})$/;

/**
 * The backend's side. hmac-sha256 signatures must be within `windowMs` (default 5 min) of the backend's clock, and per
 * device neither nonce nor sequence number may come twice; requests may overtake each other by 256 numbers. What is
 * older than the memory is refused.
 */
export function createVerifier(nowMs: () => number, windowMs = 300_000): Verifier {
  const devices = new Map<string, Seen>();
  const seenBy = (device: string): Seen => {
    const seen = devices.get(device) ?? { floor: -1, recent: new Map() };
    devices.delete(device);
    devices.set(device, seen);
    for (const oldest of devices.keys()) {
      if (devices.size <= REMEMBERED_DEVICES) break;
      devices.delete(oldest);
    }
    return seen;
  };
  return {
    verify: (settings, mac, request, header) => {
      if (header === undefined || header === '') return refused('signature-missing');
      const device = requireMac(mac);
      if (settings.profile !== 'hmac-sha256') {
        const expected = signatureOf(settings, device, request, { t: 0, n: '', s: 0 });
        return sameText(header, expected) ? { ok: true } : refused('signature-wrong');
      }
      const parts = V2.exec(header);
      if (parts === null) return refused('signature-malformed');
      const fresh = { t: Number(parts[2]), n: parts[3] ?? '', s: Number(parts[4]) };
      if (!Number.isSafeInteger(fresh.s)) return refused('signature-malformed');
      if (!sameText(header, signatureOf(settings, device, request, fresh))) return refused('signature-wrong');
      if (Math.abs(nowMs() - fresh.t * 1000) > windowMs) return refused('signature-stale');
      return remember(seenBy(device), fresh) ? { ok: true } : refused('signature-replayed');
    },
  };
}

const refused = (code: Exclude<Verdict, { ok: true }>['code']): Verdict => ({ ok: false, code });

function remember(seen: Seen, { n, s }: Freshness): boolean {
  if (s <= seen.floor || seen.recent.has(s) || [...seen.recent.values()].includes(n)) return false;
  seen.recent.set(s, n);
  if (seen.recent.size > REMEMBERED_REQUESTS) {
    const lowest = Math.min(...seen.recent.keys());
    seen.recent.delete(lowest);
    seen.floor = lowest;
  }
  return true;
}

/** Compares in a time that does not tell how much of the text was right. */
const sameText = (left: string, right: string): boolean => timingSafeEqual(Buffer.from(sha256(left)), Buffer.from(sha256(right)));

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

function requireMac(text: string): string {
  const mac = canonicalMac(text);
  if (mac === null) {
    throw new ConfigurationFault('The MAC address is not usable', {
      code: 'mac-invalid',
      found: text.slice(0, 40),
      expected: 'six hex bytes, for example 02:00:5E:00:53:01',
    });
  }
  return mac;
}
