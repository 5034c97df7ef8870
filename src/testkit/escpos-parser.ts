/** What a printer is told, as ESC/POS documentation has it; written without a look at tilld's encoder. */
export type EscPosCommand =
  | { readonly name: 'initialise' }
  | { readonly name: 'report-changes'; readonly n: number }
  /** Rows of so many bytes, 1 for black. */
  | { readonly name: 'picture'; readonly rowBytes: number; readonly rows: number; readonly data: Uint8Array }
  | { readonly name: 'feed-lines'; readonly lines: number }
  | { readonly name: 'cut'; readonly kind: 'full' | 'partial'; readonly feed: number }
  | { readonly name: 'transmit-status'; readonly n: number }
  | { readonly name: 'real-time-status'; readonly n: number }
  | { readonly name: 'unknown'; readonly bytes: string };

/** Takes bytes as they come, in any pieces, and gives whole commands. Zeros between commands are nothing. */
export class EscPosParser {
  #bytes: number[] = [];

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  /** Bytes that are no whole command yet. */
  waiting(): number {
    return this.#bytes.length;
  }

  next(): EscPosCommand | null {
    while (this.#bytes[0] === 0) this.#bytes.shift();
    const [command, length] = read(this.#bytes) ?? [null, 0];
    this.#bytes = this.#bytes.slice(length);
    return command;
  }
}

function read(bytes: readonly number[]): [EscPosCommand, number] | null {
  if (bytes.length < 2) return null;
  const [, , a, b] = bytes;
  switch (Buffer.from(bytes.slice(0, 2)).toString('hex')) {
    case '1b40':
      return [{ name: 'initialise' }, 2];
    case '1b64':
      return a === undefined ? null : [{ name: 'feed-lines', lines: a }, 3];
    case '1d61':
      return a === undefined ? null : [{ name: 'report-changes', n: a }, 3];
    case '1d72':
      return a === undefined ? null : [{ name: 'transmit-status', n: a }, 3];
    case '1004':
      return a === undefined ? null : [{ name: 'real-time-status', n: a }, 3];
    case '1d56':
      if (a === undefined || (a >= 65 && b === undefined)) return null;
      if (a >= 65) return [{ name: 'cut', kind: a === 65 ? 'full' : 'partial', feed: b ?? 0 }, 4];
      return [{ name: 'cut', kind: a % 48 === 0 ? 'full' : 'partial', feed: 0 }, 3];
    case '1d76':
      return picture(bytes);
    default:
      return [{ name: 'unknown', bytes: Buffer.from(bytes.slice(0, 8)).toString('hex') }, bytes.length];
  }
}

/** GS v 0 m xL xH yL yH d1…dk: x bytes across, y rows. */
function picture(bytes: readonly number[]): [EscPosCommand, number] | null {
  if (bytes.length < 8) return null;
  const [, , zero, mode, xL = 0, xH = 0, yL = 0, yH = 0] = bytes;
  const [rowBytes, rows] = [xL + 256 * xH, yL + 256 * yH];
  if (zero !== 0x30 || mode !== 0 || rowBytes === 0 || rows === 0) {
    return [{ name: 'unknown', bytes: Buffer.from(bytes.slice(0, 8)).toString('hex') }, bytes.length];
  }
  const end = 8 + rowBytes * rows;
  if (bytes.length < end) return null;
  return [{ name: 'picture', rowBytes, rows, data: Uint8Array.from(bytes.slice(8, end)) }, end];
}
