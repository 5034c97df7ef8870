import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/runtime/version.ts';
import { runProgram } from '../debian/run-program.ts';
import { trialSale, trialWorld } from '../executable/trial-sale.ts';
import { type Built, build } from './build.ts';
import { ROOT } from './bundle.ts';

/** Built outside the checkout, so that nothing of that can be reached from there by a relative path. */
const folder = mkdtempSync(join(tmpdir(), 'tilld-build-'));
const elsewhere = mkdtempSync(join(tmpdir(), 'tilld-elsewhere-'));
let built: Built;
beforeAll(async () => {
  built = await build(folder);
});
afterAll(() => {
  for (const made of [folder, elsewhere]) rmSync(made, { recursive: true });
});

const tilld = (...args: string[]): Promise<string> =>
  runProgram(process.execPath, [built.file, ...args], { from: 'nodejs', cwd: elsewhere });

describe('the bundled program', () => {
  test('knows its version and its commands', async () => {
    expect((await tilld('--version')).trim()).toBe(VERSION);
    expect(await tilld('--help')).toContain('simulate');
  });

  test('is whole: it names no file of the checkout', () => {
    expect(readFileSync(built.file, 'utf8')).not.toContain(ROOT);
  });

  test('reads boards and voices from beside it', async () => {
    expect(await tilld('board', 'check', 'vending-sim')).toContain('vending-sim is in order');
    const spoken = join(elsewhere, 'spoken.wav');
    await tilld('say', '20', '--currency', 'THB', '--out', spoken);
    // A chime and a tone, which stand for words without a voice pack, are shorter.
    expect(readFileSync(spoken).length).toBeGreaterThan(60_000);
  });

  test('sells, and draws its screen', async () => {
    const { cashMinor, screen } = await trialSale({ program: process.execPath, before: [built.file], env: {} });
    expect(cashMinor).toBe(1_000);
    expect(Buffer.from(screen.subarray(1, 4)).toString()).toBe('PNG');
  });

  test('brings the virtual box, its backend and their pages', async () => {
    const { pages, cashMinor } = await trialWorld({ program: process.execPath, before: [built.file], env: {} });
    expect(pages).toEqual([expect.stringContaining('virtual payment box</title>'), expect.stringContaining('<title>Reference backend')]);
    expect(cashMinor).toBe(1_000);
  });

  test('has the licences of all that is in it', () => {
    const licences = readFileSync(join(folder, 'LICENCES.txt'), 'utf8');
    for (const name of ['mqtt', 'hono', 'undici', '@resvg/resvg-wasm']) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('leaves nothing of an earlier build among its files', async () => {
    const before = readdirSync(folder, { recursive: true }).sort();
    await build(folder);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
  });
});
