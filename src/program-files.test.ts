import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FORM, isInside, namesAt, ownCommand, programPath, readFileAt, readFileAtSync } from './program-files.ts';

// As a bundle and as an executable it is tested with those: scripts/build and scripts/executable.
test('in the checkout the files lie where they do', async () => {
  expect(FORM).toBe('checkout');
  expect(namesAt(programPath('boards'))).toContain('sim.json');
  const sim = programPath('boards/sim.json');
  expect(isInside(sim)).toBe(false);
  expect(await readFileAt(sim)).toEqual(readFileAtSync(sim));
  expect(JSON.parse(Buffer.from(readFileAtSync(sim)).toString()).name).toBe('sim');
});

test('any other file is read, too, and one that is not there is told as the system tells it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-files-'));
  const file = join(folder, 'one');
  writeFileSync(file, 'text');
  expect(Buffer.from(await readFileAt(file)).toString()).toBe('text');
  expect(namesAt(folder)).toEqual(['one']);
  rmSync(folder, { recursive: true });
  await expect(readFileAt(file)).rejects.toThrow('ENOENT');
  expect(() => readFileAtSync(file)).toThrow('ENOENT');
  expect(() => namesAt(folder)).toThrow('ENOENT');
});

test('the program starts itself by its main file', () => {
  expect(ownCommand(['run'])).toEqual({ command: process.execPath, args: [programPath('src/main.ts'), 'run'] });
});

test('nothing else asks where it lies: in a bundle it lies somewhere else', () => {
  const src = programPath('src');
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testkit'),
  );
  const asking = sources.filter((file) => readFileSync(join(src, file), 'utf8').includes('import.meta'));
  expect(asking).toEqual(['program-files.ts']);
});
