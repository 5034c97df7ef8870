import type { Clock } from '../../ports/clock.ts';
import type { PrinterState, TicketImage } from '../../ports/printer.ts';
import type { Channel, Listener } from './channel.ts';
import { asking, BEGIN, bands, CONFIRM, type Cut, cutting, FLUSH } from './escpos.ts';
import { decodeStatus, isConfirmation, isStatus, type StatusBytes, saysOffline } from './escpos-status.ts';
import { aborted, offline, troubleFault } from './faults.ts';

/** How long a printer is waited for, milliseconds. What the line itself takes for what is under way comes on top. */
export interface PrinterLimits {
  readonly connectMs: number;
  /** For the answer to a question. */
  readonly answerMs: number;
  /** For something of a ticket to be printed, before the printer is asked what it waits for. */
  readonly printMs: number;
  /** For one part to be taken. */
  readonly takeMs: number;
}

/** Bytes that may be on their way, unconfirmed: the receive buffer of a plain printer. */
const UNDER_WAY = 4_096;
/** So often in a row a printer may say that it is ready and not go on. */
const PATIENCE = 10;
/** A printer that answers more than it was asked is not remembered further back. */
const REPLIES_KEPT = 8;
const SILENT = 'it does not answer';

/**
 * One conversation with an ESC/POS printer over an open channel. Never more is under way than the printer can hold, so that
 * a question gets through to a printer that has stopped, and its answer says why.
 */
export class Dialogue implements Listener {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #limits: PrinterLimits;
  readonly #bytesPerSecond: number;
  readonly #replies: number[] = [];
  /** Sizes of the parts that are not confirmed. */
  readonly #underWay: number[] = [];
  #channel: Channel | null = null;
  #confirmations = 0;
  #gone: Error | null = null;
  #wake: () => void = () => {};

  constructor(clock: Clock, signal: AbortSignal, limits: PrinterLimits, bytesPerSecond: number) {
    this.#clock = clock;
    this.#signal = signal;
    this.#limits = limits;
    this.#bytesPerSecond = bytesPerSecond;
    signal.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = () => this.#wake();

  begin(channel: Channel): void {
    this.#channel = channel;
  }

  async end(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    await this.#channel?.close();
  }

  bytes(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (isStatus(byte)) {
        this.#replies.push(byte);
        if (this.#replies.length > REPLIES_KEPT) this.#replies.shift();
      } else if (isConfirmation(byte)) {
        this.#confirmations++;
        this.#underWay.shift();
      }
    }
    this.#wake();
  }

  gone(fault: Error): void {
    this.#gone ??= fault;
    this.#wake();
  }

  /** Asks how the printer is. @throws DeviceFault when the way to it is cut off */
  async state(): Promise<PrinterState> {
    const answers: number[] = [];
    for (const n of [1, 2, 3, 4] as const) {
      const answer = await this.#ask(n);
      if (answer === null) return { state: 'offline', detail: SILENT };
      answers.push(answer);
    }
    const [printer = 0, causes = 0, error = 0, paper = 0] = answers;
    return decodeStatus([printer, causes, error, paper] satisfies StatusBytes);
  }

  /**
   * Gets rid of what an earlier ticket may have left in the printer: the rest of a picture, a ticket not cut off, answers
   * not waited for. Tells whether the printer answers GS r: some do on a serial line only.
   */
  async tidy(cut: Cut | null): Promise<boolean> {
    const before = this.#confirmations;
    const rest = cut === null ? [] : [cutting(cut)];
    const bytes = joined(FLUSH, BEGIN, ...rest, CONFIRM);
    await this.#write(bytes);
    return this.#until(() => this.#confirmations > before, this.#limits.answerMs + this.#lineMs(bytes.length));
  }

  /** Prints a ticket, and resolves when the printer is ready after it. `confirms` is what `tidy` has told. @throws DeviceFault */
  async ticket(image: TicketImage, cut: Cut, confirms: boolean): Promise<void> {
    this.#underWay.length = 0;
    for (const part of [BEGIN, ...bands(image), cutting(cut)]) {
      if (confirms) await this.#sendToConfirm(part);
      else await this.#sendAndAsk(part);
    }
    await this.#settle(0);
    await this.ready();
  }

  /** @throws DeviceFault that says what is wrong with the printer, unless it is ready */
  async ready(): Promise<void> {
    const state = await this.state();
    if (state.state !== 'ready') throw troubleFault(state);
  }

  async #sendToConfirm(part: Uint8Array): Promise<void> {
    const bytes = joined(part, CONFIRM);
    await this.#settle(UNDER_WAY - bytes.length);
    this.#underWay.push(bytes.length);
    await this.#write(bytes);
  }

  async #sendAndAsk(part: Uint8Array): Promise<void> {
    await this.#write(part);
    const answer = await this.#ask(1);
    if (answer === null || saysOffline(answer)) await this.ready();
  }

  /** Waits until no more than `most` bytes are under way. */
  async #settle(most: number): Promise<void> {
    const underWay = () => this.#underWay.reduce((sum, bytes) => sum + bytes, 0);
    for (let left = PATIENCE; underWay() > most; left--) {
      const before = underWay();
      if (await this.#until(() => underWay() < before, this.#limits.printMs + this.#lineMs(before))) left = PATIENCE + 1;
      else if (left === 0) throw troubleFault({ state: 'failed', detail: 'it says that it is ready, and does not go on' });
      else await this.ready();
    }
  }

  async #ask(n: 1 | 2 | 3 | 4): Promise<number | null> {
    this.#replies.length = 0;
    await this.#write(asking(n));
    await this.#until(() => this.#replies.length > 0, this.#limits.answerMs);
    return this.#replies[0] ?? null;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let taken = false;
    this.#channel?.write(bytes).then(
      () => {
        taken = true;
        this.#wake();
      },
      (fault: Error) => this.gone(fault),
    );
    if (!(await this.#until(() => taken, this.#limits.takeMs + this.#lineMs(bytes.length)))) throw offline('it takes no data');
  }

  readonly #lineMs = (bytes: number): number => (1_000 * bytes) / this.#bytesPerSecond;

  /** Waits for something to become true; false when it has not within the time. @throws DeviceFault when it cannot any more */
  async #until(done: () => boolean, ms: number): Promise<boolean> {
    let over = false;
    const cancel = this.#clock.after(ms, () => {
      over = true;
      this.#wake();
    });
    try {
      for (;;) {
        if (this.#signal.aborted) throw aborted();
        if (done()) return true;
        if (this.#gone) throw this.#gone;
        if (over) return false;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      cancel();
    }
  }
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
