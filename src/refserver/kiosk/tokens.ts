import { createHash, timingSafeEqual } from 'node:crypto';

/** What a kiosk uses by default to reach the reference backend. Published, so it protects nothing. */
export const REFERENCE_KIOSK = { device: 'kiosk-001', token: 'kt_00000000000000000000000000000000' } as const;
/** Where kiosks connect. */
export const KIOSK_PATH = '/kiosk';

/** The token of each device, by the device's name. */
export type TokenRegistry = Readonly<Record<string, string>>;

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Which device an `Authorization: Bearer` header speaks for, or null. Takes as long whether and wherever it is found. */
export function deviceOf(authorization: string | undefined, tokens: TokenRegistry): string | null {
  const given = digest(/^Bearer +(\S{1,1024})$/i.exec(authorization ?? '')?.[1] ?? '');
  let found: string | null = null;
  for (const [device, token] of Object.entries(tokens)) if (timingSafeEqual(given, digest(token)) && token !== '') found = device;
  return found;
}
