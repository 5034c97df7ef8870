import type { TicketImage } from '../ports/printer.ts';

/** Dots that look like nothing and repeat nowhere: a shifted, doubled or lost row shows. The same seed gives the same picture. */
export function sampleImage(width: number, height: number, seed: number): TicketImage {
  let state = seed;
  const bits = Uint8Array.from({ length: (width / 8) * height }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const byte = (state >>> 16) & 0xff;
    // What printers take for the beginning of a command, see the encoder's own tests.
    return byte === 0x10 ? 0x11 : byte;
  });
  return { width, height, bits };
}
