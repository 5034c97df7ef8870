// Prepares a card with Raspberry Pi OS Lite, so that it becomes a box at its first start.
import { join } from 'node:path';
import { CARD_FILE } from '../src/runtime/provisioning/card-file.ts';
import { ROOT } from './build/bundle.ts';
import { runScript, typedPath, wrongUsage } from './build/command-line.ts';
import { buildTime } from './deb/build-time.ts';
import { debForImage } from './image/deb.ts';
import { prepareCard } from './provision/prepare-card.ts';

const HELP = `Prepares a card with Raspberry Pi OS Lite (trixie, November 2025 or later): at its first start it installs tilld.

Usage: npm run provision -- --boot DIR [--config FILE] [--deb FILE] [--json]

  --boot DIR     where the card's first partition (bootfs) is mounted on this machine
  --config FILE  the tilld.json to set the box up by, as for the image: board, backend, Wi-Fi, time zone, ssh key
                 (default: the one on that partition)
  --deb FILE     package of tilld for arm64; without it, it is made first
  --json         say what was written as JSON

The box needs the network at its first start, for the packages tilld depends on. ssh is for the user "owner", by the key.
Passwords are on the card until then; take care of it.
`;

const step = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what} …\u001B[K`);
};

await runScript({
  name: 'provision',
  help: HELP,
  options: { boot: { type: 'string' }, config: { type: 'string' }, deb: { type: 'string' } },
  async run({ boot, config, deb }) {
    if (typeof boot !== 'string') throw wrongUsage('--boot is missing', 'nothing', '--boot DIR');
    try {
      const made = typeof deb === 'string' ? typedPath(deb) : await debForImage(join(ROOT, 'dist'), await buildTime(process.env), step);
      step('writing');
      const folder = typedPath(boot);
      const cardFile = typeof config === 'string' ? typedPath(config) : join(folder, CARD_FILE);
      const written = await prepareCard({ boot: folder, cardFile, deb: made });
      return { value: { boot: folder, written }, text: `${folder}: wrote ${written.join(', ')}. Unmount it before taking the card out.` };
    } finally {
      if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    }
  },
});
