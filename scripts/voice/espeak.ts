import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationFault } from '../../src/domain/fault.ts';
import type { Language } from '../../src/domain/speech/language.ts';
import { readWav, type Sound } from '../../src/drivers/sound/wav.ts';

/**
 * The languages that espeak-ng speaks well enough, with its voice and the speed at which that voice says four to six
 * syllables a second. Its Thai cannot be understood.
 */
export const VOICES = {
  en: { voice: 'en-gb', speed: 195 },
  id: { voice: 'id', speed: 210 },
  vi: { voice: 'vi', speed: 200 },
  zh: { voice: 'cmn-latn-pinyin', speed: 205 },
} as const satisfies Partial<Readonly<Record<Language, { readonly voice: string; readonly speed: number }>>>;

export type SpokenLanguage = keyof typeof VOICES;

/** Speaks with Debian's espeak-ng. */
export interface Synthesiser {
  /** Its name and version, as a pack says where it is from. */
  readonly name: string;
  say(text: string, language: SpokenLanguage): Sound;
}

/** @throws ConfigurationFault `espeak-missing` */
export function espeak(): Synthesiser {
  const version = /text-to-speech: (\S+)/.exec(run(['--version']))?.[1] ?? 'of unknown version';
  return { name: `espeak-ng ${version}`, say };
}

function say(text: string, language: SpokenLanguage): Sound {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-voice-'));
  const file = join(folder, 'said.wav');
  try {
    const { voice, speed } = VOICES[language];
    run(['-v', voice, '-s', String(speed), '-w', file, '--', text]);
    return readWav(readFileSync(file), `of "${text}"`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('espeak-ng', args, { encoding: 'utf8' });
  if (error) {
    throw new ConfigurationFault('Packs are spoken by espeak-ng, and it cannot be started', {
      code: 'espeak-missing',
      found: (error as NodeJS.ErrnoException).code ?? error.message,
      remedy: "Install Debian's espeak-ng: apt-get install espeak-ng",
      cause: error,
    });
  }
  if (status === 0) return stdout;
  throw new ConfigurationFault('espeak-ng could not speak', { code: 'espeak-failed', found: stderr.trim() || `exit code ${status}` });
}
