import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockSamples, decodeAdpcm, encodeAdpcm } from './adpcm.ts';

const block = (sample: number, index: number, ...bytes: number[]) => {
  const header = new Uint8Array([0, 0, index, 0, ...bytes]);
  new DataView(header.buffer).setInt16(0, sample, true);
  return header;
};
/** Both halves of each byte in the other order: as Python's audioop packs them, high half first. */
const swapped = (bytes: readonly number[]) => bytes.map((byte) => ((byte << 4) & 0xf0) | (byte >> 4));

describe('IMA ADPCM', () => {
  // "Recommended Practices for Enhancing Digital Audio Compatibility": 0x873F after 0x8700 with a step of 73 is 3, and
  // leads there exactly.
  it('codes the example of the IMA', () => {
    const [from, to] = [0x8700 - 0x10000, 0x873f - 0x10000];
    expect(decodeAdpcm(block(from, 24, 0x03), 8)?.slice(0, 2)).toEqual(Int16Array.of(from, to));
  });

  // What follows was coded and decoded by audioop of Python 3.11, an implementation of its own: 12,000 sin 0.3 i + 3,000 sin 1.7 i.
  const SAMPLES = [
    ...[0, 6521, 6009, 6622, 12666, 14365, 9586, 8504, 10683, 6318, -1190, -2339, -2310, -8579, -13374, -10653, -9316, -12866, -11458],
    ...[-4288, -1765, -2527, 2854, 9898, 9646, 8267, 12630, 14459, 8880, 5488, 6956, 3442, -4604, -6791, -5550, -9989, -14765, -11730],
    ...[-8090, -10106, -9132],
  ];
  const AFTER_STEP_20 = swapped([119, 119, 119, 1, 191, 144, 187, 17, 177, 113, 131, 64, 147, 12, 144, 175, 128, 170, 18, 144]);
  const DECODED = [
    ...[0, 93, 292, 722, 1647, 3634, 7894, 8502, 10162, 6640, -222, -3163, -2272, -7945, -13101, -11093, -9268, -13142, -11633, -4771],
    ...[-1830, -2721, 2952, 9582, 10473, 8042, 13198, 13867, 8388, 6179, 6848, 3805, -4497, -5683, -4605, -9507, -13964, -11533, -7850],
    ...[-9858, -9250],
  ];

  it('decodes what another implementation coded', () => {
    expect([...(decodeAdpcm(block(0, 20, ...AFTER_STEP_20), 64) ?? [])]).toEqual(DECODED);
  });

  it('stays within 16 bits and its table of steps', () => {
    const extreme = swapped([0x77, 0x77, 0xff, 0xff, 0x08, 0x0f, 0xf7, 0x3c]);
    const expected = [
      32767, 32767, 32767, 32767, -28669, -32768, -32768, -32768, -28673, -32397, -29012, -32768, -32768, 28668, 32767, -751,
    ];
    expect([...(decodeAdpcm(block(100, 88, ...extreme), 64) ?? [])]).toEqual([100, ...expected]);
  });

  it('codes as another implementation does', () => {
    const extremes = encodeAdpcm(Int16Array.of(0, 32767, -32768, 32767, -32768, 0, 0, 0, 0), 64);
    expect([...extremes]).toEqual([0, 0, 0, 0, ...swapped([127, 127, 40, 8])]);
    const expected = [119, 119, 119, 119, 31, 160, 203, 32, 161, 97, 131, 88, 130, 28, 144, 174, 128, 171, 34, 144];
    expect([...encodeAdpcm(Int16Array.from(SAMPLES), 64)]).toEqual([0, 0, 0, 0, ...swapped(expected)]);
  });

  it('fills whole blocks, and the last as far as it goes', () => {
    const samples = Int16Array.from({ length: 41 + 6 }, (_, i) => i * 10);
    const coded = encodeAdpcm(samples, 24);
    expect([blockSamples(24), coded.length]).toEqual([41, 24 + 4 + 3]);
    // Each block begins with a sample of its own, exactly.
    const decoded = decodeAdpcm(coded, 24) ?? [];
    expect([decoded.length, decoded[0], decoded[41]]).toEqual([48, 0, 410]);
    expect(encodeAdpcm(new Int16Array(), 24)).toHaveLength(0);
  });

  it('knows a block that cannot be', () => {
    expect(decodeAdpcm(block(0, 89), 24)).toBeNull();
    expect(decodeAdpcm(new Uint8Array(24 + 3), 24)).toBeNull();
    expect(decodeAdpcm(new Uint8Array(), 24)).toHaveLength(0);
  });

  it('decodes anything without end or error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 32, max: 256 }), (data, blockBytes) => {
        const decoded = decodeAdpcm(data, blockBytes);
        expect(decoded === null || decoded.length <= data.length * 2).toBe(true);
      }),
    );
  });

  it('comes back as near as four bits allow: speech-like sound at 23 dB and better, silence exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ hz: fc.integer({ min: 80, max: 1_500 }), level: fc.integer({ min: 500, max: 6_000 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (voices) => {
          const swell = (i: number) => Math.min(1, i / 400);
          const samples = Int16Array.from({ length: 4_000 }, (_, i) =>
            voices.reduce((sum, { hz, level }) => sum + swell(i) * level * Math.sin((2 * Math.PI * hz * i) / 16_000), 0),
          );
          const decoded = decodeAdpcm(encodeAdpcm(samples, 256), 256) ?? new Int16Array();
          const power = (of: (i: number) => number) => samples.reduce((sum, _, i) => sum + of(i) ** 2, 0);
          const error = power((i) => (samples[i] ?? 0) - (decoded[i] ?? 0));
          // 24.2 dB is the worst of 6,000 such sounds: all of it at 1,500 Hz.
          expect(10 * Math.log10(power((i) => samples[i] ?? 0) / error)).toBeGreaterThan(23);
        },
      ),
      { numRuns: 50 },
    );
    expect(decodeAdpcm(encodeAdpcm(new Int16Array(1_010), 256), 256)).toEqual(new Int16Array(1_010));
  });
});
