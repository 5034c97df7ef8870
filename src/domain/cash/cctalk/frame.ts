import { type CcTalkChecksum, crcChecksum, simpleChecksum } from './checksum.ts';

/** `[destination][length][source][header][data…][checksum]`; with a CRC its low byte is in the source's place. */
export interface CcTalkFrame {
  readonly destination: number;
  /** Null where a CRC takes its place. */
  readonly source: number | null;
  readonly header: number;
  readonly data: readonly number[];
}

const HOST_ADDRESS = 1;
/** All of a frame but its data, bytes. */
const AROUND = 5;

/** A request of the host. */
export function encodeRequest(address: number, header: number, data: readonly number[], checksum: CcTalkChecksum): Uint8Array {
  const { length } = data;
  if (checksum === 'crc') {
    const crc = crcChecksum([address, length, header, ...data]);
    return Uint8Array.of(address, length, crc & 0xff, header, ...data, crc >> 8);
  }
  const bytes = [address, length, HOST_ADDRESS, header, ...data];
  return Uint8Array.of(...bytes, simpleChecksum(bytes));
}

function decode(bytes: readonly number[], checksum: CcTalkChecksum): CcTalkFrame | null {
  const [destination = 0, length = 0, third = 0, header = 0] = bytes;
  const data = bytes.slice(4, -1);
  const last = bytes[bytes.length - 1] ?? 0;
  if (checksum === 'simple') {
    return simpleChecksum(bytes) === 0 ? { destination, source: third, header, data } : null;
  }
  return crcChecksum([destination, length, header, ...data]) === third + last * 256 ? { destination, source: null, header, data } : null;
}

/**
 * Finds the frames for one address in a stream of bytes, whatever is before, between and in them. Bytes of which it is
 * not known whether they begin one are kept until more come, or until the line has been silent.
 */
export class FrameReader {
  readonly #checksum: CcTalkChecksum;
  readonly #destination: number;
  #bytes: number[] = [];

  constructor(checksum: CcTalkChecksum, destination: number = HOST_ADDRESS) {
    this.#checksum = checksum;
    this.#destination = destination;
  }

  take(bytes: Iterable<number>): CcTalkFrame[] {
    this.#bytes.push(...bytes);
    return this.#frames(false);
  }

  /** The line has been silent for as long as no sender pauses within a frame: what is not whole by now never will be. */
  silence(): CcTalkFrame[] {
    return this.#frames(true);
  }

  #frames(silent: boolean): CcTalkFrame[] {
    const frames: CcTalkFrame[] = [];
    let at = 0;
    while (at < this.#bytes.length) {
      const [destination, length] = [this.#bytes[at], this.#bytes[at + 1]];
      if (destination !== this.#destination) {
        at++;
        continue;
      }
      const whole = length !== undefined && at + length + AROUND <= this.#bytes.length;
      if (!whole && !silent) break;
      const end = at + (length ?? 0) + AROUND;
      const frame = whole ? decode(this.#bytes.slice(at, end), this.#checksum) : null;
      if (frame) frames.push(frame);
      at = frame ? end : at + 1;
    }
    this.#bytes = this.#bytes.slice(at);
    return frames;
  }
}
