import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigurationFault } from '../../domain/fault.ts';
import { manifestText } from '../../domain/speech/pack.ts';
import { sampleClip, writeSamplePack } from '../../testkit/voice-pack.ts';
import { findPack, VoicePack } from './pack.ts';
import { adpcmWav, pcmWav } from './wav.ts';

let folder: string;
let pack: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-pack-'));
  pack = join(folder, 'id');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a pack', () => {
  it('reads a clip when it is first used, and not again', async () => {
    const sounds = writeSamplePack(pack, 'id');
    const opened = await VoicePack.open(pack, 'id');
    expect(await opened.clip('puluh')).toEqual(sounds.get('puluh'));
    rmSync(pack, { recursive: true });
    expect(await opened.clip('puluh')).toEqual(sounds.get('puluh'));
    await expect(opened.clip('n-5')).rejects.toMatchObject({
      code: 'voice-pack-clip',
      found: 'ENOENT',
      message: expect.stringContaining('id/n-5.wav'),
    });
  });

  it('reads compressed clips', async () => {
    writeSamplePack(pack, 'id');
    writeFileSync(join(pack, 'n-5.wav'), adpcmWav({ sampleRate: 16_000, samples: sampleClip(7) }));
    const opened = await VoicePack.open(pack, 'id');
    expect(await opened.clip('n-5')).toHaveLength(807);
  });

  it('keeps no more than 4 MiB of what it has read', async () => {
    writeSamplePack(pack, 'id');
    const opened = await VoicePack.open(pack, 'id');
    const long = pcmWav({ sampleRate: 16_000, samples: new Int16Array(20 * 16_000).fill(1) });
    const clips = ['n-0', 'n-1', 'n-2', 'n-3', 'n-4', 'n-5', 'n-6'];
    for (const id of clips) {
      writeFileSync(join(pack, `${id}.wav`), long);
      await opened.clip(id);
      unlinkSync(join(pack, `${id}.wav`));
    }
    // 640,000 bytes each: six fit.
    for (const id of clips.slice(0, 6)) expect(await opened.clip(id)).toHaveLength(320_000);
    await expect(opened.clip('n-6')).rejects.toMatchObject({ code: 'voice-pack-clip' });
  });

  it.each([
    ['nothing there', () => {}, 'voice-pack-clip', 'ENOENT'],
    ['a link', (file: string) => symlinkSync('/etc/passwd', file), 'voice-pack-clip', 'ELOOP'],
    ['a directory', (file: string) => mkdirSync(file), 'voice-pack-clip', 'no plain file'],
    ['a pipe that nobody writes to', (file: string) => execFileSync('mkfifo', [file]), 'voice-pack-clip', 'no plain file'],
    [
      'a file of 2 MiB',
      (file: string) => writeFileSync(file, Buffer.alloc(2 ** 21)),
      'voice-pack-clip',
      '2097152 bytes, more than 1048576',
    ],
    ['an empty file', (file: string) => writeFileSync(file, ''), 'voice-pack-wav', 'something else'],
    ['text', (file: string) => writeFileSync(file, 'no sound'), 'voice-pack-wav', 'something else'],
    [
      'another sample rate',
      (file: string) => writeFileSync(file, pcmWav({ sampleRate: 22_050, samples: sampleClip(1) })),
      'voice-pack-sample-rate',
      '22050',
    ],
  ])('with %s for a clip says so', async (_, damage, code, found) => {
    writeSamplePack(pack, 'id');
    unlinkSync(join(pack, 'n-5.wav'));
    damage(join(pack, 'n-5.wav'));
    const opened = await VoicePack.open(pack, 'id');
    await expect(opened.clip('n-5')).rejects.toMatchObject({ code, found, blame: 'configuration' });
    expect(await opened.clip('n-6')).toHaveLength(807);
  });

  it('knows the clips of its manifest only', async () => {
    writeSamplePack(pack, 'id');
    await expect((await VoicePack.open(pack, 'id')).clip('toString')).rejects.toMatchObject({
      code: 'voice-pack-clip',
      expected: 'toString',
    });
  });

  const manifest = { language: 'id', sampleRate: 16_000, clips: new Map(), source: 'x' } as const;
  it.each([
    ['is not there', null, 'voice-pack-missing'],
    ['is not JSON', '{', 'voice-pack-manifest'],
    ['is too large', ' '.repeat(70_000), 'voice-pack-missing'],
    ['is none', '{}', 'voice-pack-manifest'],
    ['is of another language', manifestText({ ...manifest, language: 'th' }), 'voice-pack-language'],
    ['has another sample rate', manifestText({ ...manifest, sampleRate: 8_000 }), 'voice-pack-sample-rate'],
  ])('whose manifest %s is refused', async (_, text, code) => {
    mkdirSync(pack);
    if (text !== null) writeFileSync(join(pack, 'manifest.json'), text);
    await expect(VoicePack.open(pack, 'id')).rejects.toMatchObject({
      code,
      blame: 'configuration',
      message: expect.stringContaining(pack),
    });
  });
});

describe('the pack of a language', () => {
  const find = async (...directories: string[]) => {
    const faults: ConfigurationFault[] = [];
    const found = await findPack(
      directories.map((name) => join(folder, name)),
      'id',
      (fault) => faults.push(fault),
    );
    return { clip: found && (await found.clip('n-5')).length, faults: faults.map(({ code }) => code) };
  };

  it('is the first one that can be used; one that is there and cannot is told', async () => {
    writeSamplePack(join(folder, 'b/id'), 'id');
    writeSamplePack(join(folder, 'b/en'), 'en');
    expect(await find('a', 'b')).toEqual({ clip: 806, faults: [] });
    mkdirSync(join(folder, 'a/id'), { recursive: true });
    writeFileSync(join(folder, 'a/id/manifest.json'), 'no pack');
    expect(await find('a', 'b')).toEqual({ clip: 806, faults: ['voice-pack-manifest'] });
    expect(await find('a')).toEqual({ clip: null, faults: ['voice-pack-manifest'] });
    expect(await find()).toEqual({ clip: null, faults: [] });
  });
});
