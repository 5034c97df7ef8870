import * as v from 'valibot';
import { PROMPTPAY_DEFAULTS } from '../protocols/promptpay/settings.ts';
import { keyBelongsToCertificate, longer, mqttEndpoint, tls } from './config-endpoints.ts';
import { choice, consistent, flag, secret, section, text, url, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** The `promptpay` section. */
export const promptpaySection = (sources: SecretSources) =>
  section(
    {
      http: v.pipe(
        section(
          {
            url: url('Base of the backend, to which the paths are added', ['http:', 'https:']),
            ...tls(sources),
            insecure: v.exactOptional(flag('Accept any server certificate: for a test bench only')),
          },
          'The backend by HTTP',
        ),
        consistent((endpoint) => keyBelongsToCertificate(endpoint)),
      ),
      mqtt: mqttEndpoint(sources),
      signer: v.optional(signer(sources), PROMPTPAY_DEFAULTS.signer),
      registerPath: v.optional(path('Path that registers a box'), PROMPTPAY_DEFAULTS.registerPath),
      paymentsPath: v.optional(path('Path of payments'), PROMPTPAY_DEFAULTS.paymentsPath),
      uploadsPath: v.optional(path('Path that takes the event log'), PROMPTPAY_DEFAULTS.uploadsPath),
      allowStaticQr: v.optional(flag('Whether a QR without an amount in it may be shown'), PROMPTPAY_DEFAULTS.allowStaticQr),
      timeoutMs: v.optional(whole('Time limit of one HTTP request, in milliseconds', 500, 120_000), PROMPTPAY_DEFAULTS.timeoutMs),
    },
    'The backend of the protocol "promptpay"',
  );

const path = (description: string) => text(description, 200, /^\/[\w./~%-]*$/, 'a path that begins with /');

const signer = (sources: SecretSources) =>
  v.pipe(
    v.variant(
      'profile',
      [
        section({ profile: choice('A checksum, which guards against accidents only', ['crc32', 'mac-sha256']) }, 'A checksum'),
        section(
          { profile: v.literal('shared-secret-sha256'), secret: secret('The secret all boxes share', sources, longer(1, 1_024)) },
          'SHA-256 with a shared secret',
        ),
        section(
          {
            profile: v.literal('hmac-sha256'),
            keyId: text('Name of the key at the backend', 64, /^[\w.-]+$/, '1 to 64 letters, digits and . _ -'),
            key: secret("The box's own key", sources, longer(16, 1_024)),
          },
          'HMAC with a key of its own for every box; guards against people',
        ),
      ],
      ({ path }) => `${path ? '' : 'an object whose "profile" is '}"crc32", "mac-sha256", "shared-secret-sha256" or "hmac-sha256"`,
    ),
    v.description('How requests are signed'),
  );
