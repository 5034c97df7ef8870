import type { CashMethod } from './journal.ts';

/** A pin, addressed by chip label and line name: numbers move between kernels and models. */
interface PinAddress {
  readonly chip: string;
  readonly line: string;
}

export interface InputPin extends PinAddress {
  /** Level while nothing happens; the pull resistor goes the same way. */
  readonly idle: 'high' | 'low';
  readonly debounceMs?: number;
}

export interface OutputPin extends PinAddress {
  /** Level that switches the thing on. */
  readonly active: 'high' | 'low';
}

/** A coin or bill acceptor that pulses one pin. */
export interface BoardPulseAcceptor {
  readonly name: string;
  readonly method: CashMethod;
  readonly kind: 'pulse';
  readonly input: string;
  /**
   * Output on the acceptor's inhibit line; the profile says which level inhibits. Best wired so that the inactive level
   * does: then the acceptor takes nothing while tilld is not running.
   */
  readonly inhibit?: string;
  /** Named pulse profile (timing and polarity), see domain/cash. */
  readonly profile: string;
  /** Pulse count to minor units: {"1": 100, "5": 500}. */
  readonly denominations: Readonly<Record<string, number>>;
  /** What to do with a count outside the table: park it as unassigned, or count every pulse at this many minor units. */
  readonly perPulseMinor?: number;
}

/** The address of an acceptor on its ccTalk bus: 2 for coins and 40 for bills unless another is given. */
export const addressOf = ({ address, method }: BoardCcTalkAcceptor): number => address ?? (method === 'coin' ? 2 : 40);

/** A bill acceptor that speaks the ICT protocol on a serial port; it holds each note until it is decided. */
export interface BoardIctAcceptor {
  readonly name: string;
  readonly method: 'bill';
  readonly kind: 'ict';
  /** `/dev/ttyUSB0`, `/dev/serial/by-id/…`. */
  readonly device: string;
  /** Channel 1 to 5 (the bytes 0x40 to 0x44) to minor units: {"1": 2000, "2": 5000}. A note of another is given back. */
  readonly denominations: Readonly<Record<string, number>>;
}

/** A coin or bill acceptor on a ccTalk bus, which several may share. */
export interface BoardCcTalkAcceptor {
  readonly name: string;
  readonly method: CashMethod;
  readonly kind: 'cctalk';
  /** `/dev/serial0`, `/dev/serial/by-id/…`: the bus. */
  readonly device: string;
  /** 2 to 255; 2 for coins and 40 for bills unless given. */
  readonly address?: number;
  /** `simple` unless given. */
  readonly checksum?: 'simple' | 'crc';
  /** Position of a coin or type of a bill, 1 to 16, to minor units: {"1": 100, "2": 500}. Others are not taken. */
  readonly denominations: Readonly<Record<string, number>>;
}

export type SerialAcceptor = BoardCcTalkAcceptor | BoardIctAcceptor;
export type BoardAcceptor = BoardPulseAcceptor | SerialAcceptor;

export interface BoardDelivery {
  readonly output: string;
  /** Input the machine answers on, and how soon after the drive began (ms). Without it a drive that ran counts as delivered. */
  readonly feedback?: { readonly input: string; readonly level: 'high' | 'low'; readonly withinMs: number };
}

/** One board file: names for pins, and what hangs on them. Names are unique over inputs and outputs together. */
export interface Board {
  readonly name: string;
  readonly title: string;
  readonly hardware: 'simulated' | 'libgpiod';
  readonly inputs: Readonly<Record<string, InputPin>>;
  readonly outputs: Readonly<Record<string, OutputPin>>;
  readonly acceptors: readonly BoardAcceptor[];
  readonly delivery: BoardDelivery | null;
  /**
   * Buttons by name; `0`-`9`, `ok`, `cancel`, `clear` form the keypad, `pair` starts pairing, `volume-up` and
   * `volume-down` set the loudness, others may sell a product.
   */
  readonly buttons: Readonly<Record<string, { readonly input: string }>>;
  /** In pixels; `touch`: it can be touched. */
  readonly display: { readonly width: number; readonly height: number; readonly touch?: boolean };
}
