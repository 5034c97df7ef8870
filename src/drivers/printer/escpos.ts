import type { TicketImage } from '../../ports/printer.ts';

/**
 * What ESC/POS printers are told, after Epson's command reference. ESC, GS and DLE begin a command. All of it is sent
 * in parts small enough for the receive buffer of a plain printer (4 KiB).
 */

/** After a ticket: cut it off, leave a bridge, or feed it out to be torn off. */
export type Cut = 'full' | 'partial' | 'none';

const ESC = 0x1b;
const GS = 0x1d;
const DLE = 0x10;

/** Most bytes of a picture in one command, and most rows (one byte of the height is enough for every printer). */
export const BAND_BYTES = 1_024;
export const BAND_ROWS = 255;

/** ESC @: as after it was switched on. GS a 0: it says nothing unasked, so that every byte from it is an answer. */
export const BEGIN = Uint8Array.of(ESC, 0x40, GS, 0x61, 0);

/**
 * GS r 1: asks for the paper sensor's state once everything before it has been carried out. The answer is the proof that it
 * was: unlike DLE EOT this command waits for its turn.
 */
export const CONFIRM = Uint8Array.of(GS, 0x72, 1);

/** Ends whatever picture another ticket was broken off in. Outside a picture a printer does nothing at a zero. */
export const FLUSH = new Uint8Array(BAND_BYTES);

/** GS V 65 and 66 feed the paper to the cutter by themselves; without one it is fed by 6 lines of 1/6 inch (ESC d). */
const CUTS: Readonly<Record<Cut, Uint8Array>> = {
  full: Uint8Array.of(GS, 0x56, 65, 0),
  partial: Uint8Array.of(GS, 0x56, 66, 0),
  none: Uint8Array.of(ESC, 0x64, 6),
};

export const cutting = (cut: Cut): Uint8Array => CUTS[cut];

/** DLE EOT n: asks, past everything that waits to be printed, for one of the four states `decodeStatus` reads. */
export const asking = (n: 1 | 2 | 3 | 4): Uint8Array => Uint8Array.of(DLE, 0x04, n);

/** The picture as GS v 0 commands, from top to bottom, each of at most `BAND_BYTES` of it. Of a checked image. */
export function* bands({ width, height, bits }: TicketImage): Generator<Uint8Array> {
  const across = width / 8;
  const most = Math.max(1, Math.min(BAND_ROWS, Math.floor(BAND_BYTES / across)));
  for (let row = 0; row < height; row += most) {
    const rows = Math.min(most, height - row);
    const head = [GS, 0x76, 0x30, 0, across & 0xff, across >> 8, rows, 0];
    const band = new Uint8Array(head.length + rows * across);
    band.set(head);
    band.set(harmless(bits.subarray(row * across, (row + rows) * across)), head.length);
    yield band;
  }
}

/** Second bytes of what printers obey wherever it stands, also inside a picture: EOT, ENQ, DC4 (status, recovery, drawer and power). */
const OBEYED_AT_ONCE: ReadonlySet<number | undefined> = new Set([0x04, 0x05, 0x14]);

/** Dots that are by chance such a command get a neighbour, so that they are none. */
function harmless(dots: Uint8Array): Uint8Array {
  return dots.map((byte, i) => (byte === DLE && OBEYED_AT_ONCE.has(dots[i + 1]) ? 0x18 : byte));
}
