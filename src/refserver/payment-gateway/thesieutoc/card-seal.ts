import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { CallerFault, DeviceFault } from '../../../domain/fault.ts';
import type { BackendEntropy } from '../../environment.ts';

/** Card texts as a database may hold them. */
export interface CardSeal {
  /** Encrypted and authenticated; another text each time. */
  seal(text: string): string;
  /** @throws DeviceFault `seal-broken` for what was not sealed with this key */
  open(sealed: string): string;
  /** The same for the same text; says nothing about it without the key. */
  digest(text: string): string;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM and HMAC-SHA256, each under a key of its own made from `key`. @throws CallerFault `seal-key` unless it has 32 bytes */
export function createCardSeal(key: Uint8Array, entropy: BackendEntropy): CardSeal {
  if (key.length !== 32)
    throw new CallerFault('The key for cards is not usable', { code: 'seal-key', found: `${key.length} bytes`, expected: '32 bytes' });
  const derived = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', key, new Uint8Array(), `tilld thesieutoc simulation ${purpose}`, 32));
  const [cipherKey, digestKey] = [derived('cipher'), derived('digest')];
  return {
    seal: (text) => {
      const nonce = entropy.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', cipherKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        throw new DeviceFault('A sealed card cannot be opened', { code: 'seal-broken', remedy: 'Start with the key it was sealed with.' });
      }
    },
    digest: (text) => createHmac('sha256', digestKey).update(text).digest('hex'),
  };
}
