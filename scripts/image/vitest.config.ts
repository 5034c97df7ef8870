import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The tests of a whole image on emulated machines: apart from the others, because they take minutes. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['scripts/image/**/*.emulated.ts'],
    fileParallelism: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    bail: 1,
  },
});
