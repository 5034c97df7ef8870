import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleImage } from '../../testkit/sample-tickets.ts';
import { PngPrinter } from './png-printer.ts';

const NEVER = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-png-printer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('numbers its tickets on from those that are there, and shows the newest', async () => {
  mkdirSync(join(folder, 'tickets'));
  writeFileSync(join(folder, 'tickets', 'ticket-000041.png'), 'an old one');
  writeFileSync(join(folder, 'tickets', 'other.txt'), 'not one of them');
  const printer = new PngPrinter({ folder: join(folder, 'tickets'), dots: 384 });
  expect([printer.latest(), printer.fault()]).toEqual([null, null]);
  await printer.print(sampleImage(384, 10, 1), NEVER);
  await printer.print(sampleImage(384, 20, 2), NEVER);
  expect(readdirSync(join(folder, 'tickets')).sort()).toEqual(['other.txt', 'ticket-000041.png', 'ticket-000042.png', 'ticket-000043.png']);
  expect(Buffer.compare(printer.latest() ?? Buffer.alloc(0), readFileSync(join(folder, 'tickets', 'ticket-000043.png')))).toBe(0);
});

it('keeps its fault until it is mended', async () => {
  const printer = new PngPrinter({ folder, dots: 384 });
  printer.setFault('cover-open');
  expect(printer.fault()).toBe('cover-open');
  await expect(printer.print(sampleImage(8, 8, 1), NEVER)).rejects.toMatchObject({ code: 'printer-cover-open' });
  expect([readdirSync(folder), printer.latest()]).toEqual([[], null]);
});

it.each([
  ['paper-out', 'The printer is out of paper. Put in a new roll of paper.'],
  ['cover-open', 'The cover of the printer is open. Close the cover of the printer.'],
  ['offline', 'The printer does not answer. Check that the printer is switched on and connected.'],
] as const)('says in words what is wrong, for whoever stands before it: %s', async (fault, words) => {
  const printer = new PngPrinter({ folder, dots: 384 });
  printer.setFault(fault);
  const failed = await printer.print(sampleImage(8, 8, 1), NEVER).catch((error) => error);
  expect(failed.explain()).toBe(words);
});

it('fails where it cannot write, with the folder that has to be mended', async () => {
  writeFileSync(join(folder, 'file'), '');
  const printer = new PngPrinter({ folder: join(folder, 'file'), dots: 384 });
  await expect(printer.print(sampleImage(8, 8, 1), NEVER)).rejects.toMatchObject({
    code: 'printer-failed',
    blame: 'device',
    remedy: expect.stringContaining(join(folder, 'file')),
  });
  expect(printer.latest()).toBeNull();
});
