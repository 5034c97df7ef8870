import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { TicketImage } from '../../ports/printer.ts';
import { type EscPosCommand, EscPosParser } from '../../testkit/escpos-parser.ts';
import { sampleImage } from '../../testkit/sample-tickets.ts';
import { asking, BAND_BYTES, BAND_ROWS, BEGIN, bands, CONFIRM, cutting, FLUSH } from './escpos.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test.each([
  ['ESC @ and GS a 0', BEGIN, '1b401d6100'],
  ['GS r 1', CONFIRM, '1d7201'],
  ['GS V 65 0', cutting('full'), '1d564100'],
  ['GS V 66 0', cutting('partial'), '1d564200'],
  ['ESC d 6', cutting('none'), '1b6406'],
  ['DLE EOT 1', asking(1), '100401'],
  ['DLE EOT 4', asking(4), '100404'],
])('%s', (_, bytes, expected) => {
  expect(hex(bytes)).toBe(expected);
});

test('what ends a broken picture is as long as the longest, and all zeros', () => {
  expect(hex(FLUSH)).toBe('00'.repeat(BAND_BYTES));
});

describe('a picture', () => {
  it('is GS v 0 with its width in bytes and its height in rows, low byte first', () => {
    const bits = Uint8Array.of(0xff, 0x00, 0x81, 0x7e, 0xaa, 0x55);
    expect([...bands({ width: 16, height: 3, bits })].map(hex)).toEqual(['1d763000020003 00ff00817eaa55'.replace(' ', '')]);
  });

  it('goes in bands that a plain printer can hold', () => {
    const heights = (width: number, height: number) =>
      [...bands(sampleImage(width, height, 1))].map((band) => (band[6] ?? 0) + 256 * (band[7] ?? 0));
    expect(heights(384, 50)).toEqual([21, 21, 8]);
    expect(heights(576, 15)).toEqual([14, 1]);
    expect(heights(8, 600)).toEqual([BAND_ROWS, BAND_ROWS, 90]);
    expect(heights(1_024, 8)).toEqual([8]);
  });

  const images = fc
    .record({ across: fc.integer({ min: 1, max: 128 }), height: fc.integer({ min: 1, max: 300 }), seed: fc.nat() })
    .map(({ across, height, seed }) => sampleImage(across * 8, height, seed));

  it('is the same picture when it is read back', () => {
    fc.assert(
      fc.property(images, (image) => {
        expect(readBack(image)).toEqual(image.bits);
      }),
      { numRuns: 50 },
    );
  });

  it.each([0x04, 0x05, 0x14])('holds no command that is obeyed at once (10 %x), at the price of a dot', (second) => {
    const bits = Uint8Array.of(0x10, second, 0x10, 0x10, second, 0x10, 0x06, second, 0x10, 0x10);
    const [band] = [...bands({ width: 16, height: 5, bits })];
    expect(hex(band?.subarray(8) ?? new Uint8Array())).toBe(
      hex(Uint8Array.of(0x18, second, 0x10, 0x18, second, 0x10, 0x06, second, 0x10, 0x10)),
    );
  });

  it('never holds one, whatever it shows', () => {
    const dangerous = fc.constantFrom(0x10, 0x04, 0x05, 0x14, 0x01, 0x18);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(dangerous, { minLength: 8, maxLength: 800 }), (across, bytes) => {
        const height = Math.floor(bytes.length / across);
        const bits = Uint8Array.from(bytes.slice(0, across * height));
        const sent = [BEGIN, ...bands({ width: across * 8, height, bits }), cutting('full')].flatMap((part) => [...part, ...CONFIRM]);
        for (const [i, byte] of sent.entries()) if (byte === 0x10) expect([0x04, 0x05, 0x14]).not.toContain(sent[i + 1]);
        // No dot is lost, and no more than the neighbours of such bytes are added.
        const printed = readBack({ width: across * 8, height, bits });
        for (const [i, byte] of bits.entries()) expect([byte, byte === 0x10 ? 0x18 : byte]).toContain(printed[i]);
      }),
      { numRuns: 100 },
    );
  });
});

/** The dots of a picture as another reader of ESC/POS gets them, in pieces of odd sizes. */
function readBack(image: TicketImage): Uint8Array {
  const parser = new EscPosParser();
  const commands: EscPosCommand[] = [];
  const bytes = Buffer.concat([...bands(image)]);
  for (let at = 0; at < bytes.length; at += 777) {
    parser.push(bytes.subarray(at, at + 777));
    for (let command = parser.next(); command; command = parser.next()) commands.push(command);
  }
  expect(parser.waiting()).toBe(0);
  return new Uint8Array(
    Buffer.concat(
      commands.map((command) => {
        if (command.name !== 'picture') throw new TypeError(`a ${command.name}`);
        expect(command.rowBytes).toBe(image.width / 8);
        return command.data;
      }),
    ),
  );
}
