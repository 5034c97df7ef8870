// Writes the image of a card to a card.
import { createInterface } from 'node:readline/promises';
import { runScript, typedPath, wrongUsage } from './build/command-line.ts';
import { flash } from './flash/flash.ts';

const HELP = `Writes an image to a card, and reads it back.

Usage: npm run flash -- --image FILE --device /dev/sdX|FILE [--yes] [--json]

  --image FILE   what npm run image has made: plain, xz or zstd
  --device D     a card or stick, whole; lsblk shows which. Refused: what is mounted, built in, too small, or this
                 system's own. A regular file is written to as if it were a card.
  --yes          ask nothing, for a regular file only
  --json         say what was done as JSON

Exit codes: 0 written and read back, 1 not, 2 wrong usage.
`;

const terminal = process.stdin.isTTY && process.stderr.isTTY;

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // Ended input is an answer too: no.
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  try {
    return await Promise.race([reader.question(`\n${question}`), ended]);
  } finally {
    reader.close();
  }
}

function step(what: string, bytes: number, of: number | null): void {
  if (!process.stderr.isTTY) return;
  const done = of === null ? `${(bytes / 1e6).toFixed(0)} MB` : `${((bytes / of) * 100).toFixed(0)} %`;
  process.stderr.write(`\r${what} … ${done}\u001B[K`);
}

await runScript({
  name: 'flash',
  help: HELP,
  options: { image: { type: 'string' }, device: { type: 'string' }, yes: { type: 'boolean' } },
  async run({ image, device, yes }) {
    if (typeof image !== 'string') throw wrongUsage('--image is missing', 'nothing', '--image FILE');
    if (typeof device !== 'string') throw wrongUsage('--device is missing', 'nothing', '--device /dev/sdX');
    try {
      const options = { image: typedPath(image), device: typedPath(device), yes: yes === true, ask: terminal ? ask : null, step };
      const { target, bytes, sha256 } = await flash(options);
      return {
        value: { device: target.path, bytes, sha256 },
        text: `${target.path}: ${bytes} bytes written and read back, sha256 ${sha256}`,
      };
    } finally {
      if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    }
  },
});
