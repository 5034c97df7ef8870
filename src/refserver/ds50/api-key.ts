import { createHash, timingSafeEqual } from 'node:crypto';

/** What boxes of ds50 use by default to reach the reference backend. Published, so it protects nothing. */
export const REFERENCE_DS50 = { topicPrefix: 'pos/message', apiKey: 'sk_00000000000000000000000000000000' } as const;

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Whether a request carries the key, as `x-api-key` or as `Authorization: Bearer`; takes as long for a wrong one. */
export function hasApiKey(header: (name: string) => string | undefined, apiKey: string): boolean {
  const bearer = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '')?.[1];
  return timingSafeEqual(digest(header('x-api-key') ?? bearer ?? ''), digest(apiKey));
}
