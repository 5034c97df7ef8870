// Draws the pictures of the wiring guide anew, after a board file has changed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Fault } from '../src/domain/fault.ts';
import { wiringPictures } from './wiring/pictures.ts';

const HELP = `Draws the pictures of the wiring guide, with the names and pins of the board files.

Usage: npm run wiring [-- --out DIR]

  --out DIR   where the pictures go (default docs/wiring)

Examples:
  npm run wiring
  npm run wiring -- --out /tmp/wiring
`;
const DEFAULT_OUT = new URL('../docs/wiring', import.meta.url).pathname;

function main(): number {
  const values = readArguments();
  if (values === null) return 2;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  // npm starts its scripts in the package's own folder and keeps the user's in INIT_CWD.
  const out = values.out === undefined ? DEFAULT_OUT : resolve(process.env.INIT_CWD ?? '.', values.out);
  const pictures = Object.entries(wiringPictures());
  mkdirSync(out, { recursive: true });
  for (const [file, svg] of pictures) writeFileSync(join(out, file), svg);
  process.stdout.write(`${pictures.length} pictures in ${out}\n`);
  return 0;
}

function readArguments() {
  try {
    return parseArgs({ options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    process.stderr.write(`wiring: ${(error as Error).message}\n`);
    return null;
  }
}

try {
  process.exitCode = main();
} catch (error) {
  // A folder that cannot be written to says so itself.
  if (!(error instanceof Fault) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
  process.stderr.write(`wiring: ${error instanceof Fault ? error.explain() : (error as Error).message}\n`);
  process.exitCode = 1;
}
