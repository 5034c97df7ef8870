import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['scripts/kernel/**'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
