import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The tests on an emulated machine: apart from the others, because they measure by its clock. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['scripts/kernel/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 30_000,
  },
});
