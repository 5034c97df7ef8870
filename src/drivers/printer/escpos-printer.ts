import type { Clock } from '../../ports/clock.ts';
import type { Printer, PrinterState, TicketImage } from '../../ports/printer.ts';
import type { Line } from './channel.ts';
import { Dialogue, type PrinterLimits } from './dialogue.ts';
import type { Cut } from './escpos.ts';
import { aborted, checkImage, stateOfFault, troubleFault } from './faults.ts';

interface EscPosOptions {
  readonly line: Line;
  /** Dots across the paper. */
  readonly dots: number;
  readonly cut: Cut;
  readonly clock: Clock;
  readonly limits?: Partial<PrinterLimits>;
}

const LIMITS: PrinterLimits = { connectMs: 5_000, answerMs: 3_000, printMs: 1_000, takeMs: 10_000 };

/** An ESC/POS printer that answers (DLE EOT), on any line. The line is opened for each ticket and each question. */
export class EscPosPrinter implements Printer {
  readonly dots: number;
  readonly #o: EscPosOptions;
  readonly #limits: PrinterLimits;
  readonly #closing = new AbortController();
  /** The end of the newest job. */
  #last: Promise<unknown> = Promise.resolve();
  /** What may be left of earlier tickets in the printer: nobody knows at first. */
  #left: 'nothing' | 'unknown' | 'part-of-a-ticket' = 'unknown';
  /** Whether it confirms what it has printed; found out whenever something may be left. */
  #confirms = true;

  constructor(options: EscPosOptions) {
    this.#o = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.dots = options.dots;
  }

  async print(image: TicketImage, signal: AbortSignal): Promise<void> {
    checkImage(image, this.dots);
    return this.#turn(signal, (dialogue) => this.#ticket(dialogue, image));
  }

  async status(signal: AbortSignal): Promise<PrinterState> {
    try {
      return await this.#turn(signal, (dialogue) => dialogue.state());
    } catch (error) {
      return stateOfFault(error);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#last;
  }

  async #ticket(dialogue: Dialogue, image: TicketImage): Promise<void> {
    const { cut } = this.#o;
    if (this.#left === 'nothing') await dialogue.ready();
    else {
      // In the middle of a picture a question may be taken for a part of it: only a clear answer counts.
      const state = await dialogue.state();
      if (state.state !== 'ready' && state.state !== 'offline') throw troubleFault(state);
      this.#confirms = await dialogue.tidy(this.#left === 'part-of-a-ticket' ? cut : null);
      await dialogue.ready();
    }
    this.#left = 'part-of-a-ticket';
    await dialogue.ticket(image, cut, this.#confirms);
    this.#left = 'nothing';
  }

  /** One conversation after the other; who gives up in the queue does not wait for those before. */
  async #turn<T>(given: AbortSignal, act: (dialogue: Dialogue) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([given, this.#closing.signal]);
    const job = this.#last.then(() => this.#converse(signal, act));
    // Whoever asked for the job hears of it.
    this.#last = job.catch(() => undefined);
    return unlessAborted(job, signal);
  }

  async #converse<T>(signal: AbortSignal, act: (dialogue: Dialogue) => Promise<T>): Promise<T> {
    if (signal.aborted) throw aborted();
    const { clock, line } = this.#o;
    const late = new AbortController();
    const cancel = clock.after(this.#limits.connectMs, () => late.abort());
    const dialogue = new Dialogue(clock, signal, this.#limits, line.bytesPerSecond);
    try {
      dialogue.begin(await line.open(dialogue, AbortSignal.any([signal, late.signal])));
      cancel();
      return await act(dialogue);
    } finally {
      cancel();
      await dialogue.end();
    }
  }
}

/** A promise, or `printer-aborted` as soon as the signal comes. */
function unlessAborted<T>(job: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(aborted());
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    job.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
