import { createHash, timingSafeEqual } from 'node:crypto';
import { Rejection } from './rejection.ts';

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** The keys of the clients, and which client a request comes from. */
export class ApiKeys {
  readonly #clients: readonly { readonly name: string; readonly digest: Uint8Array }[];

  /** @param keys by the client's name; an empty key lets nobody in */
  constructor(keys: Readonly<Record<string, string>>) {
    this.#clients = Object.entries(keys)
      .filter(([, key]) => key !== '')
      .map(([name, key]) => ({ name, digest: digest(key) }));
  }

  /**
   * The client a request comes from, by `x-api-key` or else `Authorization: Bearer`; takes as long wherever a key is found.
   * @throws Rejection `missing-api-key`, `invalid-api-key`
   */
  clientOf(header: (name: string) => string | undefined): string {
    const given = header('x-api-key') || /^Bearer +(\S+)$/i.exec(header('authorization') ?? '')?.[1];
    if (!given) throw new Rejection(401, 'API Key is required. Please provide x-api-key header.', { code: 'missing-api-key' });
    const sought = digest(given);
    let found: string | null = null;
    for (const client of this.#clients) if (timingSafeEqual(sought, client.digest)) found = client.name;
    if (found === null) throw new Rejection(401, 'Invalid API Key', { code: 'invalid-api-key' });
    return found;
  }
}
