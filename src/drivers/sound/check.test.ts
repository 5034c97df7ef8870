import { mkdtempSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clipsOf } from '../../domain/speech/clips.ts';
import { manifestText } from '../../domain/speech/pack.ts';
import { sampleClip, writeSamplePack } from '../../testkit/voice-pack.ts';
import { inspectPack } from './check.ts';
import { BUILT_IN_PACKS } from './pack.ts';
import { pcmWav } from './wav.ts';

describe('a pack looked at', () => {
  let pack: string;
  beforeEach(() => {
    pack = mkdtempSync(join(tmpdir(), 'tilld-check-'));
  });
  afterEach(() => rmSync(pack, { recursive: true }));
  const problems = async () => (await inspectPack(pack)).problems.map(({ code, about, detail }) => `${code} ${about}: ${detail}`);

  it('with nothing wrong lists every clip with its length and loudness', async () => {
    writeSamplePack(pack, 'zh');
    writeFileSync(join(pack, 'README.md'), 'Who spoke, and when.');
    const { ok, problems, clips, manifest } = await inspectPack(pack);
    expect([ok, problems, manifest.language]).toEqual([true, [], 'zh']);
    expect(clips.map(({ id }) => id)).toEqual(clipsOf('zh').map(({ id }) => id));
    expect(clips[0]).toEqual({ id: 'chime', file: 'chime.wav', ms: 50, dbfs: -14.2 });
  });

  it('says everything that is wrong, at once', async () => {
    writeSamplePack(pack, 'zh');
    unlinkSync(join(pack, 'n-1.wav'));
    writeFileSync(join(pack, 'n-2.wav'), pcmWav({ sampleRate: 16_000, samples: sampleClip(1) }).subarray(0, 100));
    writeFileSync(join(pack, 'n-3.wav'), pcmWav({ sampleRate: 16_000, samples: new Int16Array(8_000).fill(20) }));
    writeFileSync(join(pack, 'n-4.wav'), pcmWav({ sampleRate: 22_050, samples: sampleClip(1) }));
    writeFileSync(join(pack, 'n-10.wav'), pcmWav({ sampleRate: 16_000, samples: sampleClip(1) }));
    expect(await problems()).toEqual([
      'clip-damaged n-1: n-1.wav: ENOENT',
      'clip-damaged n-2: n-2.wav: 100 bytes, expected 1646, as it says itself',
      'clip-silent n-3: n-3.wav: nothing can be heard',
      'sample-rate n-4: n-4.wav: 22050 a second, not 16000',
      'file-unused n-10.wav: no clip is in it',
    ]);
  });

  it('of another language lacks the clips of that', async () => {
    const clips = new Map([['n-5', 'n-5.wav']]);
    writeFileSync(join(pack, 'n-5.wav'), pcmWav({ sampleRate: 16_000, samples: sampleClip(1) }));
    writeFileSync(join(pack, 'manifest.json'), manifestText({ language: 'th', sampleRate: 16_000, clips, source: 'x' }));
    expect(await problems()).toEqual(
      clipsOf('th')
        .filter(({ id }) => id !== 'n-5')
        .map(({ id, text }) => `clip-missing ${id}: ${text === '' ? 'no file' : `no file says "${text}"`}`),
    );
  });
});

describe('the packs that come with tilld', () => {
  it('are four', () => {
    expect(readdirSync(BUILT_IN_PACKS).sort()).toEqual(['en', 'id', 'vi', 'zh']);
  });

  it.each(['en', 'id', 'vi', 'zh'])('%s is whole, even in loudness, and small', async (language) => {
    const { problems, clips, manifest } = await inspectPack(join(BUILT_IN_PACKS, language));
    expect([problems, manifest.language]).toEqual([[], language]);
    for (const { id, ms, dbfs } of clips) {
      expect([id, ms >= 120 && ms <= 5_000, dbfs >= -23 && dbfs <= -15]).toEqual([id, true, true]);
    }
    const bytes = readdirSync(join(BUILT_IN_PACKS, language)).reduce(
      (sum, file) => sum + statSync(join(BUILT_IN_PACKS, language, file)).size,
      0,
    );
    expect(bytes).toBeLessThan(400_000);
  });
});
