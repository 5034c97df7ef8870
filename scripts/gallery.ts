// Draws every screen in every language and theme, and a page to look at them all.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { progressBar } from '../src/cli/progress.ts';
import { Fault } from '../src/domain/fault.ts';
import { SAMPLE_SCREENS } from '../src/testkit/sample-screens.ts';
import { makeGallery, picturesOf } from './gallery/make-gallery.ts';

const HELP = `Draws every screen in every language and theme as a display shows it, and a page to look at them.

Usage: npm run gallery [-- --out DIR] [--size WIDTHxHEIGHT]

  --out DIR               where the page and its pictures go (default dist/gallery)
  --size WIDTHxHEIGHT     pixels of the display, 320x240 to 1024x600 and more (default 480x320)

Examples:
  npm run gallery
  npm run gallery -- --out /tmp/gallery --size 800x480
`;
const DEFAULT_OUT = new URL('../dist/gallery', import.meta.url).pathname;

async function main(): Promise<number> {
  const values = readArguments();
  if (values === null) return 2;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [, width, height] = (/^(\d{3,4})x(\d{3,4})$/.exec(values.size ?? '480x320') ?? []).map(Number);
  if (width === undefined || height === undefined) {
    process.stderr.write('gallery: --size is a width and a height in pixels, such as 800x480\n');
    return 2;
  }
  // npm starts its scripts in the package's own folder and keeps the user's in INIT_CWD.
  const out = values.out === undefined ? DEFAULT_OUT : resolve(process.env.INIT_CWD ?? '.', values.out);
  const total = picturesOf(SAMPLE_SCREENS);
  const bar = progressBar('Drawing', process.stderr, 1);
  let done = 0;
  await makeGallery({ out, width, height, screens: SAMPLE_SCREENS, onPicture: () => bar.update(++done, total) });
  bar.end();
  process.stdout.write(`${total} pictures of ${width}x${height}; open ${join(out, 'index.html')}\n`);
  return 0;
}

function readArguments() {
  const options = { out: { type: 'string' }, size: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`gallery: ${(error as Error).message}\n`);
    return null;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // A folder that cannot be written to says so itself.
  if (!(error instanceof Fault) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
  process.stderr.write(`gallery: ${error instanceof Fault ? error.explain() : (error as Error).message}\n`);
  process.exitCode = 1;
}
