import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { needsOwnMount } from '../../testkit/needs.ts';

const mounts = needsOwnMount();

it.skipIf(mounts.missing)(`a disk that is full in the middle of a file has all of it or nothing${mounts.why}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'tilld-full-'));
  try {
    const program = `import { writeSystemFiles } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'write-files.ts')).href)};
      import { readdirSync } from 'node:fs';
      const root = ${JSON.stringify(root)};
      try {
        writeSystemFiles(root, [{ path: 'settings', mode: 0o600, content: 'x'.repeat(100_000) }]);
      } catch ({ code, found }) {
        console.log(code, found, readdirSync(root).length);
      }`;
    const script = `mount -t tmpfs -o size=64k none '${root}' && exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('/usr/bin/unshare', ['-Urm', 'sh', '-c', script, process.execPath, program], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['provisioning-write ENOSPC 0\n', '']);
  } finally {
    rmSync(root, { recursive: true });
  }
});
