import type { BackendClock, BackendLog } from '../environment.ts';

/** What a line is about (contract 4, "Logging Requirements"). */
export type KioskLogKind = 'connect' | 'disconnect' | 'in' | 'out' | 'error' | 'transaction';

/** One line, as the control API shows it. Never a token, never what a bad message said. */
export interface KioskLogLine {
  readonly seq: number;
  readonly atMs: number;
  readonly kind: KioskLogKind;
  /** Null where nobody is known: a connection that was refused. */
  readonly device: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Lines kept; a sale makes about twenty. */
const MOST_LINES = 1_000;

/** What went on with the kiosks: the last lines in memory, and every line in the backend's log. */
export class KioskLog {
  readonly #clock: BackendClock;
  readonly #log: BackendLog;
  readonly #changed: () => void;
  #lines: KioskLogLine[] = [];
  #seq = 0;

  constructor(clock: BackendClock, log: BackendLog, changed: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#changed = changed;
  }

  add(kind: KioskLogKind, device: string | null, fields: Readonly<Record<string, unknown>>): void {
    this.#lines.push({ seq: ++this.#seq, atMs: this.#clock.wallMs(), kind, device, fields });
    if (this.#lines.length >= 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES);
    const level = kind === 'error' ? 'warn' : 'info';
    this.#log[level](`kiosk.${kind}`, { device, ...fields });
    this.#changed();
  }

  /** The latest first, at most `limit`. */
  list(limit: number): KioskLogLine[] {
    return this.#lines.slice(-Math.min(limit, MOST_LINES)).reverse();
  }
}
