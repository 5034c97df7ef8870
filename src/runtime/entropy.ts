import { randomBytes, randomInt } from 'node:crypto';
import type { Entropy } from '../ports/entropy.ts';

/** The kernel's randomness. */
export const systemEntropy: Entropy = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  fraction: () => randomInt(2 ** 47) / 2 ** 47,
};
