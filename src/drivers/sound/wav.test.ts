import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationFault } from '../../domain/fault.ts';
import { adpcmWav, pcmBytes, pcmWav, readWav } from './wav.ts';

const SOUND = { sampleRate: 16_000, samples: Int16Array.of(0, 1, -1, 32_767, -32_768) };
const PCM_FILE =
  '52494646 2e000000 57415645 666d7420 10000000 0100 0100 803e0000 007d0000 0200 1000 64617461 0a000000 0000 0100 ffff ff7f 0080';
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A file with bytes replaced from an offset on. */
const patched = (file: Uint8Array, at: number, ...bytes: number[]) => {
  const copy = new Uint8Array(file);
  copy.set(bytes, at);
  return copy;
};
const chunk = (id: string, content: Uint8Array | readonly number[], size = content.length) => {
  const head = Buffer.alloc(8);
  head.write(id, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, Uint8Array.from(content), new Uint8Array(content.length % 2)]);
};
const riff = (...chunks: Uint8Array[]) => {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks]);
  return chunk('RIFF', body);
};
const FMT = hex('0100 0100 803e0000 007d0000 0200 1000');
const ADPCM_FMT = hex('1100 0100 803e0000 ae1f0000 0001 0400 0200 f901');

describe('a WAV file', () => {
  it('of PCM is written byte by byte as the format says', () => {
    expect(Buffer.from(pcmWav(SOUND)).toString('hex')).toBe(hex(PCM_FILE).toString('hex'));
    expect(readWav(hex(PCM_FILE), 'a.wav')).toEqual(SOUND);
  });

  it('of IMA ADPCM has its block size, samples in a block, and number of samples', () => {
    const file = Buffer.from(adpcmWav({ sampleRate: 16_000, samples: new Int16Array(1_000) }));
    expect(file.subarray(0, 60).toString('hex')).toBe(
      hex('52494646 30020000 57415645 666d7420 14000000').toString('hex') +
        ADPCM_FMT.toString('hex') +
        hex('66616374 04000000 e8030000 64617461 fb010000').toString('hex'),
    );
    expect(readWav(file, 'a.wav')).toEqual({ sampleRate: 16_000, samples: new Int16Array(1_000) });
  });

  it('comes back: PCM exactly, ADPCM in length and rate', () => {
    const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 1_200 }).map((list) => Int16Array.from(list));
    fc.assert(
      fc.property(samples, fc.constantFrom(8_000, 16_000, 22_050, 48_000), (samples, sampleRate) => {
        expect(readWav(pcmWav({ sampleRate, samples }), 'a')).toEqual({ sampleRate, samples });
        const back = readWav(adpcmWav({ sampleRate, samples }), 'a');
        expect([back.sampleRate, back.samples.length]).toEqual([sampleRate, samples.length]);
      }),
    );
  });

  it('is read wherever it lies in memory, past chunks it does not know', () => {
    const file = riff(chunk('LIST', [1, 2, 3]), chunk('fmt ', FMT), chunk('data', pcmBytes(SOUND.samples)), chunk('id3 ', [9]));
    const inside = new Uint8Array(file.length + 3);
    inside.set(file, 3);
    expect(readWav(inside.subarray(3), 'a.wav')).toEqual(SOUND);
  });

  it('of ADPCM without a number of samples has all of its blocks', () => {
    const file = riff(chunk('fmt ', ADPCM_FMT), chunk('data', new Uint8Array(512)));
    expect(readWav(file, 'a.wav').samples).toHaveLength(1_010);
  });

  const good = hex(PCM_FILE);
  const pcm = (...fmt: [at: number, ...bytes: number[]][]) =>
    fmt.reduce((file, [at, ...bytes]) => patched(file, 20 + at, ...bytes), new Uint8Array(good));
  const adpcm = (fmt: Uint8Array, data: Uint8Array, ...fact: Uint8Array[]) => riff(chunk('fmt ', fmt), ...fact, chunk('data', data));
  it.each([
    ['nothing', new Uint8Array()],
    ['something else', Buffer.from('ID3 this is an MP3 file')],
    ['another RIFF file', patched(good, 8, 0x41, 0x56, 0x49, 0x20)],
    ['a file that was cut off', good.subarray(0, -2)],
    ['a file with something behind', Buffer.concat([good, Buffer.alloc(2)])],
    ['half a chunk head', riff(chunk('fmt ', FMT), Buffer.from('dat'))],
    ['a chunk beyond the end', riff(chunk('fmt ', FMT), chunk('data', [0, 0], 4_000_000_000))],
    ['no format', riff(chunk('data', [0, 0]))],
    ['a short format', riff(chunk('fmt ', FMT.subarray(0, 14)), chunk('data', [0, 0]))],
    ['no data', riff(chunk('fmt ', FMT))],
    ['two formats', riff(chunk('fmt ', FMT), chunk('fmt ', FMT), chunk('data', [0, 0]))],
    ['too many chunks', riff(...Array.from({ length: 33 }, (_, i) => chunk(`c${String(i).padStart(3, '0')}`, [])), chunk('fmt ', FMT))],
    ['stereo', pcm([2, 2])],
    ['no channel', pcm([2, 0])],
    ['8 bits', pcm([12, 1], [14, 8])],
    ['24 bits', pcm([12, 3], [14, 24])],
    ['floating point', pcm([0, 3])],
    ['an MP3 in a WAV', pcm([0, 0x55])],
    ['a rate of 0', pcm([4, 0, 0])],
    ['a rate of 96,000', pcm([4, 0, 0x77, 1])],
    ['half a sample', riff(chunk('fmt ', FMT), chunk('data', [0, 0, 0]))],
    ['21 seconds', riff(chunk('fmt ', FMT), chunk('data', new Uint8Array(21 * 32_000)))],
    ['21 seconds of ADPCM', adpcm(ADPCM_FMT, new Uint8Array(256 * 666))],
    ['ADPCM without its block', adpcm(FMT.with(0, 0x11).with(14, 4), new Uint8Array(256))],
    ['ADPCM in blocks of 4', adpcm(ADPCM_FMT.with(12, 4).with(13, 0).with(18, 1).with(19, 0), new Uint8Array(256))],
    ['ADPCM whose blocks hold another number', adpcm(ADPCM_FMT.with(18, 0xf8), new Uint8Array(256))],
    ['ADPCM with an impossible block', adpcm(ADPCM_FMT, new Uint8Array(256).with(2, 89))],
    ['more samples than there are', adpcm(ADPCM_FMT, new Uint8Array(256), chunk('fact', [0xfa, 1, 0, 0]))],
    ['far fewer samples than there are', adpcm(ADPCM_FMT, new Uint8Array(512), chunk('fact', [1, 0, 0, 0]))],
    ['half a number of samples', adpcm(ADPCM_FMT, new Uint8Array(256), chunk('fact', [1, 0]))],
  ])('that is %s is refused by name', (_, bytes) => {
    const read = () => readWav(bytes, 'pack/n-5.wav');
    expect(read).toThrow(ConfigurationFault);
    expect(read).toThrow(expect.objectContaining({ code: 'voice-pack-wav', message: expect.stringContaining('pack/n-5.wav') }));
  });

  it('changed anywhere is read or refused, never anything else', () => {
    const files = [good, adpcmWav({ sampleRate: 16_000, samples: new Int16Array(700) })];
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat() });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(change, { maxLength: 6 }), (file, changes) => {
        let bytes: Uint8Array = new Uint8Array(file);
        for (const { at, byte, cut } of changes) {
          bytes = bytes.with(at % bytes.length, byte);
          if (cut % 5 === 0) bytes = bytes.subarray(0, 1 + (cut % bytes.length));
        }
        try {
          expect(readWav(bytes, 'a').samples.length).toBeLessThanOrEqual(20 * 48_000);
        } catch (error) {
          if (!(error instanceof ConfigurationFault)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
