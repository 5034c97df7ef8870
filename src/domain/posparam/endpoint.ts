import { withoutCardData } from '../card-data.ts';
import type { TextRule } from './findings.ts';

/** Where a server is, as far as an endpoint says so itself. */
export interface Endpoint {
  /** By its scheme; true without one. */
  readonly tls: boolean;
  /** Host name or IPv4 address in lower case, or `[IPv6]`. */
  readonly host: string;
  readonly port: number | null;
  /** Begins with a slash and does not end with one; empty without a path. */
  readonly path: string;
}

const ENDPOINT = /^(?:([a-z]+):\/\/)?(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?(\/.*)?$/i;
const PLAIN = ['mqtt', 'tcp', 'http'];

const SERVER = 'a host name, an IPv4 or an [IPv6] address';

/** `mqtt_endpoint`. */
export const BROKER: TextRule<Endpoint> = {
  expected: `${SERVER}, after mqtts://, ssl://, tls://, mqtt://, tcp:// or nothing, without user, path and query`,
  quotable: 80,
  read: (text) => {
    const endpoint = endpointOf(text, ['mqtts', 'ssl', 'tls', 'mqtt', 'tcp']);
    return endpoint?.path === '' ? endpoint : null;
  },
};

/** `pgw_endpoint`. */
export const PAYMENT_SERVER: TextRule<Endpoint> = {
  expected: `${SERVER}, after https://, http:// or nothing, with or without a path, without user and query`,
  quotable: 80,
  read: (text) => endpointOf(text, ['https', 'http']),
};

/** `pgw_api_sale` and `pgw_api_details`. A query is none of the guide's, and a place where secrets end up in logs. */
export const API_PATH: TextRule<string> = {
  expected: 'a path of at most 200 characters that begins with /, without "//", "..", "?" and "#"',
  quotable: 80,
  read: (text) => (isPath(text) ? text : null),
};

/** "1" to "65535", and no other spelling of it. */
export function portOf(text: string): number | null {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}

function endpointOf(text: string, schemes: readonly string[]): Endpoint | null {
  const match = text.length > 500 || withoutCardData(text) !== text ? null : ENDPOINT.exec(text);
  if (!match) return null;
  const [, scheme, name = '', digits, rest = ''] = match;
  if (scheme !== undefined && !schemes.includes(scheme.toLowerCase())) return null;
  const host = hostOf(name.toLowerCase());
  const port = digits === undefined ? null : portOf(digits);
  const path = rest.replace(/\/$/, '');
  if (host === null || (digits !== undefined && port === null) || (path !== '' && !isPath(path)) || path.endsWith('/')) return null;
  return { tls: scheme === undefined || !PLAIN.includes(scheme.toLowerCase()), host, port, path };
}

function hostOf(name: string): string | null {
  if (name.startsWith('[')) return URL.parse(`http://${name}/`)?.hostname ?? null;
  const labels = name.split('.');
  // What ends like a number is an address to every resolver, in spellings (octal, 0x7f, one number) that differ.
  if (/^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) return isIpv4(labels) ? name : null;
  return name.length <= 253 && labels.every((label) => /^[a-z\d_](?:[\w-]{0,61}[a-z\d_])?$/.test(label)) ? name : null;
}

const isIpv4 = (labels: readonly string[]): boolean =>
  labels.length === 4 && labels.every((label) => /^(?:0|[1-9]\d{0,2})$/.test(label) && Number(label) <= 255);

/** No coded dot, slash, backslash or control character either: servers differ on what they mean. */
function isPath(text: string): boolean {
  return (
    text.length <= 200 &&
    withoutCardData(text) === text &&
    /^\/(?:[\w.~!$&'()*+,;=:@/-]|%[\da-f]{2})*$/i.test(text) &&
    !/\/\/|%(?:2[ef]|5c|[01][\da-f]|7f)/i.test(text) &&
    !text.split('/').some((segment) => segment === '.' || segment === '..')
  );
}
