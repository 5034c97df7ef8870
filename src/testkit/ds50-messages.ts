import { readFileSync } from 'node:fs';
import { PeerFault } from '../domain/fault.ts';
import { MessageFault } from '../domain/json-fields.ts';

/** A file of the ds50 fixtures, byte for byte. */
export const fixtureFile = (name: string): Uint8Array => readFileSync(new URL(`../protocols/ds50/fixtures/${name}`, import.meta.url));
/** The documented message of this name. */
export const fixture = (name: string): Uint8Array => fixtureFile(`${name}.json`);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
/** The documented message without the document's line breaks, as it goes over the wire. */
export const compact = (name: string): string => JSON.stringify(documented(name));
/** The documented message as a value, to be changed. */
export const documented = (name: string): Record<string, unknown> => JSON.parse(textOf(fixture(name)));
/** Any value as JSON. */
export const raw = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** What became of a decoder's work: path of a refused field, code of any other refusal, or `accepted`. Other errors are thrown on. */
export function refusal(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    if (error instanceof MessageFault) return error.path;
    if (error instanceof PeerFault) return error.code;
    throw error;
  }
  return 'accepted';
}
