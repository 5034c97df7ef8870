import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestStep } from '../../testkit/largest-step.ts';
import { FADE_SAMPLES, joinClips, LEAD_SAMPLES } from './join.ts';
import { peak } from './level.ts';

const clip = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 300 }).map((samples) => Int16Array.from(samples));

describe('clips joined', () => {
  it('are 300 ms of silence and then the clips, without a gap', () => {
    const joined = joinClips([new Int16Array(1_000).fill(500), new Int16Array(2_000).fill(-700)], 100);
    expect(joined).toHaveLength(4_800 + 1_000 + 2_000);
    expect(joined.subarray(0, 4_800).every((sample) => sample === 0)).toBe(true);
    expect([joined[4_800 + 500], joined[5_800 - FADE_SAMPLES - 1], joined[5_800 + FADE_SAMPLES], joined[6_800]]).toEqual([
      500, 500, -700, -700,
    ]);
    expect(joinClips([], 100)).toEqual(new Int16Array(LEAD_SAMPLES));
  });

  it('come in and go out over 3 ms', () => {
    const joined = joinClips([new Int16Array(1_000).fill(20_000)], 100).subarray(LEAD_SAMPLES);
    expect(FADE_SAMPLES).toBe(48);
    expect([...joined.subarray(0, 3), joined[47], joined[48]]).toEqual([208, 625, 1_042, 19_792, 20_000]);
    expect([...joined]).toEqual([...joined].reverse());
  });

  it('never step further than the clips do themselves and the fade adds', () => {
    fc.assert(
      fc.property(fc.array(clip, { maxLength: 5 }), fc.integer({ min: 0, max: 100 }), (clips, volume) => {
        const own = Math.max(0, ...clips.map(largestStep));
        const loudest = Math.max(0, ...clips.map(peak));
        expect(largestStep(joinClips(clips, volume))).toBeLessThanOrEqual(((own + loudest / FADE_SAMPLES) * volume) / 100 + 1);
      }),
    );
  });

  it.each([
    [100, 8_000],
    [50, 4_000],
    [1, 80],
    [0, 0],
    [250, 8_000],
    [-5, 0],
  ])('at volume %i have a peak of %i', (volume, expected) => {
    expect(peak(joinClips([new Int16Array(1_000).fill(8_000)], volume))).toBe(expected);
  });
});
