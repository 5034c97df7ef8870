import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import type { PackageOffer, PackageType } from '../../domain/ota/update.ts';
import { createUpdates } from '../../ota/updates.ts';
import { type Act, perform } from './acts.ts';
import type { Promised } from './install.ts';
import { policyOf } from './policy.ts';

/** What the child is told in the file its only argument names. */
export interface InstallTask {
  readonly act: Act;
  readonly type: PackageType;
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

const { act, type, directory, offer, etag, file, publicKey, waits } = JSON.parse(
  fs.readFileSync(process.argv[2] ?? '', 'utf8'),
) as InstallTask;
const bytes = fs.readFileSync(file);
// The thread that works on files is there from now on.
await stat(file);
if (waits) {
  say('ready');
  fs.readSync(0, Buffer.alloc(1));
}
const next = { offer, bytes, etag, file };
await perform({ act, type, next }, createUpdates({ directory, policy: policyOf(publicKey), wallMs: () => Date.now() }), say);
