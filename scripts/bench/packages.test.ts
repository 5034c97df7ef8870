import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { needs } from '../../src/testkit/needs.ts';
import { benchPackages } from './packages.ts';

const zip = needs('/usr/bin/zip', 'zip');

describe.skipIf(zip.missing)(`packages beside zip${zip.why}`, () => {
  it('measures every step and leaves nothing behind', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
    const { firmware, resource, nodePeakRssMb } = await benchPackages(dir, 1, 5, 1);
    expect([firmware.inputMb, firmware.files, resource.files]).toEqual([1, 1, 6]);
    expect(nodePeakRssMb).toBeGreaterThan(0);
    for (const { pack, verify, install, ...beside } of [firmware, resource]) {
      for (const figure of Object.values(beside)) expect(figure).toBeGreaterThan(0);
      for (const step of [pack, verify, install]) for (const figure of Object.values(step)) expect(figure).toBeGreaterThan(0);
    }
    expect(fs.readdirSync(dir)).toEqual([]);
    fs.rmSync(dir, { recursive: true });
  });
});
