import { buf } from 'crc-32';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPng } from '../../testkit/png.ts';
import { encodePng } from './png.ts';

test('another reader finds the pixels that were written', async () => {
  const pictures = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    .chain(([width, height]) =>
      fc.uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 }).map((rgba) => ({ width, height, rgba })),
    );
  await fc.assert(
    fc.asyncProperty(pictures, async ({ width, height, rgba }) => {
      const read = readPng(await encodePng({ width, height, rgba }));
      expect([read.width, read.height]).toEqual([width, height]);
      expect([...read.data]).toEqual([...rgba].map((value, i) => (i % 4 === 3 ? 255 : value)));
    }),
  );
});

test('every chunk has its checksum', async () => {
  const png = await encodePng({ width: 2, height: 1, rgba: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) });
  // PNG specification 11.2.5: IEND is the same in every file.
  expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    expect(png.readInt32BE(end)).toBe(buf(png.subarray(at + 4, end)));
    at = end + 4;
  }
});
