import { PeerFault } from '../fault.ts';
import { JsonMalformed, type JsonObject, parseJson } from '../json.ts';
import { asObject } from '../json-fields.ts';
import type { Findings } from './findings.ts';
import { shown } from './words.ts';

/** Bytes a posparam.ini may have. */
export const POSPARAM_MAX_BYTES = 64 * 1024;

/** The file as an object, with a byte order mark before it or without; null, and one problem at path '', when it is none. */
export function fileOf(bytes: Uint8Array, findings: Findings): JsonObject | null {
  try {
    return asObject(parseJson(bytes, POSPARAM_MAX_BYTES), '');
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    return findings.problem('', ...wrong(error, bytes));
  }
}

function wrong(fault: PeerFault, bytes: Uint8Array): [found: string, expected: string] {
  const { code, found = '', expected = '' } = fault;
  if (fault instanceof JsonMalformed) return [`something else at ${place(bytes, fault.at)}`, expected];
  switch (code) {
    case 'json-too-large':
      return [`more than ${POSPARAM_MAX_BYTES} bytes`, `at most ${POSPARAM_MAX_BYTES} bytes`];
    case 'json-not-utf8':
      return ['a text that is not UTF-8', 'a text in UTF-8'];
    case 'json-too-deep':
      return ['values nested too deeply', expected];
    case 'json-number-range':
      return ['a number that is too large', 'numbers that are 0 or 1'];
    case 'json-duplicate-key':
    case 'json-forbidden-key':
      return [`the key "${shown(found)}"${code === 'json-duplicate-key' ? ' twice' : ''}`, 'every key of the integration guide once'];
    default:
      return [found, expected];
  }
}

/** Line and column, both from 1, as an editor counts them. */
function place(bytes: Uint8Array, at: number): string {
  const before = new TextDecoder()
    .decode(bytes)
    .slice(0, at)
    .split(/\r\n|\r|\n/);
  return `line ${before.length} column ${(before.at(-1) ?? '').length + 1}`;
}
