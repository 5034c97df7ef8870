/** A place on a screen that does what a key does. Whole pixels of the screen as it is drawn, before any rotation of the display. */
export interface TouchArea {
  /** A key as `Box.press` takes it: `ok`, `7`, `amount-3`, a product's button. */
  readonly key: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The key under a finger, or null. Where areas overlap the one drawn last counts. */
export function keyAt(areas: readonly TouchArea[], x: number, y: number): string | null {
  const hit = areas.findLast(({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height);
  return hit?.key ?? null;
}
