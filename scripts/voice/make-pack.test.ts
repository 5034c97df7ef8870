import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clipsOf } from '../../src/domain/speech/clips.ts';
import { inspectPack } from '../../src/drivers/sound/check.ts';
import { BUILT_IN_PACKS, readPackManifest } from '../../src/drivers/sound/pack.ts';
import type { Synthesiser } from './espeak.ts';
import { makePack, wordsMark } from './make-pack.ts';

/** Says every text as a tone that is as long as the text. */
const said: string[] = [];
const TONES: Synthesiser = {
  name: 'tones 1',
  say: (text) => {
    said.push(text);
    const samples = Int16Array.from({ length: 4_000 + 100 * text.length }, (_, i) => Math.round(5_000 * Math.sin(i / 9)));
    return { sampleRate: 22_050, samples };
  },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-make-'));
  said.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a pack that is made', () => {
  test('is whole, says each clip as it is to be spoken, and each text once', async () => {
    let clips = 0;
    makePack(join(folder, 'voice/zh'), 'zh', TONES, () => clips++);
    const { ok, problems, manifest } = await inspectPack(join(folder, 'voice/zh'));
    expect([ok, problems, manifest.source]).toEqual([true, [], `tones 1, voice cmn-latn-pinyin, ${wordsMark('zh')}`]);
    expect(clips).toBe(clipsOf('zh').length);
    expect(said).toContain('wu3');
    expect(said).not.toContain('五');
    makePack(join(folder, 'voice/en'), 'en', TONES, () => {});
    expect(said.filter((text) => text === 'cents')).toHaveLength(1);
    expect((await inspectPack(join(folder, 'voice/en'))).ok).toBe(true);
    expect(readdirSync(join(folder, 'voice'))).toEqual(['en', 'zh']);
  });

  test('is the same to the byte each time, and takes the place of the one before', () => {
    const pack = join(folder, 'id');
    const bytes = () => readdirSync(pack).map((file) => [file, readFileSync(join(pack, file), 'base64')]);
    makePack(pack, 'id', TONES, () => {});
    const before = bytes();
    writeFileSync(join(pack, 'left-over.wav'), '');
    mkdirSync(`${pack}.tmp`);
    makePack(pack, 'id', TONES, () => {});
    expect(bytes()).toEqual(before);
  });

  test('that fails half way leaves the one before', () => {
    const pack = join(folder, 'id');
    makePack(pack, 'id', TONES, () => {});
    const fail = () => {
      throw new RangeError('half way');
    };
    expect(() => makePack(pack, 'id', TONES, fail)).toThrow('half way');
    expect(readdirSync(pack)).toContain('manifest.json');
  });
});

test.each(['en', 'id', 'vi', 'zh'] as const)(
  'the pack that comes with tilld says the words of today: %s (else `npm run voice`)',
  async (language) => {
    const { source } = await readPackManifest(join(BUILT_IN_PACKS, language));
    expect(source).toMatch(new RegExp(`^espeak-ng \\S+, voice \\S+, ${wordsMark(language)}$`));
  },
);

describe('npm run voice', () => {
  const SCRIPT = fileURLToPath(new URL('../voice.ts', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [SCRIPT, '--out', join(folder, 'voice'), ...args], { encoding: 'utf8', env: { PATH: folder } });

  test('says which package is missing', () => {
    const { status, stdout, stderr } = run();
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      "voice: Packs are spoken by espeak-ng, and it cannot be started; found ENOENT. Install Debian's espeak-ng: apt-get install espeak-ng\n",
    );
    expect(existsSync(join(folder, 'voice'))).toBe(false);
  });

  test('speaks with the espeak-ng on the PATH, by the voice of the language', () => {
    const arguments_ = join(folder, 'arguments');
    const wav = join(folder, 'tone.wav');
    copyFileSync(join(BUILT_IN_PACKS, 'id/n-5.wav'), wav);
    const script = `const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(arguments_)}, JSON.stringify(args) + '\\n');
if (args[0] === '--version') console.log('eSpeak NG text-to-speech: 9.9  Data at: /nowhere');
else fs.copyFileSync(${JSON.stringify(wav)}, args[args.indexOf('-w') + 1]);`;
    writeFileSync(join(folder, 'espeak-ng'), `#!${process.execPath}\n${script}`, { mode: 0o755 });
    const { status, stdout, stderr } = run('--language', 'id');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${clipsOf('id').length} clips of id in ${join(folder, 'voice')}\n`);
    const [, ...calls] = readFileSync(arguments_, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(calls.map((args) => args.at(-1))).toEqual(
      clipsOf('id')
        .slice(1)
        .map(({ text, say }) => say ?? text),
    );
    expect(calls[0].slice(0, 2)).toEqual(['-v', 'id']);
    expect(readFileSync(join(folder, 'voice/id/manifest.json'), 'utf8')).toContain('"source": "espeak-ng 9.9, voice id, words ');
  });

  test('knows its options', () => {
    expect(run('--speed', '9')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining("Unknown option '--speed'") });
    expect(run('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--language en|id|vi|zh') });
  });

  test('makes no Thai, and says so', () => {
    expect(run('--language', 'th')).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('one of en, id, vi, zh') });
  });
});
