import type { BackendEntropy } from '../../environment.ts';
import type { BodySeal } from '../deliveries.ts';
import { Sealing } from '../sealing.ts';

/** Card texts as a database may hold them. */
export interface CardSeal extends BodySeal {
  /** The same for the same text; says nothing about it without the key. */
  digest(text: string): string;
}

/** Under keys that are not the gateway's, although made from the same one. @throws ConfigurationFault `gateway-data-key` unless it has 32 bytes */
export function createCardSeal(key: Uint8Array, entropy: BackendEntropy): CardSeal {
  const sealing = new Sealing(key, { seal: 'thesieutoc simulation cipher', digest: 'thesieutoc simulation digest' }, entropy);
  return {
    seal: (text) => Buffer.from(sealing.seal('card', text)).toString('base64'),
    open: (sealed) => sealing.open('card', Buffer.from(sealed, 'base64')),
    digest: (text) => Buffer.from(sealing.digest(text)).toString('hex'),
  };
}
