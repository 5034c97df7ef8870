import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../../src/testkit/needs.ts';
import { benchExecutable } from './executable.ts';

const strip = needs('/usr/bin/strip', 'binutils');

describe.skipIf(strip.missing)(`the executable beside the checkout${strip.why}`, () => {
  it('measures both and leaves nothing behind', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
    const { checkout, executable, executableToCheckout } = await benchExecutable(dir, 1, 1, 0);
    for (const figures of [checkout, executable, executableToCheckout])
      for (const figure of Object.values(figures)) expect(figure).toBeGreaterThan(0);
    expect(fs.readdirSync(dir)).toEqual([]);
    fs.rmSync(dir, { recursive: true });
  }, 60_000);
});
