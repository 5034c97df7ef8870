// One step of a package's way in a process of its own; prints how long it took and the most memory it had, as JSON.
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { peakRssMiB } from '../../src/testkit/peak-memory.ts';

// As src/main.ts has it: without it, most of the memory would go into reading TypeScript.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/tilld', import.meta.url)));

const CUSTOMER = 'BENCH';
const { MAKER } = await import('../../src/testkit/ota-package.ts');
const keys = [MAKER.publicKey];

/** Each loads what it needs and gives back what is to be measured. */
const STEPS: Record<string, (input: string, into: string) => Promise<() => Promise<unknown>>> = {
  pack: async (core, outDir) => {
    const { packPackage } = await import('../../src/ota/package/pack.ts');
    return () => packPackage({ core, outDir, customer: CUSTOMER, privateKey: MAKER.privateKey });
  },
  /** `npm run resource_tree` and `npm run resource_package`. */
  packTree: async (tree, outDir) => {
    const { packPackage } = await import('../../src/ota/package/pack.ts');
    const { packTree } = await import('../../src/ota/package/tree.ts');
    return async () => {
      const { file } = await packTree(tree, 'V1.0.0', path.dirname(tree));
      await packPackage({ core: file, outDir, customer: CUSTOMER, privateKey: MAKER.privateKey });
    };
  },
  verify: async (file) => {
    const { verifyPackage } = await import('../../src/ota/package/verify.ts');
    return () => verifyPackage(file, { keys });
  },
  install: async (file, directory) => {
    const { installFile } = await import('../../src/ota/install.ts');
    const { createUpdates } = await import('../../src/ota/updates.ts');
    const policy = { model: 'DS50-MQ', customer: CUSTOMER, runtime: '0.1.0', keys, allowUnsigned: false };
    const updates = createUpdates({ directory, policy, wallMs: Date.now });
    return () => installFile(updates, file, { permitDowngrade: false, unsigned: null }, () => () => {});
  },
};

const [step = '', input = '', into = ''] = process.argv.slice(2);
const work = await STEPS[step]?.(input, into);
if (!work) throw new RangeError(`there is no step ${step}`);
const began = performance.now();
await work();
const ms = performance.now() - began;
process.stdout.write(JSON.stringify({ ms, peakRssMb: peakRssMiB() }));
