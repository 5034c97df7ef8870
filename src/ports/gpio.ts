import type { Fault } from '../domain/fault.ts';
import type { Cancel } from './clock.ts';

/** One level change of an input, in electrical terms. */
export interface Edge {
  /** The input's name on the board, not its number. */
  readonly line: string;
  readonly level: 'high' | 'low';
  /** Kernel time (CLOCK_MONOTONIC) in nanoseconds. */
  readonly timestampNs: bigint;
  /** Counts up by one for every edge of a line; a gap means that edges were lost. */
  readonly seqno: number;
}

export interface PulseTrain {
  /** 1 to 10,000 pulses. */
  readonly count: number;
  /** 1 to 3,600,000 ms active, then `gapMs` inactive. */
  readonly pulseMs: number;
  readonly gapMs: number;
}

/** A pin that cannot be used now. */
export interface PinFault {
  /** Its name on the board. */
  readonly line: string;
  readonly fault: Fault;
}

/**
 * The board's pins by their names on the board file. Outputs are inactive after open and after close, whatever
 * happened between. Edges are delivered in order with the time the kernel saw them, however late they are read;
 * a loss is reported, never hidden. `active` is logical: the board file says which level that is.
 *
 * Pins come and go. What is missing is no failure: it is told by `faults`, refuses with a DeviceFault (`input-fault`,
 * `output-fault`), and is looked for until `close`. Back again, an output is inactive before anything else, and the
 * watchers of an input are told a loss.
 */
export interface Gpio {
  /** Resolves when the pins are there, or have not come within a moment. @throws DeviceFault `gpio-closed` when it is closed meanwhile */
  open(): Promise<void>;
  /** The pins that cannot be used now, while it is open. */
  faults(): readonly PinFault[];
  /** Edges of one input; `onLoss` is told how many were lost where that is known, else 0. */
  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): Cancel;
  /** Present level of an input. */
  read(line: string): Promise<'high' | 'low'>;
  set(line: string, active: boolean): Promise<void>;
  /** Runs a whole train and resolves when the last gap is over. Throws DeviceFault when the line cannot be driven. */
  pulse(line: string, train: PulseTrain): Promise<void>;
  close(): Promise<void>;
}
