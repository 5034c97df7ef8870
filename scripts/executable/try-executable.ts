import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault } from '../../src/domain/fault.ts';
import { VERSION } from '../../src/runtime/version.ts';
import { programMissing } from '../debian/fault.ts';
import { runProgram } from '../debian/run-program.ts';
import type { Runner } from './running-program.ts';
import { HOST, type Target } from './target.ts';
import { trialSale } from './trial-sale.ts';

const QEMU = '/usr/bin/qemu-aarch64-static';
const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';

/** What runs a target's program on this machine. @throws DeviceFault `program-missing` where it takes an emulator that is not there */
export function runnerFor(target: Target, file: string): Runner {
  if (target === HOST) return { program: file, before: [], env: {} };
  if (target !== 'linux-arm64') throw programMissing(`an emulator of ${target}`, 'qemu-user-static');
  if (!existsSync(QEMU)) throw programMissing(QEMU, 'qemu-user-static');
  for (const [library, from] of [
    ['lib/ld-linux-aarch64.so.1', 'libc6-arm64-cross'],
    ['lib/libstdc++.so.6', 'libstdc++6-arm64-cross'],
    ['lib/libatomic.so.1', 'libatomic1-arm64-cross'],
  ] as const) {
    if (!existsSync(join(ARM64_LIBRARIES, library))) throw programMissing(join(ARM64_LIBRARIES, library), from);
  }
  return { program: QEMU, before: ['-L', ARM64_LIBRARIES, file], env: {} };
}

/**
 * Runs what was built, because a builder that does not fit makes a program that crashes: its version, and a sale by a
 * virtual box.
 * @throws DeviceFault `executable-broken`, `trial-failed`, `program-failed`, `program-missing`
 */
export async function tryExecutable(target: Target, file: string): Promise<void> {
  const runner = runnerFor(target, file);
  const version = await runProgram(runner.program, [...runner.before, '--version'], { from: 'qemu-user-static' });
  if (version.trim() !== VERSION) throw broken(version);
  await trialSale(runner);
}

const broken = (version: string): DeviceFault =>
  new DeviceFault('The executable does not work', {
    code: 'executable-broken',
    found: JSON.stringify(version),
    expected: VERSION,
    remedy: 'Nothing of it was kept.',
  });
