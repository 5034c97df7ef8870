// Makes a Debian package of tilld.
import { join } from 'node:path';
import { VERSION } from '../src/runtime/version.ts';
import { ROOT } from './build/bundle.ts';
import { runScript, typedPath, wrongUsage } from './build/command-line.ts';
import { ARCH_NAMES, archNamed, targetOf } from './deb/arch.ts';
import { buildTime } from './deb/build-time.ts';
import { sbomOfCheckout } from './deb/built-in.ts';
import { licencesBeside } from './deb/executable.ts';
import { COMPRESSIONS, makeDeb } from './deb/make-deb.ts';
import { makeExecutable } from './executable/make-executable.ts';

const HELP = `Makes a Debian package of tilld: the executable, the service that starts it, and the rights it needs.

Usage: npm run deb -- --arch ${ARCH_NAMES.join('|')} [--out DIR] [--executable FILE] [--compression ${COMPRESSIONS.join('|')}] [--json]

  --arch A          what it is to run on (a Raspberry Pi: arm64)
  --out DIR         where it goes (default dist), with the list of what is built in (CycloneDX) and its licences
  --executable FILE what to pack; without it, npm run executable makes it first
  --compression C   xz (default: 31 MB, a minute) or zstd (45 MB, a second)
  --json            say what was made as JSON

The same sources make the same bytes. The time in it is SOURCE_DATE_EPOCH, else that of the last commit.
`;

const step = (what: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${what} …\u001B[K`);
};

await runScript({
  name: 'deb',
  help: HELP,
  options: { arch: { type: 'string' }, out: { type: 'string' }, executable: { type: 'string' }, compression: { type: 'string' } },
  async run(values) {
    const arch = archNamed(values.arch);
    const compression = COMPRESSIONS.find((one) => one === (values.compression ?? 'xz'));
    if (compression === undefined)
      throw wrongUsage('--compression is not usable', JSON.stringify(values.compression), COMPRESSIONS.join(' or '));
    const out = typeof values.out === 'string' ? typedPath(values.out) : join(ROOT, 'dist');
    const builtAt = await buildTime(process.env);
    try {
      const executable =
        typeof values.executable === 'string' ? typedPath(values.executable) : (await makeExecutable(targetOf(arch), out, step)).file;
      const licences = licencesBeside(executable);
      step('listing what is built in');
      const sbom = await sbomOfCheckout(VERSION, builtAt);
      step(`packing (${compression})`);
      const made = await makeDeb({ arch, compression, out, version: VERSION, builtAt, executable, licences, sbom });
      return {
        value: made,
        text: `${made.file} (${(made.bytes / 1_000_000).toFixed(1)} MB)\nsha256 ${made.sha256}\n${made.sbom}\n${made.licences}`,
      };
    } finally {
      if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    }
  },
});
