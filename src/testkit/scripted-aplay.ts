import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one start of the scripted aplay does; by default it plays until it is killed. */
export interface AplayAct {
  /** Ends at once with this complaint. */
  readonly refuses?: string;
  /** Dies after so many bytes were heard. */
  readonly diesAfter?: number;
  /** Never reads. */
  readonly stalls?: boolean;
  /** Plays nothing for so long, as on a board that is busy with something else, ms. */
  readonly beginsLateMs?: number;
}

/**
 * As aplay with a device: reads whole quarters of a buffer of 500 ms, begins when that is full, plays in real time,
 * stops when it is empty, and ends when its input has ended and all of it was heard. What was heard, and how it was called, is in files beside it.
 */
const SCRIPT = `
const { appendFileSync, readFileSync } = require('node:fs');
const here = (name) => __dirname + '/' + name;
appendFileSync(here('starts'), JSON.stringify(process.argv.slice(2)) + '\\n');
const start = readFileSync(here('starts'), 'utf8').split('\\n').length - 2;
const act = JSON.parse(readFileSync(here('acts'), 'utf8'))[start] ?? {};
const die = (why) => { process.stderr.write('aplay: ' + why + '\\n'); process.exit(1); };
if (act.refuses) die(act.refuses);
const BUFFER = 16000, QUARTER = 4000, BYTES_A_MS = 32;
const begins = performance.now() + (act.beginsLateMs ?? 0);
let pipe = Buffer.alloc(0), device = Buffer.alloc(0), playing = false, ended = false, last = 0, left = act.diesAfter ?? Infinity;
if (!act.stalls) process.stdin.on('data', (chunk) => { pipe = Buffer.concat([pipe, chunk]); if (pipe.length > BUFFER) process.stdin.pause(); });
process.stdin.on('end', () => { ended = true; });
setInterval(() => {
  while (pipe.length >= QUARTER && device.length + QUARTER <= BUFFER) {
    device = Buffer.concat([device, pipe.subarray(0, QUARTER)]);
    pipe = pipe.subarray(QUARTER);
  }
  if (!act.stalls && pipe.length <= BUFFER) process.stdin.resume();
  const now = performance.now();
  if (now < begins) return;
  if (ended && pipe.length > 0 && device.length + pipe.length <= BUFFER) {
    device = Buffer.concat([device, pipe]);
    pipe = Buffer.alloc(0);
  }
  if (ended && pipe.length + device.length === 0) process.exit(0);
  if (!playing && (device.length >= BUFFER || (ended && device.length > 0))) { playing = true; last = now; }
  if (!playing) return;
  const bytes = Math.min(device.length, left, 2 * Math.floor((now - last) * BYTES_A_MS / 2));
  last = now;
  appendFileSync(here('heard'), device.subarray(0, bytes));
  device = device.subarray(bytes);
  left -= bytes;
  if (left <= 0) die('pcm_write:2178: write error: No such device');
  if (device.length === 0) playing = false;
}, 5);
`;

export interface ScriptedAplay {
  /** An environment whose PATH holds nothing but it. */
  readonly env: { readonly PATH: string };
  /** The arguments of each start. */
  starts(): readonly (readonly string[])[];
  /** All samples that came out of it, silence included. */
  heard(): Int16Array;
  remove(): void;
}

/** A program named aplay that does one act a start. */
export function scriptedAplay(...acts: readonly AplayAct[]): ScriptedAplay {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-aplay-'));
  writeFileSync(join(folder, 'acts'), JSON.stringify(acts));
  writeFileSync(join(folder, 'starts'), '');
  writeFileSync(join(folder, 'heard'), '');
  writeFileSync(join(folder, 'aplay'), `#!${process.execPath}\n${SCRIPT}`, { mode: 0o755 });
  return {
    env: { PATH: folder },
    starts: () =>
      readFileSync(join(folder, 'starts'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    heard: () => {
      const bytes = readFileSync(join(folder, 'heard'));
      return Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2));
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
