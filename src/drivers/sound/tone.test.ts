import { describe, expect, it } from 'vitest';
import { largestStep } from '../../testkit/largest-step.ts';
import { peak, rms } from './level.ts';
import { beep, chime, toneFor } from './tone.ts';

/** Times the sound goes up through zero in a second. */
const pitch = (samples: Int16Array) =>
  (samples.filter((sample, i) => sample >= 0 && (samples[i - 1] ?? 0) < 0).length * 16_000) / samples.length;

describe.each([
  ['the chime', chime(), 520],
  ['the beep', beep(), 250],
  ['the tone of what went well', toneFor('received'), 540],
  ['the tone of what did not', toneFor('card-declined'), 660],
  ['the tone of everything else', toneFor('test'), 300],
])('%s', (_, samples, ms) => {
  it('has its length, is loud, and begins and ends in silence', () => {
    expect(samples).toHaveLength(ms * 16);
    expect(peak(samples)).toBeGreaterThan(12_000);
    expect(rms(samples)).toBeGreaterThan(3_000);
    expect(Math.abs(samples[0] ?? 1) + Math.abs(samples.at(-1) ?? 1)).toBe(0);
    // No more than a sine of 1,400 Hz has itself.
    expect(largestStep(samples)).toBeLessThan(9_000);
  });
});

it('rises for what went well and falls for what did not', () => {
  const half = (samples: Int16Array, n: 0 | 1) => pitch(samples.subarray((n * samples.length) / 2, ((n + 1) * samples.length) / 2));
  for (const phrase of ['received', 'received-many', 'delivered', 'update-done', 'volume-up'] as const) {
    expect(half(toneFor(phrase), 1)).toBeGreaterThan(half(toneFor(phrase), 0) * 1.1);
  }
  for (const phrase of ['failed', 'card-declined', 'card-unanswered', 'update-failed', 'volume-down'] as const) {
    expect(half(toneFor(phrase), 1)).toBeLessThan(half(toneFor(phrase), 0) * 0.9);
  }
});
