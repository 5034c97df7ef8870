import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Memory, where programs in it may be started: thousands of boxes are made here, and none has to survive. */
const MEMORY = '/dev/shm';

/** A new empty directory for boxes whose power is cut on paper only. Whoever asked for it removes it. */
export function scratchDirectory(): string {
  return inMemory() ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tilld-power-cut-'));
}

function inMemory(): string | null {
  let directory: string;
  try {
    directory = fs.mkdtempSync(path.join(MEMORY, 'tilld-power-cut-'));
  } catch {
    return null;
  }
  const program = path.join(directory, 'program');
  fs.writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  const { status } = spawnSync(program);
  fs.rmSync(status === 0 ? program : directory, { recursive: true });
  return status === 0 ? directory : null;
}
