import { peak, rms } from '../../src/drivers/sound/level.ts';
import type { Sound } from '../../src/drivers/sound/wav.ts';

/** 18.5 dB below full scale on the average: as loud as the peaks of most words allow, so that all are equally loud. */
const RMS = 3_900;
/** What ADPCM may add to it must not clip. */
const PEAK = 30_000;
/** Softer than this part of the loudest sample is silence. */
const SILENCE = 0.012;
/** Kept of the silence around a clip: with it two words stand apart as they do in speech. */
const BEFORE_MS = 8;
const AFTER_MS = 25;
/** Longest pause inside a clip. */
const PAUSE_MS = 120;
/** No more than this is nothing at all, and nothing clicks where it is cut. */
const NOTHING = 3;

/** The sound without the silence around it, but for a little, and with short pauses only. */
export function trim({ sampleRate, samples }: Sound): Sound {
  const quiet = Math.round(peak(samples) * SILENCE);
  const loud = (sample: number) => Math.abs(sample) > quiet;
  const first = samples.findIndex(loud);
  if (first === -1) return { sampleRate, samples: samples.slice(0, 0) };
  const from = Math.max(0, first - Math.round((BEFORE_MS * sampleRate) / 1_000));
  const to = samples.findLastIndex(loud) + 1 + Math.round((AFTER_MS * sampleRate) / 1_000);
  return { sampleRate, samples: withShortPauses(samples.subarray(from, to), Math.round((PAUSE_MS * sampleRate) / 1_000)) };
}

function withShortPauses(samples: Int16Array, longest: number): Int16Array {
  let still = 0;
  return samples.filter((sample) => {
    still = Math.abs(sample) <= NOTHING ? still + 1 : 0;
    return still <= longest;
  });
}

/** The sound as loud as all others, unless its peaks forbid it. */
export function normalise({ sampleRate, samples }: Sound): Sound {
  const gain = Math.min(RMS / Math.max(1, rms(samples)), PEAK / Math.max(1, peak(samples)));
  return { sampleRate, samples: samples.map((sample) => Math.round(sample * gain)) };
}
