/** Randomness, injected. The real one is cryptographic; the fake one is seeded and repeats. */
export interface Entropy {
  /** `count` random bytes, 1 to 64. */
  bytes(count: number): Uint8Array;
  /** A fraction in [0, 1), for jitter. */
  fraction(): number;
}
