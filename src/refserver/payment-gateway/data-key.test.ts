import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededEntropy } from '../../testkit/entropy.ts';
import { keptDataKey } from './data-key.ts';
import { Vault } from './vault.ts';

let folder: string;
let stateFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-key-'));
  stateFile = join(folder, 'state.sqlite');
});
afterEach(() => rm(folder, { recursive: true }));

test('a key is made once, for its owner only, and found again', async () => {
  const key = keptDataKey(stateFile, seededEntropy(1));
  expect(key).toHaveLength(32);
  expect(keptDataKey(stateFile, seededEntropy(2))).toEqual(key);
  expect((await stat(`${stateFile}.gateway-key`)).mode & 0o777).toBe(0o600);
  expect(await readFile(`${stateFile}.gateway-key`, 'utf8')).toBe(`${Buffer.from(key).toString('hex')}\n`);
});

test('of a state in memory nothing is kept', async () => {
  expect(keptDataKey(':memory:', seededEntropy(1))).not.toEqual(keptDataKey(':memory:', seededEntropy(2)));
  expect(await readdir(folder)).toEqual([]);
});

test.each(['', 'x', 'AB'.repeat(32), 'ab'.repeat(31)])('a file with %j is no key', async (text) => {
  await writeFile(`${stateFile}.gateway-key`, text);
  expect(() => keptDataKey(stateFile, seededEntropy(1))).toThrow('cannot be used');
});

test('a folder that is not there is said so', () => {
  expect(() => keptDataKey(join(folder, 'no', 'state'), seededEntropy(1))).toThrow('cannot be used');
});

test('a key of another length is refused', () => {
  expect(() => new Vault(new Uint8Array(31), seededEntropy(1))).toThrow('not usable');
});

test('what was sealed is opened only for what it is', () => {
  const vault = new Vault(new Uint8Array(32), seededEntropy(1));
  const sealed = vault.seal('TRANS_1', 'pin', '1234567890123');
  expect(vault.open('TRANS_1', 'pin', sealed)).toBe('1234567890123');
  for (const [id, purpose] of [
    ['TRANS_2', 'pin'],
    ['TRANS_1', 'serial'],
  ] as const) {
    expect(() => vault.open(id, purpose, sealed)).toThrow('cannot be read again');
  }
  expect(() =>
    vault.open(
      'TRANS_1',
      'pin',
      sealed.map((byte, i) => (i === 13 ? byte ^ 1 : byte)),
    ),
  ).toThrow('cannot be read again');
  expect(() => vault.open('TRANS_1', 'pin', new Uint8Array(3))).toThrow('cannot be read again');
  const other = new Vault(new Uint8Array(32).fill(1), seededEntropy(1));
  expect(() => other.open('TRANS_1', 'pin', sealed)).toThrow('cannot be read again');
  expect(other.pinDigest('1234567890123')).not.toEqual(vault.pinDigest('1234567890123'));
});
