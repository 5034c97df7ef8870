import { SAMPLE_RATE } from '../../domain/speech/pack.ts';

/** Silence in front: amplifiers and players swallow the first 100 to 500 ms. */
export const LEAD_SAMPLES = (SAMPLE_RATE * 300) / 1_000;
/** Each clip comes in and goes out over 3 ms, so that no join clicks. */
export const FADE_SAMPLES = (SAMPLE_RATE * 3) / 1_000;

/**
 * Clips as one sound: silence, then one behind the other without a gap. `volume` is 0 (nothing is heard) to 100 (as
 * loud as they were recorded). No step between two samples is larger than the clips' own largest plus a FADE_SAMPLES-th
 * of their peak.
 */
export function joinClips(clips: readonly Int16Array[], volume: number): Int16Array {
  const gain = Math.min(100, Math.max(0, volume)) / 100;
  const joined = new Int16Array(clips.reduce((length, clip) => length + clip.length, LEAD_SAMPLES));
  let at = LEAD_SAMPLES;
  for (const clip of clips) {
    for (const [i, sample] of clip.entries()) joined[at + i] = Math.round(sample * gain * fade(i, clip.length));
    at += clip.length;
  }
  return joined;
}

const fade = (i: number, length: number): number => Math.min(1, (i + 0.5) / FADE_SAMPLES, (length - i - 0.5) / FADE_SAMPLES);
