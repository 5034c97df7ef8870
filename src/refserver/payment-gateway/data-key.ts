import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigurationFault } from '../../domain/fault.ts';
import type { BackendEntropy } from '../environment.ts';

/**
 * The key that cards are sealed under where none is configured: made once and kept beside the state file, in a file of
 * its own that only its owner can read. Of ':memory:' nothing is kept.
 * @throws ConfigurationFault `gateway-data-key` for a file that holds no key or cannot be used
 */
export function keptDataKey(stateFile: string, entropy: BackendEntropy): Uint8Array {
  const fresh = entropy.bytes(32);
  if (stateFile === ':memory:') return fresh;
  const file = `${stateFile}.gateway-key`;
  try {
    keep(file, `${Buffer.from(fresh).toString('hex')}\n`);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, error);
  }
  const kept = read(file);
  if (!/^[0-9a-f]{64}\n?$/.test(kept)) throw unusable(file, undefined);
  return Uint8Array.from(Buffer.from(kept.trim(), 'hex'));
}

/** On the disk before anything is sealed under it. Fails when the file is there. */
function keep(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unusable(file, cause);
  }
}

const unusable = (file: string, cause: unknown): ConfigurationFault =>
  new ConfigurationFault('The data key of the payment gateway cannot be used', {
    code: 'gateway-data-key',
    found: file,
    expected: '64 hexadecimal digits',
    remedy: 'Put the file back as it was: without it the PINs and serials kept cannot be read.',
    cause,
  });
