// Updates on a small disk of their own that fills up at the worst moments. Says each step on standard output, as JSON.
import fs from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../domain/fault.ts';
import { otaPaths } from '../ota/paths.ts';
import { createUpdates } from '../ota/updates.ts';
import { offerOf, SAMPLE_CUSTOMER } from './sample-packages.ts';

/** What the parent hands over: a package, and the key it is signed by. */
export interface FullDiskTask {
  readonly directory: string;
  readonly made: Parameters<typeof offerOf>[0];
  readonly publicKey: string;
}

export interface FullDiskStep {
  readonly step: string;
  readonly code: string | null;
  readonly phase: string | null;
  /** Bytes there are of the download. */
  readonly part: number;
  /** Names below the folder of the releases. */
  readonly releases: readonly string[];
}

const { directory, made, publicKey }: FullDiskTask = JSON.parse(process.argv[2] ?? '');
const policy = { model: 'DS50-MQ', customer: SAMPLE_CUSTOMER, runtime: '0.1.0', keys: [publicKey], allowUnsigned: false };
const open = () => createUpdates({ directory, policy, wallMs: () => 0, reserveBytes: 0 });
const paths = otaPaths(directory);
const filler = join(directory, 'filler');
const bytes = fs.readFileSync(made.file);
let updates = open();

function fill(): void {
  const fd = fs.openSync(filler, 'a');
  try {
    for (let size = 65_536; size > 0; size >>= 1) writeUntilFull(fd, Buffer.alloc(size));
  } finally {
    fs.closeSync(fd);
  }
}

function writeUntilFull(fd: number, block: Buffer): void {
  try {
    for (;;) fs.writeSync(fd, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  let code: string | null = null;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    code = error.code;
  }
  const said: FullDiskStep = {
    step: name,
    code,
    phase: updates.state().job?.phase ?? null,
    part: fs.statSync(paths.part(made.sha256), { throwIfNoEntry: false })?.size ?? 0,
    releases: fs.existsSync(paths.releases('CUST')) ? fs.readdirSync(paths.releases('CUST')).sort() : [],
  };
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

await step('begin', () => updates.begin(offerOf(made)));
await step('append', () => updates.append(bytes.subarray(0, 500_000), null));
fill();
await step('append, full', () => updates.append(bytes.subarray(500_000), null));
await step('restart, full', async () => {
  updates = open();
});
await step('abandon, full', () => updates.abandon('ota-no-space', ''));
fill();
await step('begin, full', () => updates.begin(offerOf(made)));
fs.rmSync(filler);
await step('begin again', () => updates.begin(offerOf(made)));
await step('append again', () => updates.append(bytes, null));
await step('verify', () => updates.verify());
await step('stage, full in the middle', () => updates.stage((done) => done > 0 && fill()));
fs.rmSync(filler);
await step('stage again', () => updates.stage());
fill();
await step('activate, full', () => updates.activate(true));
fs.rmSync(filler);
await step('activate again', () => updates.activate(true));
