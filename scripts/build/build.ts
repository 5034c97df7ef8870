import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { licencesOf } from './licences.ts';
import { copyProgramFiles } from './program-files.ts';

/** A program that is started with `node FILE`. */
export interface Built {
  readonly file: string;
  readonly bytes: number;
  /** The files beside it that it reads, by their paths below the folder. */
  readonly files: readonly string[];
}

/** Builds the bundled program and the files it reads into a folder. @throws DeviceFault */
export async function build(folder: string): Promise<Built> {
  mkdirSync(folder, { recursive: true });
  const { file, bytes, modules } = await bundle(folder);
  const files = copyProgramFiles(folder);
  writeFileSync(join(folder, 'LICENCES.txt'), licencesOf(modules));
  return { file, bytes, files };
}
