import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { ConfigurationFault, DeviceFault } from '../../domain/fault.ts';
import type { BackendEntropy } from '../environment.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What the two keys are made for; other names make other keys. */
interface KeyNames {
  readonly seal: string;
  readonly digest: string;
}

/** Seals texts (AES-256-GCM) and digests them (HMAC-SHA-256), each under a key of its own made from one. */
export class Sealing {
  readonly #entropy: BackendEntropy;
  readonly #sealing: Uint8Array;
  readonly #digesting: Uint8Array;

  /** @throws ConfigurationFault `gateway-data-key` for a key that has not 32 bytes */
  constructor(key: Uint8Array, names: KeyNames, entropy: BackendEntropy) {
    if (key.length !== 32) throw keyFault('The data key of the payment gateway is not usable', `${key.length} bytes`, '32 bytes');
    this.#entropy = entropy;
    this.#sealing = derived(key, names.seal);
    this.#digesting = derived(key, names.digest);
  }

  /** Another result each time. @param what it is, and whose: under another name it does not open */
  seal(what: string, text: string): Uint8Array {
    const nonce = this.#entropy.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(what));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws DeviceFault `gateway-sealed` when it was sealed under another key, for something else, or has changed since */
  open(what: string, sealed: Uint8Array): string {
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(what));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      throw new DeviceFault('A card that was kept cannot be read again', { code: 'gateway-sealed', found: what });
    }
  }

  /** The same for the same text; says nothing about it without the key. */
  digest(text: string): Uint8Array {
    return createHmac('sha256', this.#digesting).update(text).digest();
  }
}

const derived = (key: Uint8Array, name: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), `tilld ${name}`, 32));

export const keyFault = (message: string, found: string, expected: string): ConfigurationFault =>
  new ConfigurationFault(message, {
    code: 'gateway-data-key',
    found,
    expected,
    remedy:
      'Give the key that was in use before, without which the PINs and serials kept cannot be read, or keep this state in another folder.',
  });
