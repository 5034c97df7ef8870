import { mkdirSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openFifo } from './fifo.ts';
import type { Gpiod } from './gpiod.ts';

it('leaves nothing open when only one of its ends can be opened', async () => {
  // A folder can be opened to be read, and not to be written.
  const gpiod = { answer: async (argv: readonly string[]) => void mkdirSync(argv.at(-1) ?? '') } as unknown as Gpiod;
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  await expect(openFifo(gpiod)).rejects.toMatchObject({ code: 'gpio-failed', found: expect.stringContaining('EISDIR') });
  expect(open()).toBe(before);
});
