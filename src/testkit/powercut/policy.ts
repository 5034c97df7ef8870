import type { UpdatePolicy } from '../../ota/check.ts';

export const CUSTOMER = 'ACME';

/** A box of the customer whose samples these are. */
export const policyOf = (publicKey: string): UpdatePolicy => ({
  model: 'DS50-MQ',
  customer: CUSTOMER,
  runtime: '0.1.0',
  keys: [publicKey],
  allowUnsigned: false,
});
