import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTilld } from '../testkit/command-line.ts';

let folder: string;
let wrong: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-board-'));
  wrong = join(folder, 'wrong.json');
  writeFileSync(wrong, '{"name": 1}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const SIM = join(import.meta.dirname, '../../boards/sim.json');

describe('tilld board check', () => {
  it('sums up a board that is in order', async () => {
    const { code, out, err } = await runTilld(['board', 'check', SIM]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('is in order');
    expect(out).toContain('coin acceptor coin: ch-926 on coin, 100, 200, 500, 1000 in minor units');
  });

  it('takes the name of a board that comes with tilld', async () => {
    const { code, out } = await runTilld(['board', 'check', 'sim', '--json']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { ok: true, board: { name: 'sim' } }]);
  });

  it('lists every fault and exits 1', async () => {
    const { code, out, err } = await runTilld(['board', 'check', wrong]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/has \d+ faults:\n {2}\$\.name: found 1, expected lower-case letters/);
  });

  it('lists them for programs', async () => {
    const { code, err, out } = await runTilld(['board', 'check', wrong, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(err || out)).toMatchObject({
      error: { code: 'board-invalid', faults: expect.arrayContaining([{ path: '$.name', found: '1', expected: expect.any(String) }]) },
    });
  });

  it.each([[[]], [['a', 'b']], [['--strict', 'a']]])('exits 2 on the arguments %j', async (args) => {
    expect((await runTilld(['board', 'check', ...args])).code).toBe(2);
  });
});

describe('tilld board schema', () => {
  it('prints the schema of board files', async () => {
    const { code, out } = await runTilld(['board', 'schema']);
    expect([code, JSON.parse(out)]).toMatchObject([0, { title: 'tilld board', additionalProperties: false }]);
  });
});
