// Makes the voice packs that come with tilld: every clip of a language, spoken by Debian's espeak-ng.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { progressBar } from '../src/cli/progress.ts';
import { Fault } from '../src/domain/fault.ts';
import { clipsOf } from '../src/domain/speech/clips.ts';
import { BUILT_IN_PACKS } from '../src/drivers/sound/pack.ts';
import { espeak, type SpokenLanguage, VOICES } from './voice/espeak.ts';
import { makePack } from './voice/make-pack.ts';

const LANGUAGES = Object.keys(VOICES) as SpokenLanguage[];

const HELP = `Makes voice packs with Debian's espeak-ng.

Usage: npm run voice [-- --language ${LANGUAGES.join('|')}] [--out DIR]

  --language  only this one (default all of them)
  --out DIR   where the packs go, a folder for each language (default assets/voice)
`;

function main(): number {
  const values = readArguments();
  if (values === null) return 2;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const languages = values.language === undefined ? LANGUAGES : LANGUAGES.filter((one) => one === values.language);
  if (languages.length === 0) {
    process.stderr.write(`voice: --language is one of ${LANGUAGES.join(', ')}; for others no synthesiser is good enough\n`);
    return 2;
  }
  // npm starts its scripts in the package's own folder and keeps the user's in INIT_CWD.
  const out = values.out === undefined ? BUILT_IN_PACKS : resolve(process.env.INIT_CWD ?? '.', values.out);
  const synthesiser = espeak();
  const total = languages.reduce((count, language) => count + clipsOf(language).length, 0);
  const bar = progressBar('Speaking', process.stderr, 1);
  let done = 0;
  for (const language of languages) {
    makePack(join(out, language), language, synthesiser, () => bar.update(++done, total));
  }
  bar.end();
  process.stdout.write(`${total} clips of ${languages.join(', ')} in ${out}\n`);
  return 0;
}

function readArguments() {
  const options = { language: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`voice: ${(error as Error).message}\n`);
    return null;
  }
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  process.stderr.write(`voice: ${error.explain()}\n`);
  process.exitCode = 1;
}
