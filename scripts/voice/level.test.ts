import { describe, expect, test } from 'vitest';
import { peak, rms } from '../../src/drivers/sound/level.ts';
import { normalise, trim } from './level.ts';

const sound = (...samples: number[]) => ({ sampleRate: 1_000, samples: Int16Array.from(samples) });
const still = (length: number) => Array.from({ length }, () => 0);

describe('a sound without the silence around it', () => {
  test('keeps 8 ms before and 25 ms after', () => {
    const { samples } = trim(sound(...still(100), 500, -500, ...still(100)));
    expect([...samples]).toEqual([...still(8), 500, -500, ...still(25)]);
  });

  test('takes what is far softer than the rest for silence, but nothing that is there', () => {
    expect(trim(sound(...still(50).fill(100), 10_000, ...still(50).fill(-100))).samples).toHaveLength(8 + 1 + 25);
    expect(trim(sound(1, 2, 1)).samples).toHaveLength(3);
    expect(trim(sound(...still(50))).samples).toHaveLength(0);
    expect(trim(sound()).samples).toHaveLength(0);
  });

  test('has no pause longer than 120 ms', () => {
    const { samples } = trim(sound(900, ...still(500), 900, ...still(100), 900));
    expect([...samples]).toEqual([900, ...still(120), 900, ...still(100), 900]);
  });
});

describe('a sound as loud as others', () => {
  test('is 18.5 dB below full scale on the average', () => {
    const wave = Array.from({ length: 1_000 }, (_, i) => Math.round(300 * Math.sin(i / 3)));
    expect(rms(normalise(sound(...wave)).samples)).toBeCloseTo(3_900, -1);
  });

  test('has no peak that would clip', () => {
    expect(peak(normalise(sound(...still(500), 1_000, ...still(500))).samples)).toBe(30_000);
    expect(normalise(sound(...still(5))).samples).toEqual(new Int16Array(5));
  });
});
