import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHIME, type ClipId, clipsOf } from '../../src/domain/speech/clips.ts';
import { MANIFEST_FILE, manifestText, SAMPLE_RATE } from '../../src/domain/speech/pack.ts';
import { chime } from '../../src/drivers/sound/tone.ts';
import { adpcmWav, type Sound } from '../../src/drivers/sound/wav.ts';
import { type SpokenLanguage, type Synthesiser, VOICES } from './espeak.ts';
import { normalise, trim } from './level.ts';
import { resample } from './resample.ts';

/**
 * Makes the pack of a language in a directory and puts it there as a whole, in the place of the one before. The same
 * version of the synthesiser makes the same bytes. `onClip` is called after each clip.
 */
export function makePack(directory: string, language: SpokenLanguage, synthesiser: Synthesiser, onClip: () => void): void {
  mkdirSync(dirname(directory), { recursive: true });
  const beside = `${directory}.tmp`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  const clips = new Map<string, string>();
  /** The file of each spoken text: cents of two currencies are one recording. */
  const files = new Map<string, string>();
  for (const clip of clipsOf(language)) {
    const spoken = clip.say ?? clip.text;
    const file = files.get(spoken) ?? `${clip.id}.wav`;
    if (!files.has(spoken)) writeFileSync(join(beside, file), adpcmWav(soundOf(clip.id, spoken, language, synthesiser)));
    files.set(spoken, file);
    clips.set(clip.id, file);
    onClip();
  }
  const source = `${synthesiser.name}, voice ${VOICES[language].voice}, ${wordsMark(language)}`;
  writeFileSync(join(beside, MANIFEST_FILE), manifestText({ language, sampleRate: SAMPLE_RATE, clips, source }));
  rmSync(directory, { recursive: true, force: true });
  renameSync(beside, directory);
}

/** A mark of all the words of a language, by which a pack is known that says older ones. */
export function wordsMark(language: SpokenLanguage): string {
  const words = clipsOf(language).map(({ id, text, say }) => [id, say ?? text]);
  return `words ${createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 12)}`;
}

function soundOf(clip: ClipId, spoken: string, language: SpokenLanguage, synthesiser: Synthesiser): Sound {
  if (clip === CHIME) return { sampleRate: SAMPLE_RATE, samples: chime() };
  return normalise(resample(trim(synthesiser.say(spoken, language)), SAMPLE_RATE));
}
