import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import type { Announcement } from '../domain/speech/announcement.ts';
import { utterance } from '../domain/speech/utterance.ts';
import { joinClips } from '../drivers/sound/join.ts';
import { beep, chime, toneFor } from '../drivers/sound/tone.ts';
import { readWav } from '../drivers/sound/wav.ts';
import { otaPaths } from '../ota/paths.ts';
import { memoryLog } from '../testkit/log.ts';
import { writeSamplePack } from '../testkit/voice-pack.ts';
import { voicePacks, voiceRenderer } from './voice.ts';

const PAIRED: Announcement = { phrase: 'paired', amount: null };
const THAI: Announcement = { phrase: 'received', amount: { minor: 2_000, currency: 'THB' } };

let folder: string;
/** The current resource release and the files it has. */
let release: string | null;
let files: (path: string) => Promise<Uint8Array | null>;
let log: ReturnType<typeof memoryLog>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-voice-'));
  release = null;
  files = async () => null;
  log = memoryLog();
});
afterEach(() => rmSync(folder, { recursive: true }));

function renderer() {
  const state = () => ({ slots: { CUST: { current: release === null ? null : { id: release } } } }) as unknown as UpdateState;
  return voiceRenderer(voicePacks({ updates: { state, resource: (path) => files(path) }, stateDir: folder, log }), log);
}

/** Installs a release that brings a voice: what each of its clips holds. */
function install(id: string) {
  const clips = writeSamplePack(join(otaPaths(folder).release('CUST', id), 'mp3/voice/th'), 'th');
  release = id;
  files = async (path) => (path === 'mp3/voice/th/manifest.json' ? new Uint8Array() : null);
  return clips;
}

const inWords = (clips: ReadonlyMap<string, Int16Array>, announcement: Announcement, volume: number) =>
  joinClips(
    utterance(announcement, 'th').map((id) => clips.get(id) ?? new Int16Array()),
    volume,
  );

test('the voices that come with the box speak, as loud as asked, and the sound says how long it lasts', async () => {
  const render = renderer();
  const loud = await render(PAIRED, 'en', 100);
  const silent = await render(PAIRED, 'en', 0);
  const { sampleRate, samples } = readWav(loud?.wav ?? new Uint8Array(), 'loud');
  expect(loud?.ms).toBeCloseTo((samples.length * 1_000) / sampleRate);
  expect(loud?.ms).toBeGreaterThan(700);
  expect(samples.some((sample) => Math.abs(sample) > 3_000)).toBe(true);
  expect(readWav(silent?.wav ?? new Uint8Array(), 'silent').samples).toEqual(new Int16Array(samples.length));
  expect(log.lines).toEqual([]);
});

test('without a Thai voice there is a chime and a tone, told once; a beep needs no voice', async () => {
  const render = renderer();
  const heard = async (what: Announcement | 'beep') => readWav((await render(what, 'th', 60))?.wav ?? new Uint8Array(), 'heard').samples;
  expect(await heard(THAI)).toEqual(joinClips([chime(), toneFor('received')], 60));
  expect(await heard(PAIRED)).toEqual(joinClips([chime(), toneFor('paired')], 60));
  expect(await heard('beep')).toEqual(joinClips([beep()], 60));
  expect(log.lines.map(({ event }) => event)).toEqual(['voice.no-pack']);
});

test('a voice of the resource release is used from its switch on, and as long as the release is current', async () => {
  const render = renderer();
  const heard = async () => readWav((await render(THAI, 'th', 100))?.wav ?? new Uint8Array(), 'heard').samples;
  const tones = joinClips([chime(), toneFor('received')], 100);
  expect(await heard()).toEqual(tones);
  const clips = install('V1');
  expect(await heard()).toEqual(inWords(clips, THAI, 100));
  release = null;
  files = async () => null;
  expect(await heard()).toEqual(tones);
});

test('a damaged voice of the release leaves the one that comes with the box; so does a disk that fails', async () => {
  install('V1');
  writeFileSync(join(otaPaths(folder).release('CUST', 'V1'), 'mp3/voice/th/manifest.json'), '{');
  expect((await renderer()(THAI, 'th', 60))?.ms).toBeGreaterThan(500);
  files = async () => {
    throw new DeviceFault('The disk is broken', { code: 'ota-io' });
  };
  expect((await renderer()(PAIRED, 'en', 60))?.ms).toBeGreaterThan(700);
  expect(log.lines.map(({ event }) => event)).toEqual(['voice.pack-unusable', 'voice.no-pack', 'voice.release-unreadable']);
});
