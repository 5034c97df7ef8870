import * as v from 'valibot';
import { PAYMENT_GATEWAY_DEFAULTS } from '../protocols/payment-gateway/settings.ts';
import { keyBelongsToCertificate, tls } from './config-endpoints.ts';
import { consistent, flag, secret, section, text, url, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** The `payment-gateway` section. */
export const paymentGatewaySection = (sources: SecretSources) =>
  section(
    {
      http: v.pipe(
        section(
          {
            url: url('Base of the gateway, to which the paths are added', ['http:', 'https:']),
            ...tls(sources),
            insecure: v.exactOptional(flag('Accept any server certificate: for a test bench only')),
          },
          'The gateway by HTTP',
        ),
        consistent((endpoint) => keyBelongsToCertificate(endpoint)),
      ),
      apiKey: secret('Sent as x-api-key', sources, {
        good: (key) => /^[\x21-\x7e]{1,4096}$/.test(key),
        expected: '1 to 4096 visible ASCII characters',
      }),
      timeoutMs: v.optional(whole('Time limit of one HTTP request, in milliseconds', 500, 120_000), PAYMENT_GATEWAY_DEFAULTS.timeoutMs),
      descriptionTemplate: v.optional(
        text('What a transfer is for; {order}, {description} and {serial} stand for themselves', 100),
        PAYMENT_GATEWAY_DEFAULTS.descriptionTemplate,
      ),
    },
    'The backend of the protocol "payment-gateway"',
  );
