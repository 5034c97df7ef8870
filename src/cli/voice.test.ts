import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinClips } from '../drivers/sound/join.ts';
import { BUILT_IN_PACKS, VoicePack } from '../drivers/sound/pack.ts';
import { chime, toneFor } from '../drivers/sound/tone.ts';
import { readWav } from '../drivers/sound/wav.ts';
import { runTilld } from '../testkit/command-line.ts';
import { scriptedAplay } from '../testkit/scripted-aplay.ts';
import { writeSamplePack } from '../testkit/voice-pack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-voice-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('tilld voice check', () => {
  test('a pack that is whole', async () => {
    const { code, out, err } = await runTilld(['voice', 'check', join(BUILT_IN_PACKS, 'id')]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/voice\/id: good\nlanguage {2}id\nsource {4}espeak-ng .+\nclips {5}\d+, \d+\.\d s\n$/);
  });

  test('a pack with faults lists each, and exits 1', async () => {
    writeSamplePack(folder, 'en');
    writeFileSync(join(folder, 'n-5.wav'), 'no sound');
    unlinkSync(join(folder, 'n-6.wav'));
    writeFileSync(join(folder, 'a\u001b[2Jb.wav'), '');
    const { code, out } = await runTilld(['voice', 'check', folder]);
    expect(code).toBe(1);
    expect(out).toContain(': NOT good\n');
    expect(out).toMatch(/\nclip-damaged {2}n-5 +n-5\.wav: something else, expected a RIFF WAVE file\n/);
    expect(out).toMatch(/\nclip-damaged {2}n-6 +n-6\.wav: ENOENT\n/);
    expect(out).toMatch(/\nfile-unused {3}a.\[2Jb\.wav +no clip is in it\n$/);
    expect(out).not.toContain('\u001b');
  });

  test('for programs: every clip by measurement, every problem', async () => {
    writeSamplePack(folder, 'en');
    const good = await runTilld(['voice', 'check', folder, '--json']);
    const { clips, ...report } = JSON.parse(good.out);
    expect([good.code, report]).toEqual([0, { ok: true, language: 'en', sampleRate: 16_000, source: 'tones', problems: [] }]);
    expect(clips[0]).toEqual({ id: 'chime', file: 'chime.wav', ms: 50, dbfs: -14.2 });
    unlinkSync(join(folder, 'n-6.wav'));
    const bad = await runTilld(['voice', 'check', folder, '--json']);
    expect([bad.code, JSON.parse(bad.out).problems]).toEqual([1, [{ code: 'clip-damaged', about: 'n-6', detail: 'n-6.wav: ENOENT' }]]);
  });

  test('no pack at all is a fault', async () => {
    const { code, out, err } = await runTilld(['voice', 'check', folder]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${folder}/manifest.json cannot be read; found ENOENT`);
  });
});

describe('tilld say', () => {
  const samplesOf = (file: string) => readWav(readFileSync(file), file).samples;

  test('writes an amount into a file, and prints its words', async () => {
    const file = join(folder, 'a.wav');
    const { code, out, err } = await runTilld(['say', '50000', '--currency', 'IDR', '--language', 'id', '--out', file]);
    expect([code, out, err]).toEqual([0, 'Pembayaran diterima lima puluh ribu rupiah\n', '']);
    const pack = await VoicePack.open(join(BUILT_IN_PACKS, 'id'), 'id');
    const clips = await Promise.all(['chime', 'phrase-received', 'n-5', 'puluh', 'ribu', 'currency-idr'].map((id) => pack.clip(id)));
    expect(samplesOf(file)).toEqual(joinClips(clips, 100));
  });

  test('takes major units, another phrase, and answers programs', async () => {
    const file = join(folder, 'a.wav');
    const argv = ['say', '0.50', '--currency', 'GBP', '--phrase', 'present-card', '--out', file, '--json'];
    const { code, out } = await runTilld(argv);
    expect([code, JSON.parse(out)]).toEqual([
      0,
      {
        language: 'en',
        text: 'Fifty pence, please present your card',
        clips: ['n-50', 'currency-gbp-minor', 'phrase-present-card'],
        out: file,
      },
    ]);
  });

  test('is a chime and a tone in a language without a pack, and says so', async () => {
    const file = join(folder, 'a.wav');
    const { code, out, err } = await runTilld(['say', '20', '--currency', 'THB', '--language', 'th', '--out', file]);
    expect([code, err]).toEqual([0, 'tilld: there is no voice pack for th; a chime and a tone stand for the words\n']);
    expect(out).toContain('ยี่สิบบาท');
    expect(samplesOf(file)).toEqual(joinClips([chime(), toneFor('received')], 100));
  });

  test('plays on a device without a file', async () => {
    const aplay = scriptedAplay();
    try {
      const { code, out, err } = await runTilld(['say', '5', '--currency', 'IDR', '--device', 'plughw:1'], { env: aplay.env });
      expect([code, out, err]).toEqual([0, 'Received five rupiah\n', '']);
      expect(aplay.starts()).toEqual([expect.arrayContaining(['-D', 'plughw:1'])]);
      expect(aplay.heard().length).toBeGreaterThan(16_000);
    } finally {
      aplay.remove();
    }
  });

  test('says what is missing to play with', async () => {
    const { code, out, err } = await runTilld(['say', '5', '--currency', 'IDR'], { env: { PATH: folder } });
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe("tilld: There is no aplay on this machine to play sound with. Install Debian's alsa-utils.\n");
  });

  test('ends when it is told to', async () => {
    const aplay = scriptedAplay({ stalls: true });
    const stop = new AbortController();
    try {
      const said = runTilld(['say', '5', '--currency', 'IDR'], { env: aplay.env, stop: stop.signal });
      stop.abort();
      expect(await said).toEqual({ code: 1, out: '', err: 'tilld: Speech was stopped before it was over\n' });
    } finally {
      aplay.remove();
    }
  });

  test('a file that cannot be written is a fault', async () => {
    const { code, err } = await runTilld(['say', '5', '--currency', 'IDR', '--out', join(folder, 'missing/a.wav')]);
    expect([code, err]).toEqual([1, expect.stringContaining('missing/a.wav cannot be written')]);
  });

  test.each([
    [['say'], 'needs AMOUNT'],
    [['say', '5'], '--currency is missing'],
    [['say', '5', '--currency', 'BTC'], '--currency is not usable'],
    [['say', '5', '--currency', 'IDR', '--language', 'de'], '--language is not usable'],
    [['say', '5', '--currency', 'IDR', '--phrase', 'failed'], '--phrase is not usable'],
    [['say', '5.5', '--currency', 'IDR'], 'The amount is not usable'],
    [['say', '50.000', '--currency', 'IDR'], 'found "50.000"; expected an amount in IDR, such as 2050'],
    [['say', '1.000', '--currency', 'THB'], 'The amount is not usable'],
    [['say', 'x', '--currency', 'IDR'], 'The amount is not usable'],
    [['voice', 'check'], 'needs DIR'],
  ])('%j is wrong usage', async (argv, message) => {
    const { code, out, err } = await runTilld(argv);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });
});
