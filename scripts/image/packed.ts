import { createHash } from 'node:crypto';
import { createReadStream, renameSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { wrongUsage } from '../build/command-line.ts';
import { run } from './programs.ts';

/** How an image is packed: small (xz), quick (zstd), or not. */
export const PACKINGS = ['xz', 'zstd', 'none'] as const;
export type Packing = (typeof PACKINGS)[number];

/** @throws CallerFault `usage` */
export function packingNamed(name: unknown): Packing {
  const packing = PACKINGS.find((one) => one === name);
  if (packing) return packing;
  throw wrongUsage('--compression is not usable', JSON.stringify(name), PACKINGS.join(' or '));
}

/** Packs a file in its place and returns its new name. @throws DeviceFault */
export async function pack(file: string, packing: Packing): Promise<string> {
  if (packing === 'none') return file;
  const packed = `${file}.${packing === 'xz' ? 'xz' : 'zst'}`;
  const made = `${packed}.new`;
  const script = packing === 'xz' ? 'xz -6 -T2 --stdout "$1" >"$2"' : 'zstd -q -6 -T2 --stdout "$1" >"$2"';
  await run('sh', ['-c', script, 'sh', file, made]);
  renameSync(made, packed);
  rmSync(file);
  return packed;
}

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

export async function digestOf(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { bytes: statSync(file).size, sha256: hash.digest('hex') };
}
