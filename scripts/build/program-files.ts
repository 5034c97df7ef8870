import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './bundle.ts';

/** The files tilld reads while it runs, by folder or name in the checkout: where they lie anywhere else, too. */
const SOURCES = ['assets', 'boards', 'src/refserver/page', 'src/simulator/panel', 'node_modules/@resvg/resvg-wasm/index_bg.wasm'] as const;
/** Of those, what only the checkout needs. */
const NOT_READ = /\.test\.ts$|\.schema\.json$/;

/** Every file that tilld reads while it runs, by its path in the checkout, sorted. */
export function programFiles(): readonly string[] {
  return SOURCES.flatMap(filesBelow)
    .filter((file) => !NOT_READ.test(file))
    .sort();
}

function filesBelow(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(`${path}/${name}`));
}

/** Puts them into a folder; what an earlier build left there is taken away first. */
export function copyProgramFiles(folder: string): readonly string[] {
  for (const source of SOURCES) rmSync(join(folder, source), { recursive: true, force: true });
  const files = programFiles();
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return files;
}
