// Checks and unpacks a package whose core file is deflated, on a small disk of its own. Says each step on standard output,
// as JSON: how it ended, and the least room that was free meanwhile.
import fs from 'node:fs';
import { Fault } from '../domain/fault.ts';
import { createUpdates } from '../ota/updates.ts';
import { offerOf, SAMPLE_CUSTOMER } from './sample-packages.ts';

/** What the parent hands over: a package, the key it is signed by, and what must stay free, bytes. */
export interface DeflatedTask {
  readonly directory: string;
  readonly made: Parameters<typeof offerOf>[0];
  readonly publicKey: string;
  readonly reserveBytes: number;
}

export interface DeflatedStep {
  readonly step: 'verify' | 'stage';
  readonly code: string | null;
  /** Bytes. */
  readonly leastFree: number;
}

const { directory, made, publicKey, reserveBytes }: DeflatedTask = JSON.parse(process.argv[2] ?? '');
const policy = { model: 'DS50-MQ', customer: SAMPLE_CUSTOMER, runtime: '0.1.0', keys: [publicKey], allowUnsigned: false };
const updates = createUpdates({ directory, policy, wallMs: () => 0, reserveBytes });

const free = (): number => {
  const { bavail, bsize } = fs.statfsSync(directory);
  return bavail * bsize;
};

async function step(name: DeflatedStep['step']): Promise<void> {
  let leastFree = free();
  let code: string | null = null;
  let watching = true;
  // Between any two writes the loop turns.
  const watch = () => {
    leastFree = Math.min(leastFree, free());
    if (watching) setImmediate(watch);
  };
  watch();
  try {
    await updates[name]();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    code = error.code;
  } finally {
    watching = false;
  }
  const said: DeflatedStep = { step: name, code, leastFree };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

await updates.begin(offerOf(made));
await updates.append(fs.readFileSync(made.file), null);
await step('verify');
if (updates.state().job?.phase === 'verified') await step('stage');
