// Makes the image of a card: Debian with tilld, to be written with `npm run flash` or Raspberry Pi Imager.
import { join } from 'node:path';
import { VERSION } from '../src/runtime/version.ts';
import { ROOT } from './build/bundle.ts';
import { runScript, typedPath } from './build/command-line.ts';
import { buildTime } from './deb/build-time.ts';
import { IMAGE_BOARDS, imageBoard } from './image/boards.ts';
import { debForImage } from './image/deb.ts';
import { makeImage } from './image/make-image.ts';
import { PACKINGS, packingNamed } from './image/packed.ts';

const HELP = `Makes the image of a card: Debian 13 with tilld, of Debian's packages only.

Usage: npm run image -- --board ${IMAGE_BOARDS.join('|')} [--out DIR] [--deb FILE] [--compression ${PACKINGS.join('|')}] [--fresh] [--json]

  --board B        the board it is for (Raspberry Pi 5: experimental, with the kernel of trixie-backports)
  --out DIR        where it goes (default dist), with its sha256 and an os_list.json for Raspberry Pi Imager
  --deb FILE       package of tilld for arm64; without it, it is made first
  --compression C  xz (default: the smallest), zstd (the quickest) or none
  --fresh          set Debian up anew, with its latest corrections, and not as the last time (some minutes)
  --json           say what was made as JSON

Everything is fetched with apt, and kept in the cache (TILLD_CACHE, default ~/.cache/tilld). It takes no loop device, and
no root where users may have namespaces (Debian: uidmap). The time in it is SOURCE_DATE_EPOCH, else that of the last commit.
The boot partition comes out the same each time; the root partition differs in the times at which files were unpacked,
until e2fsprogs 1.47.1.
`;

const step = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what} …\u001B[K`);
};

await runScript({
  name: 'image',
  help: HELP,
  options: {
    board: { type: 'string' },
    out: { type: 'string' },
    deb: { type: 'string' },
    compression: { type: 'string' },
    fresh: { type: 'boolean' },
  },
  async run(values) {
    const board = imageBoard(values.board);
    const packing = packingNamed(values.compression ?? 'xz');
    const out = typeof values.out === 'string' ? typedPath(values.out) : join(ROOT, 'dist');
    const builtAt = await buildTime(process.env);
    try {
      const deb = typeof values.deb === 'string' ? typedPath(values.deb) : await debForImage(out, builtAt, step);
      const made = await makeImage({ board, deb, version: VERSION, builtAt, out, packing, fresh: values.fresh === true, step });
      const size = (bytes: number) => `${(bytes / 1_000_000).toFixed(0)} MB`;
      return {
        value: { board: board.name, experimental: board.experimental ?? false, deb, ...made },
        text: [
          `${made.file} (${size(made.bytes)}, a card of ${size(made.cardBytes)})`,
          `sha256 ${made.sha256}`,
          `For Raspberry Pi Imager: rpi-imager --repo ${made.osList}`,
          ...(board.experimental ? [`It is experimental: nobody has seen it start a ${board.title} yet.`] : []),
        ].join('\n'),
      };
    } finally {
      if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    }
  },
});
