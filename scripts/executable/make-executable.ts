import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, ROOT } from '../build/bundle.ts';
import { licencesOf } from '../build/licences.ts';
import { programFiles } from '../build/program-files.ts';
import { runProgram } from '../debian/run-program.ts';
import { nodeLicence, strippedNode } from './node-binary.ts';
import { HOST, type Target } from './target.ts';
import { tryExecutable } from './try-executable.ts';

export interface Executable {
  readonly target: Target;
  readonly file: string;
  readonly bytes: number;
  /** The licences of all that is in it. */
  readonly licences: string;
}

/**
 * Builds tilld and Node into one file for a target, with all files it reads inside, and tries it. It has its name in the
 * folder only once it has worked.
 * @param step told what is being done, in a few words
 * @throws DeviceFault, ConfigurationFault
 */
export async function makeExecutable(target: Target, folder: string, step: (what: string) => void): Promise<Executable> {
  const node = await strippedNode(target, step);
  mkdirSync(folder, { recursive: true });
  // In the very folder, so that the finished file is renamed and not copied.
  const work = mkdtempSync(join(folder, '.making-'));
  const [file, licences] = [join(folder, `tilld-${target}`), join(folder, `tilld-${target}.LICENCES.txt`)];
  try {
    step('bundling');
    const bundled = await bundle(work);
    step('putting it into Node');
    const made = join(work, 'tilld');
    await runProgram(process.execPath, ['--build-sea', configuration(target, { node, main: bundled.file, made, work })], {
      from: 'nodejs',
      env: { NODE_OPTIONS: '' },
    });
    step(`trying it${target === HOST ? '' : ' under emulation'}`);
    await tryExecutable(target, made);
    writeFileSync(licences, `${licencesOf(bundled.modules)}\n${nodeLicence(target)}`);
    renameSync(made, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { target, file, bytes: statSync(file).size, licences };
}

interface Parts {
  readonly node: string;
  readonly main: string;
  readonly made: string;
  readonly work: string;
}

/** The builder's configuration as a file: https://nodejs.org/docs/latest-v26.x/api/single-executable-applications.html */
function configuration(target: Target, { node, main, made, work }: Parts): string {
  const file = join(work, 'sea.json');
  const content = {
    main,
    executable: node,
    output: made,
    disableExperimentalSEAWarning: true,
    // Two starts from one snapshot would have the same randomness.
    useSnapshot: false,
    // Made by the Node that builds, for its own processor.
    useCodeCache: target === HOST,
    // Otherwise NODE_OPTIONS would bring code of others into it.
    execArgvExtension: 'none',
    // A signal that anybody of the same user can send would open Node's debugger, and with it all that the box knows.
    execArgv: ['--disable-sigusr1'],
    assets: Object.fromEntries(programFiles().map((path) => [path, join(ROOT, path)])),
  };
  writeFileSync(file, JSON.stringify(content));
  return file;
}
