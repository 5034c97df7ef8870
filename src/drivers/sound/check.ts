import { readdir } from 'node:fs/promises';
import { ConfigurationFault } from '../../domain/fault.ts';
import { type ClipId, clipsOf } from '../../domain/speech/clips.ts';
import { checkPack, type PackManifest, type PackProblem, SAMPLE_RATE } from '../../domain/speech/pack.ts';
import { rms } from './level.ts';
import { readClip, readPackManifest } from './pack.ts';
import type { Sound } from './wav.ts';

/** A clip by measurement. */
interface ClipReport {
  readonly id: ClipId;
  readonly file: string;
  readonly ms: number;
  /** Mean loudness in dB below full scale: -18 is usual speech. */
  readonly dbfs: number;
}

export interface PackReport {
  readonly ok: boolean;
  readonly manifest: PackManifest;
  readonly clips: readonly ClipReport[];
  readonly problems: readonly PackProblem[];
}

/** Softer than this on the average, a clip cannot be heard: -60 dB. */
const SILENT_RMS = 32;

/**
 * Looks at everything in a pack's directory. @throws ConfigurationFault when there is no usable manifest, the one thing
 * without which nothing else can be looked at
 */
export async function inspectPack(directory: string): Promise<PackReport> {
  const manifest = await readPackManifest(directory);
  const clips: ClipReport[] = [];
  const problems: PackProblem[] = [...checkPack(manifest, clipsOf(manifest.language))];
  for (const [id, file] of manifest.clips) {
    const sound = await readClip(directory, file).catch(asFault);
    if (sound instanceof ConfigurationFault) {
      const detail = sound.expected === undefined ? `${sound.found}` : `${sound.found}, expected ${sound.expected}`;
      problems.push({ code: 'clip-damaged', about: id, detail: `${file}: ${detail}` });
      continue;
    }
    problems.push(...soundProblems(id, file, sound));
    clips.push({ id, file, ...measure(sound) });
  }
  const used = new Set(manifest.clips.values());
  for (const file of (await readdir(directory)).sort()) {
    if (file.endsWith('.wav') && !used.has(file)) problems.push({ code: 'file-unused', about: file, detail: 'no clip is in it' });
  }
  return { ok: problems.length === 0, manifest, clips, problems };
}

function soundProblems(id: ClipId, file: string, { sampleRate, samples }: Sound): PackProblem[] {
  const problems: PackProblem[] = [];
  if (sampleRate !== SAMPLE_RATE) {
    problems.push({ code: 'sample-rate', about: id, detail: `${file}: ${sampleRate} a second, not ${SAMPLE_RATE}` });
  }
  if (rms(samples) < SILENT_RMS) problems.push({ code: 'clip-silent', about: id, detail: `${file}: nothing can be heard` });
  return problems;
}

const measure = ({ sampleRate, samples }: Sound) => ({
  ms: Math.round((samples.length * 1_000) / sampleRate),
  dbfs: Math.round(200 * Math.log10(Math.max(1, rms(samples)) / 32_768)) / 10,
});

function asFault(error: unknown): ConfigurationFault {
  if (error instanceof ConfigurationFault) return error;
  throw error;
}
