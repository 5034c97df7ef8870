import type { Raster } from '../raster.ts';
import type { Geometry, PixelFormat } from './geometry.ts';

/** Degrees by which the picture is turned clockwise on the panel. */
export type Rotation = 0 | 90 | 180 | 270;

const PIXEL_BYTES: Readonly<Record<PixelFormat, number>> = { rgb565: 2, xrgb8888: 4 };

/** Size of the picture that a panel shows when it is turned. */
export const turnedSize = ({ width, height }: { readonly width: number; readonly height: number }, rotation: Rotation) =>
  rotation % 180 === 0 ? { width, height } : { width: height, height: width };

/** The bytes a picture is in a framebuffer, `stride * height` of them. The picture has the panel's size as `turnedSize` says. */
export function framebufferBytes({ width, rgba }: Raster, panel: Geometry, rotation: Rotation): Uint8Array {
  const bytes = new Uint8Array(panel.stride * panel.height);
  const put = panel.format === 'rgb565' ? putRgb565 : putXrgb8888;
  const step = PIXEL_BYTES[panel.format];
  const { first, across, down } = walk(panel, width, rotation);
  for (let y = 0; y < panel.height; y++) {
    let from = 4 * (first + y * down);
    let to = y * panel.stride;
    for (let x = 0; x < panel.width; x++) {
      put(bytes, to, rgba[from] ?? 0, rgba[from + 1] ?? 0, rgba[from + 2] ?? 0);
      from += 4 * across;
      to += step;
    }
  }
  return bytes;
}

/** Where in the picture the panel's first pixel is, and how many pixels on the next one across and down are. */
function walk(panel: Geometry, width: number, rotation: Rotation) {
  switch (rotation) {
    case 0:
      return { first: 0, across: 1, down: width };
    case 90:
      return { first: (panel.width - 1) * width, across: -width, down: 1 };
    case 180:
      return { first: panel.width * panel.height - 1, across: -1, down: -width };
    case 270:
      return { first: width - 1, across: width, down: -1 };
  }
}

function putRgb565(bytes: Uint8Array, at: number, red: number, green: number, blue: number): void {
  bytes[at] = ((green & 0x1c) << 3) | (blue >> 3);
  bytes[at + 1] = (red & 0xf8) | (green >> 5);
}

function putXrgb8888(bytes: Uint8Array, at: number, red: number, green: number, blue: number): void {
  bytes[at] = blue;
  bytes[at + 1] = green;
  bytes[at + 2] = red;
}

/** Rows that differ, as runs of bytes `[from, to)`; everything where there is nothing to compare with. */
export function changedRows(bytes: Uint8Array, before: Uint8Array | null, stride: number): [from: number, to: number][] {
  if (before?.length !== bytes.length) return [[0, bytes.length]];
  const runs: [number, number][] = [];
  for (let from = 0; from < bytes.length; from += stride) {
    if (Buffer.compare(bytes.subarray(from, from + stride), before.subarray(from, from + stride)) === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === from) last[1] = from + stride;
    else runs.push([from, from + stride]);
  }
  return runs;
}
