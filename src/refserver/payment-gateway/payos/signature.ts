import { createHmac, timingSafeEqual } from 'node:crypto';

/** The fields a request for a payment link is signed over, as they stand in its body. */
export interface CreateFields {
  readonly amount: number;
  readonly cancelUrl: string;
  readonly description: string;
  readonly orderCode: number;
  readonly returnUrl: string;
}

/** PayOS's signature of a request for a payment link: HMAC-SHA256, 64 hex digits. */
export function createSignature({ amount, cancelUrl, description, orderCode, returnUrl }: CreateFields, checksumKey: string): string {
  return hmac(
    `amount=${amount}&cancelUrl=${cancelUrl}&description=${description}&orderCode=${orderCode}&returnUrl=${returnUrl}`,
    checksumKey,
  );
}

/** PayOS's signature of the `data` of a reply or webhook: HMAC-SHA256, 64 hex digits. */
export const dataSignature = (data: object, checksumKey: string): string => hmac(dataText(data), checksumKey);

/** Whether `signature` is PayOS's for `data`. Takes as long wherever a wrong one differs. */
export function isSigned(data: object, signature: string, checksumKey: string): boolean {
  return sameSignature(signature, dataSignature(data, checksumKey));
}

/** Constant-time comparison of two signatures; they are written in lower case. */
export function sameSignature(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const hmac = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('hex');

/**
 * What PayOS's own SDK (`@payos/node` 2.0.5, crypto and utils) signs: `key=value` in the order of the keys, joined by
 * `&`; undefined left out; null and the texts "null" and "undefined" as nothing; a list as JSON, each item's own keys
 * sorted; any other object as JavaScript prints it. The SDK fails on a list with null in it: here that is `{}`.
 */
function dataText(data: object): string {
  return Object.entries(sortedKeys(data))
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${valueText(value)}`)
    .join('&');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value.map(sortedKeys));
  if (value === null || value === 'null' || value === 'undefined') return '';
  return typeof value === 'object' ? '[object Object]' : String(value);
}

/** A copy with sorted keys. Of the SDK too: keys that are whole numbers come first, and text is taken apart into characters. */
function sortedKeys(value: unknown): Record<string, unknown> {
  const fields = Object.entries(Object(value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : Number(a > b))));
}
