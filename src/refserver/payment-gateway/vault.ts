import { timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { BackendEntropy } from '../environment.ts';
import { keyFault, Sealing } from './sealing.ts';

type Purpose = 'pin' | 'serial';

/** The shortest beginning of a serial that it is found by. */
const LEAST_BEGINNING = 4;

/** Seals PINs and serials for the gateway's database, and makes the digests they are found by. */
export class Vault {
  readonly #sealing: Sealing;

  /** @throws ConfigurationFault `gateway-data-key` for a key that has not 32 bytes */
  constructor(key: Uint8Array, entropy: BackendEntropy) {
    this.#sealing = new Sealing(key, { seal: 'payment gateway seal', digest: 'payment gateway find' }, entropy);
  }

  /** @param id the transaction it belongs to */
  seal(id: string, purpose: Purpose, text: string): Uint8Array {
    return this.#sealing.seal(`${purpose} ${id}`, text);
  }

  /** @throws DeviceFault `gateway-sealed` when it was sealed under another key, for something else, or has changed since */
  open(id: string, purpose: Purpose, sealed: Uint8Array): string {
    return this.#sealing.open(`${purpose} ${id}`, sealed);
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
    return this.#sealing.digest(`${what} ${text}`);
  }
}

/** Cards are read by people: capitals make no difference. */
const normalised = (text: string): string => text.toUpperCase();
