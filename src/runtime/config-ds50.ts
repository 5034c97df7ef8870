import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import { isLoopback } from '../domain/loopback.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import { readPosparam } from '../domain/posparam/read.ts';
import type { Ds50Settings } from '../protocols/ds50/settings.ts';
import { DS50_DEFAULTS } from '../protocols/ds50/settings.ts';
import type { FieldFault } from './field-faults.ts';
import { choice, secret, section, url, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** The ds50 section as the box runs by it: what it starts with until a resource package brings other parameters. */
export interface Ds50Config {
  readonly settings: Ds50Settings;
  readonly files: BackendFiles;
}

/** The `ds50` section. Parameters and certificates of a resource package, once one is installed, take the place of these. */
export const ds50Section = (sources: SecretSources) =>
  section(
    {
      posparam: secret('posparam.ini, the parameters of broker and payment server', sources, ANY_TEXT),
      ca: v.exactOptional(secret("Certificates to trust instead of the system's", sources, CERTIFICATE)),
      clientCertificate: v.exactOptional(secret("The box's certificate for the broker, with mqtt_auth_cert 1", sources, CERTIFICATE)),
      clientKey: v.exactOptional(secret('Key of that certificate, and of those that packages bring', sources, KEY)),
      apiKeyHeader: v.optional(choice('How the API key travels', ['x-api-key', 'authorization-bearer']), DS50_DEFAULTS.apiKeyHeader),
      tms: v.exactOptional(
        section(
          {
            url: v.pipe(
              url('Base of the TMS', ['http:', 'https:']),
              v.check(isSafe, 'a URL that begins with https:// (http:// to this machine only)'),
            ),
            apiKey: secret('Key of the box at the TMS', sources, {
              good: (key) => /^[\x21-\x7e]{8,256}$/.test(key),
              expected: '8 to 256 visible characters',
            }),
            ca: v.exactOptional(secret("Certificates to trust instead of the system's", sources, CERTIFICATE)),
          },
          'Where updates come from; without it there are only those made by hand',
        ),
      ),
      timeoutMs: v.optional(whole('Time limit of one request other than a sale, in milliseconds', 500, 120_000), DS50_DEFAULTS.timeoutMs),
      saleTimeoutMs: v.optional(whole('Time limit for the answer to a sale, in milliseconds', 1_000, 300_000), DS50_DEFAULTS.saleTimeoutMs),
    },
    'The backend of the protocol "ds50"',
  );

type Section = v.InferOutput<ReturnType<typeof ds50Section>>;

/** The section with its posparam.ini read, or every problem of that file as a fault at its place. */
export function ds50Config({ posparam, ca, clientCertificate, ...settings }: Section): Ds50Config | readonly FieldFault[] {
  const reading = readPosparam(new TextEncoder().encode(posparam));
  if (!reading.ok) {
    return reading.problems.map(({ path, found, expected }) => ({
      path: `$.ds50.posparam${path === '' ? '' : ` (${path})`}`,
      found,
      expected,
    }));
  }
  return { settings, files: { posparam: reading.posparam, ca: ca ?? null, clientCertificate: clientCertificate ?? null } };
}

/** The key of the box and what it reports go there: in the clear only where there is no network. */
const isSafe = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopback(hostname);
};

const works = (attempt: (text: string) => unknown) => (text: string) => {
  try {
    attempt(text);
    return true;
  } catch {
    return false;
  }
};

const ANY_TEXT = { good: () => true, expected: 'a posparam.ini' };
const CERTIFICATE = { good: works((pem) => new X509Certificate(pem)), expected: 'certificates in PEM' };
const KEY = { good: works((pem) => createPrivateKey(pem)), expected: 'an unencrypted private key in PEM' };
