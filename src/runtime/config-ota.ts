import { createPublicKey } from 'node:crypto';
import * as v from 'valibot';
import { CUSTOMER, CUSTOMER_RULE, MODEL } from '../domain/ota/names.ts';
import { choice, flag, secret, section, text, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** The `ota` section: whose packages the box installs, and how. */
export const otaSection = (sources: SecretSources) =>
  section(
    {
      customer: v.optional(text('Packages of this customer only (customerName)', 32, CUSTOMER, CUSTOMER_RULE), 'DSPREAD'),
      model: v.optional(choice('Packages for this model only', [MODEL]), MODEL),
      trustedKeys: v.optional(
        v.pipe(
          v.array(secret('A public key that packages may be signed with', sources, KEY), 'a list […]'),
          v.maxLength(8, 'at most 8 keys'),
          v.description('Public keys (tilld ota keygen) that packages may be signed with'),
        ),
        [],
      ),
      allowUnsigned: v.optional(flag('Whether a package without signature may be installed by hand, with its size and hash given'), false),
      trialSeconds: v.optional(
        whole('How long new parameters may take to reach the backend before the old ones come back', 10, 86_400),
        600,
      ),
      confirmSeconds: v.optional(whole('How long new firmware must be healthy before it is confirmed', 5, 3_600), 60),
      kibPerSecond: v.exactOptional(whole('Downloads take no more than this on average, in KiB a second', 1, 1_048_576)),
    },
    'Updates over the air',
  );

const KEY = {
  good: (pem: string): boolean => {
    try {
      return createPublicKey(pem).asymmetricKeyType === 'ed25519' && !pem.includes('PRIVATE');
    } catch {
      return false;
    }
  },
  expected: 'an Ed25519 public key in PEM',
};
