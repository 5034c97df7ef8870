import type { Sound } from '../../src/drivers/sound/wav.ts';

/** Zero crossings of the filter on each side: more is sharper and slower. */
const CROSSINGS = 24;
/** Where the filter ends, as a part of the lower of the two Nyquist frequencies: above it nothing is to come through. */
const CUTOFF = 0.92;

/** The same sound at another sample rate, by a windowed sinc (Blackman) that keeps out what the new rate cannot hold. */
export function resample({ sampleRate, samples }: Sound, rate: number): Sound {
  if (sampleRate === rate) return { sampleRate, samples };
  const ratio = rate / sampleRate;
  const cutoff = CUTOFF * Math.min(1, ratio);
  const reach = CROSSINGS / cutoff;
  const at = (position: number): number => {
    let sum = 0;
    let weights = 0;
    for (let i = Math.ceil(position - reach); i <= Math.floor(position + reach); i++) {
      const x = i - position;
      const weight = sinc(x * cutoff) * blackman(x / reach);
      weights += weight;
      sum += weight * (samples[i] ?? 0);
    }
    return sum / weights;
  };
  const length = Math.round(samples.length * ratio);
  return { sampleRate: rate, samples: Int16Array.from({ length }, (_, i) => clip16(at(i / ratio))) };
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
/** From -1 to 1. */
const blackman = (x: number): number => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
const clip16 = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)));
