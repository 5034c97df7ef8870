import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { ConfigurationFault, DeviceFault } from '../../domain/fault.ts';
import type { BackendEntropy } from '../environment.ts';

/** What sealed text is for: another purpose or another transaction cannot read it. */
type Purpose = 'pin' | 'serial';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The shortest beginning of a serial that it is found by. */
const LEAST_BEGINNING = 4;

/** Seals PINs and serials (AES-256-GCM) and makes the digests they are found by (HMAC-SHA-256), under keys derived from one. */
export class Vault {
  readonly #entropy: BackendEntropy;
  readonly #sealing: Uint8Array;
  readonly #finding: Uint8Array;

  /** @throws ConfigurationFault `gateway-data-key` for a key that has not 32 bytes */
  constructor(key: Uint8Array, entropy: BackendEntropy) {
    if (key.length !== 32) throw keyFault('The data key of the payment gateway is not usable', `${key.length} bytes`, '32 bytes');
    this.#entropy = entropy;
    this.#sealing = derived(key, 'seal');
    this.#finding = derived(key, 'find');
  }

  /** @param id the transaction it belongs to */
  seal(id: string, purpose: Purpose, text: string): Uint8Array {
    const nonce = this.#entropy.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce);
    cipher.setAAD(Buffer.from(`${purpose} ${id}`));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws DeviceFault `gateway-sealed` when it was sealed under another key, for something else, or has changed since */
  open(id: string, purpose: Purpose, sealed: Uint8Array): string {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, sealed.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(`${purpose} ${id}`));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new DeviceFault('A card that was kept cannot be read again', { code: 'gateway-sealed', found: id, cause });
    }
  }

  pinDigest(pin: string): Uint8Array {
    return this.#digest('pin', normalised(pin));
  }

  /** Of both together: one PIN with another serial is another card. */
  cardDigest(pin: string, serial: string): Uint8Array {
    return this.#digest('card', `${normalised(pin)} ${normalised(serial)}`);
  }

  /** Of a serial's beginning, which has LEAST_BEGINNING characters at the least. */
  beginningDigest(beginning: string): Uint8Array {
    return this.#digest('serial', normalised(beginning));
  }

  /** Of every beginning that a serial is found by, the whole of it included. */
  beginningDigests(serial: string): Uint8Array[] {
    const lengths = Array.from({ length: serial.length - LEAST_BEGINNING + 1 }, (_, i) => LEAST_BEGINNING + i);
    return lengths.map((length) => this.beginningDigest(serial.slice(0, length)));
  }

  /** Remembers this key in a new database. @throws ConfigurationFault `gateway-data-key` when the database was written under another */
  demandSameKey(db: DatabaseSync): void {
    const digest = this.#digest('key', '');
    db.prepare('INSERT INTO gateway_key (one, digest) VALUES (1, ?) ON CONFLICT DO NOTHING').run(digest);
    const kept = db.prepare('SELECT digest FROM gateway_key').get()?.digest;
    if (kept instanceof Uint8Array && kept.length === digest.length && timingSafeEqual(kept, digest)) return;
    throw keyFault('The data key of the payment gateway is not the one its cards were kept under', 'another key', 'the key of before');
  }

  #digest(what: string, text: string): Uint8Array {
    return createHmac('sha256', this.#finding).update(`${what} ${text}`).digest();
  }
}

const derived = (key: Uint8Array, what: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), `tilld payment gateway ${what}`, 32));

/** Cards are read by people: capitals make no difference. */
const normalised = (text: string): string => text.toUpperCase();

const keyFault = (message: string, found: string, expected: string): ConfigurationFault =>
  new ConfigurationFault(message, {
    code: 'gateway-data-key',
    found,
    expected,
    remedy: 'Give the key that was in use before; without it the PINs and serials kept cannot be read.',
  });
