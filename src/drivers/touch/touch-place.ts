import type { RawPoint } from './touches.ts';

/** What a panel reports at its two ends, in its own units; the greater one first where it counts the other way. */
type RawRange = readonly [first: number, last: number];

/** How a panel's units lie on the picture. */
export interface TouchMapping {
  /** From the left edge of the unturned panel to its right one. */
  readonly x: RawRange;
  /** From its upper edge to its lower one. */
  readonly y: RawRange;
  /** Degrees by which the picture is turned clockwise on the panel. */
  readonly rotation: 0 | 90 | 180 | 270;
}

/** The pixel of a picture under a finger. What lies outside the ranges is at the edge. */
export function placeOf(raw: RawPoint, { x, y, rotation }: TouchMapping, picture: { readonly width: number; readonly height: number }) {
  const [across, down] = turned(share(raw.x, x), share(raw.y, y), rotation);
  return { x: pixel(across, picture.width), y: pixel(down, picture.height) };
}

/** 0 at the first end, 1 at the last. */
const share = (value: number, [first, last]: RawRange): number =>
  first === last ? 0 : Math.min(1, Math.max(0, (value - first) / (last - first)));

const pixel = (part: number, pixels: number): number => Math.min(pixels - 1, Math.floor(part * pixels));

/** A place on the panel as a place on the picture that is turned on it. */
function turned(across: number, down: number, rotation: TouchMapping['rotation']): readonly [number, number] {
  switch (rotation) {
    case 0:
      return [across, down];
    case 90:
      return [down, 1 - across];
    case 180:
      return [1 - across, 1 - down];
    case 270:
      return [1 - down, across];
  }
}
