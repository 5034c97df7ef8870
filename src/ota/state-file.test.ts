import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { advance, NO_UPDATES } from '../domain/ota/states.ts';
import { readState, writeState } from './state-file.ts';

let home: string;
const file = () => join(home, 'ota', 'state.json');
const previousFile = () => join(home, 'ota', 'state.prev.json');

beforeEach(() => {
  home = fs.mkdtempSync(join(os.tmpdir(), 'ota-state-'));
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const offer = { deployment: 'd', name: 'é ü', size: 1, sha256: 'a'.repeat(64), path: '/', permitDowngrade: false, deadlineMs: null };
const first = advance(NO_UPDATES, { kind: 'offered', offer });
const second = advance(first, { kind: 'downloaded', etag: '"tag"' });

it('is empty on a box that was never updated', () => {
  expect(readState(home)).toEqual({ state: NO_UPDATES, damaged: null });
  expect(fs.readdirSync(home)).toEqual([]);
});

it('gives back what was written, and keeps the one before', () => {
  writeState(home, first);
  expect(fs.existsSync(previousFile())).toBe(false);
  writeState(home, second);
  expect(readState(home)).toEqual({ state: second, damaged: null });
  fs.rmSync(file());
  expect(readState(home)).toEqual({ state: first, damaged: 'state.json is missing; the copy before it is used' });
  expect(fs.readdirSync(join(home, 'ota'))).toEqual(['state.prev.json']);
});

describe('damage', () => {
  beforeEach(() => {
    writeState(home, first);
    writeState(home, second);
  });

  it('of any bit of any byte is noticed', () => {
    const good = fs.readFileSync(file());
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good);
      bad.writeUInt8(good.readUInt8(at) ^ (1 << (at % 8)), at);
      fs.writeFileSync(file(), bad);
      expect(readState(home)).toEqual({ state: first, damaged: 'state.json is damaged; the copy before it is used' });
    }
  });

  it('by a cut or by more at the end is noticed', () => {
    const good = fs.readFileSync(file());
    for (let length = 0; length < good.length; length++) {
      fs.writeFileSync(file(), good.subarray(0, length));
      expect(readState(home).state).toEqual(first);
    }
    fs.writeFileSync(file(), Buffer.concat([good, Buffer.from('\n')]));
    expect(readState(home).state).toEqual(first);
  });

  it('does not reach the good copy with the next change', () => {
    fs.writeFileSync(file(), 'x');
    writeState(home, second);
    expect(readState(home)).toEqual({ state: second, damaged: null });
    fs.writeFileSync(file(), 'x');
    expect(readState(home).state).toEqual(first);
  });

  it('of both copies is the state of a box without updates', () => {
    fs.writeFileSync(file(), 'x');
    fs.writeFileSync(previousFile(), '');
    const both = { state: NO_UPDATES, damaged: 'state.json is damaged, state.prev.json is damaged; no release is used' };
    expect(readState(home)).toEqual(both);
    fs.rmSync(file());
    fs.mkdirSync(file());
    expect(readState(home).damaged).toBe('state.json cannot be read (EISDIR), state.prev.json is damaged; no release is used');
  });
});

it('of another version of tilld is not taken for ours', () => {
  writeState(home, { ...first, schema: 'tilld.ota-state/2' as typeof first.schema });
  expect(readState(home).damaged).toBe('state.json is of another version of tilld, state.prev.json is missing; no release is used');
});

it('says what the disk refused', () => {
  fs.writeFileSync(join(home, 'ota'), '');
  expect(() => writeState(home, first)).toThrow(expect.objectContaining({ code: 'ota-io', blame: 'device' }));
});
