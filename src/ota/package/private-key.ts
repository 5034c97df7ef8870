import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';

const MARK = 'PRIVATE KEY';
/** The first line of a private key in PEM with some of what follows: the bare words are in every program that can read one. */
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----\s*(?:\\[rn]|\s)+(?:[A-Za-z0-9+/=]{16}|[A-Z][A-Za-z-]{3,20}: )/;
const BEFORE = 48;
const AFTER = 80;

/** Looks for private keys in data that comes piece by piece. */
export class PrivateKeyScan {
  /** The end of what was seen: a mark may be cut in two, or lack what follows it. */
  #tail = Buffer.alloc(0);

  /** The next piece of a file. @throws OtaFault `ota-private-key` */
  next(chunk: Uint8Array, name: string): void {
    // A view of the same bytes: a copy of each piece would be garbage by the megabyte.
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, BEFORE + AFTER)]);
    if (holdsKey(seam) || holdsKey(bytes)) {
      throw new OtaFault('The package holds a private key', {
        code: 'ota-private-key',
        found: quoted(name),
        expected: 'public certificates only',
        remedy: 'Take it out, and replace the key if the package has left your hands.',
      });
    }
    this.#tail = Buffer.from((bytes.length < BEFORE + AFTER ? seam : bytes).subarray(-(BEFORE + AFTER)));
  }
}

function holdsKey(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    if (PRIVATE_KEY.test(bytes.toString('latin1', Math.max(0, at - BEFORE), at + AFTER))) return true;
  }
  return false;
}
