// Makes a single executable of tilld: Node, the program and every file it reads in one file.
import { join } from 'node:path';
import { ROOT } from './build/bundle.ts';
import { runScript, typedPath } from './build/command-line.ts';
import { makeExecutable } from './executable/make-executable.ts';
import { TARGETS, targetNamed } from './executable/target.ts';

const HELP = `Makes a single executable: Node, tilld and every file it reads in one file, which needs nothing else on the box.

Usage: npm run executable -- --target ${TARGETS.join('|')} [--out DIR] [--json]

  --target T   what it is to run on (a Raspberry Pi: linux-arm64)
  --out DIR    where it goes (default dist); its name is tilld-T
  --json       say what was made as JSON

It is run once after it was made; one for arm64 in an emulator (Debian: qemu-user-static libc6-arm64-cross
libstdc++6-arm64-cross libatomic1-arm64-cross, and binutils-aarch64-linux-gnu to make it smaller).
The Node of the other target is fetched through npm and kept in the cache (TILLD_CACHE, default ~/.cache/tilld).
`;

const step = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what} …\u001B[K`);
};

await runScript({
  name: 'executable',
  help: HELP,
  options: { target: { type: 'string' }, out: { type: 'string' } },
  async run({ target, out }) {
    try {
      const made = await makeExecutable(targetNamed(target), typeof out === 'string' ? typedPath(out) : join(ROOT, 'dist'), step);
      return { value: made, text: `${made.file} (${(made.bytes / 1_048_576).toFixed(0)} MiB), it works` };
    } finally {
      if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    }
  },
});
