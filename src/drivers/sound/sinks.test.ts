import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_RATE } from '../../domain/speech/pack.ts';
import { pcmSinkContract } from '../../testkit/pcm-sink-contract.ts';
import { NoSink } from './no-sink.ts';
import { readWav } from './wav.ts';
import { WavSink } from './wav-sink.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-sink-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

pcmSinkContract('no loudspeaker', () => ({ sink: new NoSink(), heard: async () => null, remove: () => {} }));

let files = 0;
pcmSinkContract('a WAV file', () => {
  const file = join(folder, `contract-${files++}.wav`);
  const sink = new WavSink(file);
  const heard = async () => {
    await sink.close();
    return readWav(readFileSync(file), file).samples;
  };
  return { sink, heard, remove: () => rmSync(file) };
});

describe('a WAV file', () => {
  it('is there when it is whole, and only then', async () => {
    const file = join(folder, 'whole.wav');
    writeFileSync(file, 'what was there before');
    const sink = new WavSink(file);
    await sink.write(Int16Array.of(1, -2, 32_767, -32_768));
    expect(readFileSync(file, 'latin1')).toBe('what was there before');
    await sink.close();
    expect(readWav(readFileSync(file), file)).toEqual({ sampleRate: SAMPLE_RATE, samples: Int16Array.of(1, -2, 32_767, -32_768) });
    expect(readdirSync(folder)).toEqual(['whole.wav']);
  });

  it('that cannot be written is told with its name, and leaves nothing behind', async () => {
    await expect(new WavSink(join(folder, 'missing', 'a.wav')).close()).rejects.toMatchObject({
      code: 'file-not-written',
      blame: 'configuration',
      message: expect.stringContaining('missing/a.wav'),
    });
    await expect(new WavSink(folder).close()).rejects.toMatchObject({ code: 'file-not-written' });
    expect(readdirSync(tmpdir())).not.toContain(`${folder}.tmp`);
  });

  it('holds ten minutes and no more', async () => {
    const sink = new WavSink(join(folder, 'long.wav'));
    const minute = new Int16Array(60 * SAMPLE_RATE);
    for (let i = 0; i < 10; i++) await sink.write(minute);
    await expect(sink.write(Int16Array.of(1))).rejects.toMatchObject({ code: 'sound-too-long', blame: 'device' });
  });
});
