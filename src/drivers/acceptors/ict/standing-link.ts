import { type BackoffLimits, fullJitter } from '../../../domain/backoff.ts';
import { DeviceFault } from '../../../domain/fault.ts';
import type { Cancel, Clock } from '../../../ports/clock.ts';
import type { SerialConnection, SerialLink } from '../../serial/serial-link.ts';

interface StandingListener {
  opened(): void;
  bytes(bytes: Uint8Array): void;
  /** The port cannot be opened, or went away; it is tried again. */
  down(fault: DeviceFault): void;
}

/** A plug is put back by a person: within seconds when it slipped, else nobody waits for it. */
const REOPEN: BackoffLimits = { baseMs: 1_000, capMs: 15_000 };
/** One port does not meet others that come back at the same time: it waits the whole time. */
const WHOLE = () => 1;

/** A serial link that is opened again, with growing waits, whenever it is gone. */
export class StandingLink {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  readonly #listener: StandingListener;
  #waits = fullJitter(REOPEN, WHOLE);
  #connection: SerialConnection | null = null;
  #abort: AbortController | null = null;
  /** The opening or closing that goes on. */
  #work: Promise<void> = Promise.resolve();
  /** The end of what was written last. */
  #written: Promise<void> = Promise.resolve();
  #timer: Cancel | null = null;

  constructor(link: SerialLink, clock: Clock, listener: StandingListener) {
    this.#link = link;
    this.#clock = clock;
    this.#listener = listener;
  }

  get open(): boolean {
    return this.#connection !== null;
  }

  start(): void {
    this.#abort = new AbortController();
    this.#waits = fullJitter(REOPEN, WHOLE);
    this.#work = this.#open(this.#abort.signal);
  }

  /** The device is there: should it go, it is looked for soon. */
  answered(): void {
    this.#waits = fullJitter(REOPEN, WHOLE);
  }

  /** @throws DeviceFault `serial-lost` */
  async write(byte: number): Promise<void> {
    if (!this.#connection) throw new DeviceFault('The serial port is not open', { code: 'serial-lost', found: this.#link.path });
    const written = this.#connection.write(Uint8Array.of(byte));
    // What becomes of it the caller hears.
    this.#written = written.catch(() => undefined);
    await written;
  }

  /** Closes the port and opens it anew: the way of some adapters to come back to life. */
  renew(fault: DeviceFault): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#work = connection.close();
    this.#lost(fault);
  }

  /** Resolves when the port is free; what was written is sent before. */
  async stop(): Promise<void> {
    this.#abort?.abort();
    this.#abort = null;
    this.#timer?.();
    this.#timer = null;
    await this.#work;
    await this.#written;
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }

  async #open(signal: AbortSignal): Promise<void> {
    let lost: DeviceFault | null = null;
    let current: SerialConnection | null = null;
    const mine = () => current !== null && current === this.#connection;
    try {
      current = await this.#link.open(
        {
          bytes: (bytes) => mine() && this.#listener.bytes(bytes),
          gone: (fault) => {
            lost = fault;
            if (mine()) this.#lost(fault);
          },
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof DeviceFault)) throw error;
      lost = error;
    }
    if (signal.aborted) return current?.close();
    if (lost) return this.#lost(lost);
    this.#connection = current;
    this.#listener.opened();
  }

  #lost(fault: DeviceFault): void {
    this.#connection = null;
    const signal = this.#abort?.signal;
    if (!signal) return;
    this.#timer = this.#clock.after(this.#waits.next().value, () => {
      this.#timer = null;
      this.#work = this.#work.then(() => (signal.aborted ? undefined : this.#open(signal)));
    });
    this.#listener.down(fault);
  }
}
