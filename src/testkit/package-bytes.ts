import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SamplePackages } from './sample-packages.ts';

/** A package in memory, as it is uploaded. */
export interface PackageBytes {
  /** File name. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  /** PEM of the key that signed it. */
  readonly publicKey: string;
}

/** A package of a firmware image that does nothing, of `imageBytes` bytes; signed with a key of its own unless `signed` is false. */
export async function firmwareBytes({ version = 'V1.0.0', imageBytes = 300_000, signed = true } = {}): Promise<PackageBytes> {
  const folder = await mkdtemp(join(tmpdir(), 'tilld-sample-'));
  try {
    const samples = new SamplePackages(folder);
    const image = '#!/bin/sh\nexit 0\n'.padEnd(imageBytes, '# does nothing\n');
    const { file, name, sha256 } = await samples.firmware(version, image, signed ? {} : { privateKey: null });
    return { name, bytes: new Uint8Array(await readFile(file)), sha256, publicKey: samples.keys.publicKey };
  } finally {
    await rm(folder, { recursive: true });
  }
}
