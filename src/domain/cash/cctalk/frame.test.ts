import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CcTalkChecksum } from './checksum.ts';
import { Echo } from './echo.ts';
import { type CcTalkFrame, encodeRequest, FrameReader } from './frame.ts';

const REPLY = [1, 11, 2, 0, 6, 6, 4, 0, 20, 0, 23, 6, 4, 13, 2, 158];
const READ = { destination: 1, source: 2, header: 0, data: [6, 6, 4, 0, 20, 0, 23, 6, 4, 13, 2] };

describe('a frame on the line', () => {
  it.each<[number, number, readonly number[], CcTalkChecksum, readonly number[]]>([
    [2, 254, [], 'simple', [2, 0, 1, 254, 255]],
    [2, 245, [], 'simple', [2, 0, 1, 245, 8]],
    [2, 229, [], 'simple', [2, 0, 1, 229, 24]],
    [2, 230, [], 'simple', [2, 0, 1, 230, 23]],
    [3, 246, [], 'simple', [3, 0, 1, 246, 6]],
    [40, 254, [], 'simple', [40, 0, 1, 254, 217]],
    [40, 254, [], 'crc', [40, 0, 182, 254, 33]],
    [2, 231, [0xff, 0x03], 'simple', [2, 2, 1, 231, 255, 3, 18]],
  ])('to %i, header %i with %j, %s', (address, header, data, checksum, bytes) => {
    expect([...encodeRequest(address, header, data, checksum)]).toEqual(bytes);
    const source = checksum === 'crc' ? null : 1;
    expect(new FrameReader(checksum, address).take(bytes)).toEqual([{ destination: address, source, header, data }]);
  });

  it.each<[string, readonly number[], readonly CcTalkFrame[]]>([
    ['an acknowledgement', [1, 0, 2, 0, 253], [{ destination: 1, source: 2, header: 0, data: [] }]],
    ['a list of events', REPLY, [READ]],
    ['two in a row', [...REPLY, 1, 0, 2, 0, 253], [READ, { destination: 1, source: 2, header: 0, data: [] }]],
    ['one behind noise', [7, 0, 99, ...REPLY], [READ]],
    ['one of a wrong checksum', [...REPLY.slice(0, -1), 159], []],
    ['one to somebody else', [2, 0, 1, 254, 255], []],
    ['one behind another’s', [2, 0, 1, 229, 24, ...REPLY], [READ]],
    ['half of one', REPLY.slice(0, 9), []],
    ['one behind the beginning of a longer one', [1, 200, ...REPLY], [READ]],
  ])('is found: %s', (_, bytes, frames) => {
    const reader = new FrameReader('simple');
    expect([...reader.take(bytes), ...reader.silence()]).toEqual(frames);
    // Nothing of before is left.
    expect(reader.take(REPLY)).toEqual([READ]);
  });

  it('is not waited for longer than the line may be silent', () => {
    const reader = new FrameReader('simple');
    expect(reader.take([1, 200, ...REPLY])).toEqual([]);
    expect(reader.silence()).toEqual([READ]);
  });

  const bytes = fc.array(fc.nat(255), { maxLength: 300 });
  const cut = (all: readonly number[], at: readonly number[]): number[][] => {
    const cuts = [...new Set(at.map((n) => n % (all.length + 1)))].sort((a, b) => a - b);
    return [0, ...cuts].map((from, i) => all.slice(from, cuts[i] ?? all.length));
  };

  it('never breaks the reader, whatever the bytes and however they come', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(1_000)), fc.constantFrom<CcTalkChecksum>('simple', 'crc'), (all, at, checksum) => {
        const reader = new FrameReader(checksum);
        const found = [...cut(all, at).flatMap((chunk) => reader.take(chunk)), ...reader.silence()];
        const whole = new FrameReader(checksum);
        expect(found).toEqual([...whole.take(all), ...whole.silence()]);
        for (const frame of found) expect(frame.destination).toBe(1);
      }),
    );
  });

  it('is found in noise that is not addressed to the host', () => {
    const noise = fc.array(fc.integer({ min: 2, max: 255 }), { maxLength: 50 });
    const data = fc.array(fc.nat(255), { maxLength: 250 });
    fc.assert(
      fc.property(
        noise,
        data,
        noise,
        fc.array(fc.nat(400)),
        fc.constantFrom<CcTalkChecksum>('simple', 'crc'),
        (before, sent, after, at, checksum) => {
          const frame = encodeRequest(1, 0, sent, checksum);
          const reader = new FrameReader(checksum);
          const found = [...cut([...before, ...frame, ...after], at).flatMap((chunk) => reader.take(chunk)), ...reader.silence()];
          expect(found).toEqual([{ destination: 1, source: checksum === 'crc' ? null : 1, header: 0, data: sent }]);
        },
      ),
    );
  });

  it('does not survive a changed byte', () => {
    fc.assert(
      fc.property(fc.nat(REPLY.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const reader = new FrameReader('simple');
        const damaged = REPLY.map((byte, i) => (i === at ? byte ^ change : byte));
        expect([...reader.take(damaged), ...reader.silence()].filter(({ data }) => data.length === 11)).toEqual([]);
      }),
    );
  });
});

describe('the echo of a request', () => {
  const SENT = Uint8Array.from([2, 0, 1, 229, 24]);
  const strip = (sure: boolean, ...chunks: readonly (readonly number[])[]) => {
    const echo = new Echo(SENT, sure);
    return { rest: chunks.flatMap((chunk) => echo.strip(chunk)), heard: echo.heard };
  };

  it.each<[string, boolean, readonly (readonly number[])[], readonly number[], boolean]>([
    ['is taken out', false, [[...SENT, 1, 0]], [1, 0], true],
    ['byte by byte', false, [[2], [0], [1], [229], [24], [1], [0]], [1, 0], true],
    ['is not there', false, [[1, 0, 2]], [1, 0, 2], false],
    [
      'is not there although it begins like it',
      false,
      [
        [2, 0],
        [7, 8],
      ],
      [2, 0, 7, 8],
      false,
    ],
    [
      'is waited for',
      true,
      [
        [1, 0, 2, 0, 253],
        [2, 0],
        [1, 229, 24, 9],
      ],
      [9],
      true,
    ],
    ['begins within its own beginning', true, [[2, 0, 2, 0, 1, 229, 24, 9]], [9], true],
    ['never comes', true, [[1, 0, 2, 0, 253]], [], false],
    ['is taken out once', true, [[...SENT, ...SENT]], [...SENT], true],
  ])('%s', (_, sure, chunks, rest, heard) => {
    expect(strip(sure, ...chunks)).toEqual({ rest, heard });
  });
});
