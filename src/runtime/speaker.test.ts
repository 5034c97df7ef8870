import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Announcement } from '../domain/speech/announcement.ts';
import { BUILT_IN_PACKS } from '../drivers/sound/pack.ts';
import { readWav } from '../drivers/sound/wav.ts';
import { SimulatedSpeaker } from '../simulator/speaker.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import { memoryLog } from '../testkit/log.ts';
import { scriptedAplay } from '../testkit/scripted-aplay.ts';
import { systemClock } from './clock.ts';
import { type SpeakerSettings, speakerOf } from './speaker.ts';

const RECEIVED: Announcement = { phrase: 'received', amount: { minor: 50_000, currency: 'IDR' } };
const WORDS = 'Pembayaran diterima lima puluh ribu rupiah';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-speaker-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A box's loudspeaker, with the virtual board's whose speech takes no time. */
async function own(wanted: SpeakerSettings | undefined, env: Readonly<Record<string, string>> = {}) {
  const immediate = new FakeClock();
  immediate.after = (_ms, act) => {
    queueMicrotask(act);
    return () => {};
  };
  const board = new SimulatedSpeaker(immediate);
  const log = memoryLog();
  const clock = systemClock();
  const made = await speakerOf(wanted, { board, packs: [BUILT_IN_PACKS], language: 'en', clock, entropy: seededEntropy(), log, env });
  made.speaker.setLanguage('id');
  made.speaker.setVolume(100);
  return { ...made, board, log };
}

test('without a word in the configuration the board speaks alone', async () => {
  const { speaker, board, stop } = await own(undefined);
  expect(speaker).toBe(board);
  await stop();
});

test('a file gets all that was said, and the board has it in words', async () => {
  const file = join(folder, 'said.wav');
  const { speaker, board, stop } = await own({ driver: 'wav', file });
  await speaker.say(RECEIVED);
  await speaker.beep();
  await stop();
  const { samples, sampleRate } = readWav(readFileSync(file), file);
  expect(samples.length / sampleRate).toBeGreaterThan(1.5);
  expect(samples.some((sample) => Math.abs(sample) > 3_000)).toBe(true);
  expect(board.transcript().map(({ text, volume }) => [text, volume])).toEqual([
    [WORDS, 100],
    ['(beep)', 100],
  ]);
});

test('a sound card plays it through aplay, on the device that is named', async () => {
  const aplay = scriptedAplay();
  try {
    const { speaker, stop, log } = await own({ driver: 'alsa', device: 'plughw:1,0' }, aplay.env);
    await speaker.say(RECEIVED);
    await stop();
    expect(aplay.starts().map((args) => args.includes('plughw:1,0'))).toEqual([true]);
    expect(aplay.heard().some((sample) => Math.abs(sample) > 3_000)).toBe(true);
    expect(log.lines).toEqual([]);
  } finally {
    aplay.remove();
  }
});

test('a box without a loudspeaker still says it in words', async () => {
  const { speaker, board, stop } = await own({ driver: 'none' });
  await speaker.say(RECEIVED);
  await stop();
  expect(board.transcript().map(({ text }) => text)).toEqual([WORDS]);
});
