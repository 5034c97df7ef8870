import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import type { PackageOffer } from '../../domain/ota/update.ts';
import { createUpdates } from '../../ota/updates.ts';
import { install, type Promised } from './install.ts';
import { policyOf } from './policy.ts';

/** What the child is told in the file its only argument names. */
export interface InstallTask {
  /** State directory of the box. */
  readonly directory: string;
  readonly offer: PackageOffer;
  readonly etag: string | null;
  /** Where the package is. */
  readonly file: string;
  /** PEM of whose packages are believed. */
  readonly publicKey: string;
  /** Says `ready` and waits for a byte on standard input before it touches the disk. */
  readonly waits: boolean;
}

const say = (value: Promised | 'ready') => void fs.writeSync(1, `${JSON.stringify(value)}\n`);

const { directory, offer, etag, file, publicKey, waits } = JSON.parse(fs.readFileSync(process.argv[2] ?? '', 'utf8')) as InstallTask;
const bytes = fs.readFileSync(file);
// The thread that works on files is there from now on.
await stat(file);
if (waits) {
  say('ready');
  fs.readSync(0, Buffer.alloc(1));
}
await install(createUpdates({ directory, policy: policyOf(publicKey), wallMs: () => Date.now() }), { offer, bytes, etag }, say);
