import { CallerFault } from '../../domain/fault.ts';
import type { Ticket } from '../../domain/ticket.ts';
import { MOST_TICKET_ROWS, type TicketImage } from '../../ports/printer.ts';
import { type Raster, rasterise } from '../display/raster.ts';
import { ticketSvg } from './ticket-svg.ts';

/** Lightness (0 to 255) from which a pixel is paper: above the middle, so that the thin strokes of letters stay whole. */
const PAPER = 160;

/**
 * A ticket as dots, for paper of so many dots across (a multiple of 8 from 256 to 1,024). The first takes some 200 ms more
 * than others, see `rasterise`.
 * @throws CallerFault `paper-width`, or `qr-not-drawable` for a QR text of more than 512 characters; RasterFault
 */
export async function ticketImage(ticket: Ticket, dots: number): Promise<TicketImage> {
  if (!Number.isInteger(dots) || dots % 8 !== 0 || dots < 256 || dots > 1_024) {
    throw new CallerFault('The paper has no usable width', {
      code: 'paper-width',
      found: `${dots} dots`,
      expected: 'a multiple of 8 from 256 to 1024: 384 on 58 mm, 576 on 80 mm',
    });
  }
  const { svg, height } = await ticketSvg(ticket, dots);
  return inkOf(await rasterise(svg, dots, Math.min(height, MOST_TICKET_ROWS)));
}

/** Black or white for every pixel of a picture without transparency, a multiple of 8 wide. No dithering: it would fray letters. */
export function inkOf({ width, height, rgba }: Raster): TicketImage {
  const bits = new Uint8Array((width / 8) * height);
  for (let i = 0; i < width * height; i++) {
    const lightness = ((rgba[4 * i] ?? 0) + (rgba[4 * i + 1] ?? 0) + (rgba[4 * i + 2] ?? 0)) / 3;
    if (lightness < PAPER) bits[i >> 3] = (bits[i >> 3] ?? 0) | (0x80 >> (i & 7));
  }
  return { width, height, bits };
}

/** A ticket as a picture again: black on white. */
export function ticketRaster({ width, height, bits }: TicketImage): Raster {
  const rgba = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) {
    if ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) rgba.fill(0, 4 * i, 4 * i + 3);
  }
  return { width, height, rgba };
}
