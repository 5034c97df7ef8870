import { statSync } from 'node:fs';
import { join } from 'node:path';
import { packPackage } from '../ota/package/pack.ts';
import { packTree } from '../ota/package/tree.ts';
import { unpackPackage } from '../ota/package/unpack.ts';
import { verifyPackage } from '../ota/package/verify.ts';
import { MAKER } from './ota-package.ts';
import { peakRssMiB } from './peak-memory.ts';

// Packs, verifies and unpacks a core file, or a tree of resources, in a process of its own; prints what each step took, as one line of JSON.
// `rssMiB` is the highest resident size of the process so far.

const [what = '', dir = ''] = process.argv.slice(2);
const steps: { step: string; ms: number; rssMiB: number }[] = [];

async function timed<T>(step: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const done = await work();
  steps.push({ step, ms: Math.round(performance.now() - began), rssMiB: Math.round(peakRssMiB()) });
  return done;
}

const core = statSync(what).isDirectory() ? (await timed('tree', () => packTree(what, 'V1.0.0', dir))).file : what;
const { file } = await timed('pack', () => packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey }));
const verified = await timed('verify', () => verifyPackage(file, { keys: [MAKER.publicKey] }));
await timed('unpack', () => unpackPackage(verified, join(dir, 'stage')));
process.stdout.write(`${JSON.stringify(steps)}\n`);
