import { isLoopback } from '../../domain/loopback.ts';
import { apiKeyState } from '../../domain/posparam/expiry.ts';
import type { Posparam } from '../../domain/posparam/posparam.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LinkFault } from '../../ports/gateway.ts';
import { localDay } from './local-time.ts';

const REMEDY = 'Set a new key and its expiry in posparam.ini.';

/** What a person must know of these parameters although no link is down for it; the key's expiry only while the wall clock can be trusted. */
export function warningsOf({ payment: { url, verifyTls, apiKeyExpiry }, mqtt }: Posparam, clock: Clock): LinkFault[] {
  const warnings: LinkFault[] = [];
  if (isPlain(url, 'http:')) warnings.push(plain('payment', 'Cards and the API key go'));
  else if (!verifyTls) warnings.push(unverified('payment', 'pgw_ssl_cert is 0'));
  if (isPlain(mqtt.url, 'mqtt:')) warnings.push(plain('mqtt', 'The password and every order go'));
  if (!clock.wallTrusted()) return warnings;
  const { state, daysLeft } = apiKeyState(apiKeyExpiry, localDay(clock.wallMs()).replaceAll('-', ''));
  const link = 'payment';
  if (state === 'expired') {
    const detail = `The API key of the payment server was good until ${apiKeyExpiry}. ${REMEDY}`;
    warnings.push({ link, code: 'api-key-expired', severity: 'error', detail });
  } else if (state === 'expiring') {
    const detail = `The API key of the payment server is good until ${apiKeyExpiry}, ${daysLeft} more days. ${REMEDY}`;
    warnings.push({ link, code: 'api-key-expiring', severity: 'warning', detail });
  }
  return warnings;
}

/** Loopback is no network. */
function isPlain(url: string, scheme: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === scheme && !isLoopback(hostname);
}

const plain = (link: string, what: string): LinkFault => ({
  link,
  code: 'not-encrypted',
  severity: 'warning',
  detail: `${what} over the network for everybody to read: the endpoint in posparam.ini says so. Write it without a scheme.`,
});

/** Any server is believed to be the right one. */
export const unverified = (link: string, because: string): LinkFault => ({
  link,
  code: 'tls-unverified',
  severity: 'warning',
  detail: `The certificate of the server is not verified (${because}): whoever is in between can read and change everything.`,
});
