// Makes the fonts that screens are drawn with: subsets of Noto Sans for the scripts tilld writes.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { progressBar } from '../src/cli/progress.ts';
import { FONT_FOLDER } from '../src/drivers/display/fonts.ts';
import { FONT_FILES, makeFonts } from './fonts/make-fonts.ts';

const HELP = `Makes the fonts for displays: Noto Sans, Noto Sans Thai and Noto Sans SC with the characters that texts need.

Usage: npm run fonts [-- --out DIR]

  --out DIR   where the fonts go (default assets/fonts)
`;

async function main(): Promise<number> {
  const values = readArguments();
  if (values === null) return 2;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  // npm starts its scripts in the package's own folder and keeps the user's in INIT_CWD.
  const out = values.out === undefined ? FONT_FOLDER : resolve(process.env.INIT_CWD ?? '.', values.out);
  const bar = progressBar('Subsetting', process.stderr, 1);
  let done = 0;
  await makeFonts(out, () => bar.update(++done, FONT_FILES));
  bar.end();
  process.stdout.write(`${done} files in ${out}\n`);
  return 0;
}

function readArguments() {
  const options = { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`fonts: ${(error as Error).message}\n`);
    return null;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // A folder that cannot be written to says so itself.
  if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
  process.stderr.write(`fonts: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
