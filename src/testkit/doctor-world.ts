import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Check, Finding } from '../runtime/doctor/finding.ts';
import type { World } from '../runtime/doctor/world.ts';
import { FakeClock } from './clock.ts';

export interface DoctorWorld extends World {
  readonly clock: FakeClock;
  /** Puts a file below the root; a path within it. */
  put(path: string, text?: string): string;
  folder(path: string): string;
  remove(): void;
}

/** A machine of plain files below a root of its own; nobody in particular looks at it. */
export function doctorWorld(change: Partial<World> = {}): DoctorWorld {
  const root = mkdtempSync(join(tmpdir(), 'tilld-doctor-'));
  const clock = new FakeClock(Date.UTC(2026, 5, 1));
  return {
    root,
    env: {},
    person: { uid: 0, gids: [0] },
    ...change,
    clock,
    put(path, text = '') {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    folder(path) {
      mkdirSync(join(root, path), { recursive: true });
      return join(root, path);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Runs the one check with this code. */
export async function findingOfCheck(checks: readonly Check[], code: string, title = ''): Promise<Finding> {
  const found = checks.filter((check) => check.code === code && check.title.includes(title));
  if (found.length !== 1 || !found[0])
    throw new RangeError(`${found.length} checks ${code} ${title} of ${checks.map((check) => check.title)}`);
  return found[0].run(new AbortController().signal);
}
