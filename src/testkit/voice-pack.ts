import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClipId, clipsOf } from '../domain/speech/clips.ts';
import type { Language } from '../domain/speech/language.ts';
import { MANIFEST_FILE, manifestText, SAMPLE_RATE } from '../domain/speech/pack.ts';
import { pcmWav } from '../drivers/sound/wav.ts';

/** The n-th clip of a sample pack: a tone of its own, 50 to 60 ms long, that begins and ends loud, as no recording does. */
export function sampleClip(n: number): Int16Array {
  return Int16Array.from({ length: 800 + n }, (_, i) => Math.round(9_000 * Math.cos((2 * Math.PI * (200 + n) * i) / SAMPLE_RATE)));
}

/** Writes a whole pack of a language, every clip a tone of its own: what each clip holds. */
export function writeSamplePack(directory: string, language: Language): ReadonlyMap<ClipId, Int16Array> {
  mkdirSync(directory, { recursive: true });
  const sounds = new Map(clipsOf(language).map(({ id }, n) => [id, sampleClip(n)]));
  for (const [id, samples] of sounds) writeFileSync(join(directory, `${id}.wav`), pcmWav({ sampleRate: SAMPLE_RATE, samples }));
  const clips = new Map([...sounds.keys()].map((id) => [id, `${id}.wav`]));
  writeFileSync(join(directory, MANIFEST_FILE), manifestText({ language, sampleRate: SAMPLE_RATE, clips, source: 'tones' }));
  return sounds;
}
