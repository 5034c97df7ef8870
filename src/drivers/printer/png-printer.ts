import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceFault } from '../../domain/fault.ts';
import type { Printer, PrinterState, TicketImage } from '../../ports/printer.ts';
import { encodePng } from '../display/png.ts';
import { aborted, checkImage, troubleFault } from './faults.ts';
import { ticketRaster } from './ticket-image.ts';

/** What can be made to be wrong with it. */
type PngPrinterFault = 'paper-out' | 'cover-open' | 'offline';

interface PngPrinterOptions {
  /** Where the tickets go, each in a file by its number: `ticket-000001.png`. Made when it is missing. */
  readonly folder: string;
  readonly dots: number;
}

const FILE = /^ticket-(\d{6,12})\.png$/;

/** A printer without paper: each ticket becomes a PNG, whole or not at all, numbered on from those that are there. */
export class PngPrinter implements Printer {
  readonly dots: number;
  readonly #folder: string;
  readonly #closing = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  #fault: PngPrinterFault | null = null;
  #latest: Uint8Array | null = null;

  constructor({ folder, dots }: PngPrinterOptions) {
    this.#folder = folder;
    this.dots = dots;
  }

  /** The newest ticket as a PNG; null before the first. */
  latest(): Uint8Array | null {
    return this.#latest;
  }

  /** What is wrong with it now, or null. */
  fault(): PngPrinterFault | null {
    return this.#fault;
  }

  setFault(fault: PngPrinterFault | null): void {
    this.#fault = fault;
  }

  async print(image: TicketImage, signal: AbortSignal): Promise<void> {
    checkImage(image, this.dots);
    const job = this.#last.then(() => this.#print(image, AbortSignal.any([signal, this.#closing.signal])));
    // Whoever asked for the job hears of it.
    this.#last = job.catch(() => undefined);
    return job;
  }

  async status(): Promise<PrinterState> {
    if (this.#closing.signal.aborted) return { state: 'offline', detail: 'it is closed' };
    return this.#fault === null ? { state: 'ready', paperLow: false } : { state: this.#fault, detail: 'switched on by hand' };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #print(image: TicketImage, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw aborted();
    if (this.#fault !== null) throw troubleFault({ state: this.#fault, detail: '' });
    let png: Uint8Array;
    try {
      png = await encodePng(ticketRaster(image));
      await keep(this.#folder, png);
    } catch (cause) {
      throw new DeviceFault('The ticket was not printed', {
        code: 'printer-failed',
        found: (cause as Error).message,
        remedy: `Make room in ${this.#folder}, and let tilld write there.`,
        cause,
      });
    }
    this.#latest = png;
  }
}

/** Writes the next file of a folder: under its name it is there whole. */
async function keep(folder: string, png: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const numbers = (await readdir(folder)).map((name) => Number(FILE.exec(name)?.[1] ?? 0));
  const next = numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
  const file = join(folder, `ticket-${String(next).padStart(6, '0')}.png`);
  const handle = await open(`${file}.tmp`, 'w');
  try {
    await handle.writeFile(png);
  } finally {
    await handle.close();
  }
  await rename(`${file}.tmp`, file);
}
