import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import { type Contradiction, consistent, secret, section, text, url } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** A broker, as every dialect names it. */
export const mqttEndpoint = (sources: SecretSources) =>
  v.pipe(
    section(
      {
        url: url('The broker', ['mqtt:', 'mqtts:']),
        username: v.exactOptional(text('User at the broker', 256)),
        password: v.exactOptional(secret('Password at the broker', sources, longer(1, 1_024))),
        ...tls(sources),
      },
      'The backend by MQTT',
    ),
    consistent((endpoint) => keyBelongsToCertificate(endpoint)),
  );

/** A secret of so many bytes; the signing key's lower limit is the dialect's own. */
export const longer = (least: number, most: number) => ({
  good: (text: string) => Buffer.byteLength(text) >= least && Buffer.byteLength(text) <= most,
  expected: `${least} to ${most} bytes`,
});

/** Certificates of an endpoint. */
export const tls = (sources: SecretSources) => ({
  ca: v.exactOptional(
    secret("Certificates to trust instead of the system's", sources, { good: isCertificate, expected: 'certificates in PEM' }),
  ),
  cert: v.exactOptional(secret('Client certificate', sources, { good: isCertificate, expected: 'a certificate in PEM' })),
  key: v.exactOptional(secret('Key of the client certificate', sources, { good: isKey, expected: 'an unencrypted private key in PEM' })),
});

interface Pair {
  readonly cert?: string;
  readonly key?: string;
}

/** A rule over an endpoint. */
export function* keyBelongsToCertificate({ cert, key }: Pair): Generator<Contradiction> {
  if (cert === undefined && key === undefined) return;
  if (cert === undefined) yield { at: ['cert'], found: 'nothing', expected: 'the certificate of the key' };
  else if (key === undefined) yield { at: ['key'], found: 'nothing', expected: 'the key of the certificate' };
  else if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    yield { at: ['key'], found: 'the key of another certificate', expected: 'the key of `cert`' };
  }
}

const isCertificate = (pem: string): boolean => works(() => new X509Certificate(pem));
const isKey = (pem: string): boolean => works(() => createPrivateKey(pem));

function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
