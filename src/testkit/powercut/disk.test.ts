import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Loss, ModelDisk } from './disk.ts';
import { Recording } from './recording.ts';
import { parseStrace } from './strace.ts';

const ROOT = '/box';
const NOTHING_MORE: Loss = { name: 'nothing more than promised', namesSurvive: () => false, data: 'lost' };
const NAMES: Loss = { name: 'names without data', namesSurvive: () => true, data: 'lost' };
const ZEROS: Loss = { name: 'zeros for data', namesSurvive: () => true, data: 'zeros' };
const ALL: Loss = { name: 'nothing is lost', namesSurvive: () => true, data: 'kept' };

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'model-disk-'));
  fs.writeFileSync(path.join(home, 'state'), 'old');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** What the log's calls do to a disk that holds the file `state` with `old` in it. */
function recorded(...lines: string[]): Recording {
  const recording = new Recording(ROOT, ModelDisk.of(home));
  // The strings of these logs are written plainly: a path or a word, no quote or comma in it.
  const log = lines.map((line) => `1 ${line.replaceAll(/"([^"]*)"/g, (_, text) => `"${hex(text)}"`)}`).join('\n');
  for (const call of parseStrace(log)) recording.apply(call);
  return recording;
}

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/** The files that are left, with their content; directories end with a slash. */
function left(recording: Recording, loss: Loss): Record<string, string> {
  const entries = [...recording.disk.cut(loss)].map(([at, remnant]): [string, string] => {
    if (!remnant) return [`${at}/`, ''];
    return [at, 'target' in remnant ? `-> ${remnant.target}` : remnant.data.toString('latin1')];
  });
  return Object.fromEntries(entries);
}

const WRITE = ['openat(AT_FDCWD, "/box/tmp", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 5', 'write(5, "new", 3) = 3'];
const SYNC = 'fsync(5) = 0';
const RENAME = ['close(5) = 0', 'rename("/box/tmp", "/box/state") = 0'];
const SYNC_NAMES = ['openat(AT_FDCWD, "/box", O_RDONLY) = 5', 'fsync(5) = 0', 'close(5) = 0'];

describe('the model of a disk', () => {
  it('has everything when nothing is lost', () => {
    expect(left(recorded(...WRITE, ...RENAME), ALL)).toEqual({ state: 'new' });
  });

  it('keeps neither name nor bytes that were not synced', () => {
    expect(left(recorded(...WRITE), NOTHING_MORE)).toEqual({ state: 'old' });
    expect(left(recorded(...WRITE, SYNC, ...RENAME), NOTHING_MORE)).toEqual({ state: 'old' });
    expect(left(recorded(...WRITE, SYNC, ...RENAME, ...SYNC_NAMES), NOTHING_MORE)).toEqual({ state: 'new' });
  });

  it('leaves an empty file where the name came before the bytes', () => {
    expect(left(recorded(...WRITE, ...RENAME), NAMES)).toEqual({ state: '' });
    expect(left(recorded(...WRITE, ...RENAME, ...SYNC_NAMES), NOTHING_MORE)).toEqual({ state: '' });
    expect(left(recorded(...WRITE, ...RENAME), ZEROS)).toEqual({ state: '\0\0\0' });
    expect(left(recorded(...WRITE, SYNC, ...RENAME), NAMES)).toEqual({ state: 'new' });
  });

  it('loses a folder whose own name was not synced, whatever was synced in it', () => {
    const calls = [
      'mkdir("/box/a", 0777) = 0',
      'openat(AT_FDCWD, "/box/a/f", O_WRONLY|O_CREAT, 0600) = 5',
      'pwrite64(5, "x", 1, 2) = 1',
      SYNC,
    ];
    const folder = ['openat(AT_FDCWD, "/box/a", O_RDONLY) = 6', 'fsync(6) = 0'];
    expect(left(recorded(...calls, ...folder), NOTHING_MORE)).toEqual({ state: 'old' });
    expect(left(recorded(...calls, ...folder, ...SYNC_NAMES), NOTHING_MORE)).toEqual({ state: 'old', 'a/': '', 'a/f': '\0\0x' });
    expect(left(recorded(...calls, ...SYNC_NAMES), NOTHING_MORE)).toEqual({ state: 'old', 'a/': '' });
    const onlyInside: Loss = { ...NAMES, namesSurvive: (directory) => directory === 'a' };
    expect(left(recorded(...calls), onlyInside)).toEqual({ state: 'old' });
  });

  it('brings back what was removed, until that is synced', () => {
    expect(left(recorded('unlink("/box/state") = 0'), NOTHING_MORE)).toEqual({ state: 'old' });
    expect(left(recorded('unlink("/box/state") = 0', ...SYNC_NAMES), NOTHING_MORE)).toEqual({});
  });

  it('follows descriptors: copies, folders, the end of a file, what lseek and ftruncate do', () => {
    const append = ['openat(AT_FDCWD, "/box/state", O_WRONLY|O_APPEND) = 5', 'write(5, "er", 2) = 2'];
    expect(left(recorded(...append), ALL)).toEqual({ state: 'older' });
    expect(left(recorded(...append, 'ftruncate(5, 1) = 0', SYNC), NOTHING_MORE)).toEqual({ state: 'o' });
    const within = ['openat(AT_FDCWD, "/box", O_RDONLY|O_DIRECTORY) = 7', 'openat(7, "state", O_RDWR) = 8', 'lseek(8, 1, SEEK_SET) = 1'];
    expect(left(recorded(...within, 'write(8, "ff", 2) = 2'), ALL)).toEqual({ state: 'off' });
    expect(left(recorded(...within, 'unlinkat(7, "state", 0) = 0'), ALL)).toEqual({});
    expect(left(recorded('symlink("state", "/box/link") = 0'), ALL)).toEqual({ state: 'old', link: '-> state' });
  });

  it('keeps the mode with the bytes', () => {
    const recording = recorded(...WRITE, SYNC, 'fchmod(5, 0755) = 0', ...RENAME, ...SYNC_NAMES);
    expect(recording.disk.cut(NOTHING_MORE).get('state')).toMatchObject({ mode: 0o600 });
    expect(recording.disk.cut(ALL).get('state')).toMatchObject({ mode: 0o755 });
  });

  it('hears what the process says, and passes over other files', () => {
    const lines = ['write(1, "one\n", 4) = 4', 'write(1, "tw", 2) = 2', 'openat(AT_FDCWD, "/etc/x", O_RDWR) = 9', 'ftruncate(9, 0) = 0'];
    const recording = recorded(...lines);
    expect(recording.said).toEqual(['one']);
    expect(left(recording, ALL)).toEqual({ state: 'old' });
  });

  it.each([
    ['link("/box/state", "/box/b") = 0', /does not know link/],
    ['sync() = 0', /does not know sync/],
    ['rename("/box/state", "/elsewhere") = 0', /another disk/],
    ['openat(AT_FDCWD, "/box/no", O_RDONLY) = 5', /does not have/],
  ])('refuses what it cannot carry out: %s', (line, message) => {
    expect(() => recorded(line)).toThrow(message);
  });
});
