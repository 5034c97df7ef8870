import { expect, test } from 'vitest';
import { rms } from '../../src/drivers/sound/level.ts';
import { resample } from './resample.ts';

const sine = (hz: number, sampleRate = 22_050) => ({
  sampleRate,
  samples: Int16Array.from({ length: sampleRate / 2 }, (_, i) => Math.round(16_000 * Math.sin((2 * Math.PI * hz * i) / sampleRate))),
});
/** Without the ends, where the filter reaches beyond the sound. */
const middle = (samples: Int16Array) => samples.subarray(400, -400);

test.each([100, 1_000, 3_000, 6_000])('%i Hz stays as it is', (hz) => {
  const { sampleRate, samples } = resample(sine(hz), 16_000);
  expect([sampleRate, samples.length]).toEqual([16_000, 8_000]);
  const expected = sine(hz, 16_000).samples;
  expect(Math.max(...middle(samples.map((sample, i) => Math.abs(sample - (expected[i] ?? 0)))))).toBeLessThan(40);
});

test.each([8_500, 9_500, 10_500])('%i Hz, which the lower rate cannot hold, is gone and comes back as nothing else', (hz) => {
  expect(rms(middle(resample(sine(hz), 16_000).samples))).toBeLessThan(11_314 / 300);
});

test('a constant stays the same constant, also the largest', () => {
  for (const level of [1_000, 32_767, -32_768]) {
    const { samples } = resample({ sampleRate: 22_050, samples: new Int16Array(4_410).fill(level) }, 16_000);
    expect(new Set(middle(samples))).toEqual(new Set([level]));
  }
});

test('goes up as well as down, and not at all where the rate is right', () => {
  expect(resample(sine(1_000, 8_000), 16_000).samples).toHaveLength(8_000);
  const right = sine(1_000, 16_000);
  expect(resample(right, 16_000).samples).toEqual(right.samples);
});
