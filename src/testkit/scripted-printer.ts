import type { TicketImage } from '../ports/printer.ts';
import { type EscPosCommand, EscPosParser } from './escpos-parser.ts';

export interface PrinterTraits {
  readonly dots: number;
  /** It does not know GS r. */
  readonly neverConfirms?: boolean;
}

/** What may be wrong with it; `silent` says nothing and takes everything, `stuck` answers and goes no further. */
export type PrinterTrouble = 'paper-out' | 'cover-open' | 'cutter' | 'silent' | 'stuck';

/** Receive buffer of a plain printer. */
const BUFFER_BYTES = 4_096;

/**
 * An ESC/POS printer, byte by byte: obeys DLE EOT as soon as it is received, everything else in its turn and only while
 * nothing is wrong, and goes on with what it holds once that is mended. `finish` fails on whatever should not be there.
 */
export class ScriptedPrinter {
  /** Whole tickets, cut off, from the first. */
  readonly tickets: TicketImage[] = [];
  readonly cuts: ('full' | 'partial')[] = [];
  paperLow = false;
  /** Rows until the paper is at its end. */
  rowsLeft = Number.POSITIVE_INFINITY;
  /** Where its answers go. */
  answer: (bytes: Uint8Array) => void = () => {};
  readonly #traits: PrinterTraits;
  readonly #parser = new EscPosParser();
  readonly #complaints: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #trouble: PrinterTrouble | null = null;
  /** The last two bytes received, for commands that come in pieces. */
  #tail: number[] = [];
  /** Rows on the paper since it was last cut, and rows still to be printed. */
  #strip: Uint8Array[] = [];
  #rows: Uint8Array[] = [];
  #initialised = false;
  #received = 0;

  constructor(traits: PrinterTraits) {
    this.#traits = traits;
  }

  receive(bytes: Uint8Array): void {
    this.#received += bytes.length;
    for (const byte of bytes) {
      const [dle, eot] = this.#tail;
      this.#tail = [...this.#tail, byte].slice(-2);
      if (dle === 0x10 && eot === 0x04) this.#reply(this.#status(byte));
    }
    this.#parser.push(bytes);
    this.#work();
    if (this.#parser.waiting() > BUFFER_BYTES) this.#complaints.push(`${this.#parser.waiting()} bytes at once`);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when it has received so many bytes in all. */
  async received(bytes: number): Promise<void> {
    while (this.#received < bytes) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  set trouble(trouble: PrinterTrouble | null) {
    this.#trouble = trouble;
    if (trouble === null && this.rowsLeft === 0) this.rowsLeft = Number.POSITIVE_INFINITY;
    this.#work();
  }

  complain(about: string): void {
    this.#complaints.push(about);
  }

  /** @throws RangeError about what should not be; `whole` is false when the last ticket was broken off on purpose */
  finish(whole = true): void {
    const left = [...this.#complaints];
    if (!whole) {
      complaint(left);
      return;
    }
    if (this.#parser.waiting() > 0) left.push(`${this.#parser.waiting()} bytes that are no command`);
    if (this.#rows.length > 0) left.push(`${this.#rows.length} rows not printed`);
    if (this.#strip.length > 0) left.push(`${this.#strip.length} rows not cut off`);
    complaint(left);
  }

  #work(): void {
    while (this.#trouble === null) {
      const row = this.#rows[0];
      if (row && this.rowsLeft === 0) this.#trouble = 'paper-out';
      else if (row) {
        this.#strip.push(row);
        this.#rows.shift();
        this.rowsLeft--;
      } else {
        const command = this.#parser.next();
        if (command === null) return;
        this.#obey(command);
      }
    }
  }

  #obey(command: EscPosCommand): void {
    switch (command.name) {
      case 'initialise':
        this.#initialised = true;
        return;
      case 'picture':
        this.#picture(command);
        return;
      case 'cut':
        this.cuts.push(command.kind);
        this.#cutOff();
        return;
      case 'feed-lines':
        this.#cutOff();
        return;
      case 'transmit-status':
        if (!this.#traits.neverConfirms) this.#reply(this.paperLow ? 0x03 : 0x00);
        return;
      case 'report-changes':
        if (command.n !== 0) this.#complaints.push('switched on to report changes');
        return;
      case 'unknown':
        this.#complaints.push(`unknown ${command.bytes}`);
    }
  }

  #picture({ rowBytes, rows, data }: Extract<EscPosCommand, { name: 'picture' }>): void {
    if (!this.#initialised) this.#complaints.push('a picture before it was initialised');
    if (rowBytes * 8 > this.#traits.dots) this.#complaints.push(`a picture of ${rowBytes * 8} dots`);
    for (let row = 0; row < rows; row++) this.#rows.push(data.slice(row * rowBytes, (row + 1) * rowBytes));
  }

  #cutOff(): void {
    const strip = this.#strip.splice(0);
    if (strip.length === 0) return;
    this.tickets.push({ width: 8 * (strip[0]?.length ?? 0), height: strip.length, bits: new Uint8Array(Buffer.concat(strip)) });
  }

  #reply(byte: number): void {
    if (this.#trouble !== 'silent') this.answer(Uint8Array.of(byte));
  }

  /** One byte of four, bits 1 and 4 always set. */
  #status(n: number): number {
    const [cover, paper, cutter] = (['cover-open', 'paper-out', 'cutter'] as const).map((one) => this.#trouble === one);
    const stopped = cover || paper || cutter;
    const bits: Readonly<Record<number, number>> = {
      1: stopped ? 0x08 : 0,
      2: (cover ? 0x04 : 0) | (paper ? 0x20 : 0) | (cutter ? 0x40 : 0),
      3: cutter ? 0x08 : 0,
      4: (this.paperLow || paper ? 0x0c : 0) | (paper ? 0x60 : 0),
    };
    return 0x12 | (bits[n] ?? 0);
  }
}

function complaint(about: readonly string[]): void {
  if (about.length > 0) throw new RangeError(`the printer has ${about.join(', ')}`);
}
