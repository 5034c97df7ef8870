import type { Screen } from '../domain/screen.ts';
import type { TouchArea } from '../domain/touch.ts';

/** Shows one screen at a time. A screen shown twice is drawn once; a display that is gone is retried, and never stops a sale. */
export interface Display {
  show(screen: Screen): void;
}

/** The picture on the glass, in pixels before any rotation of the display, and what on it does what a key does. */
export interface ShownPicture {
  readonly width: number;
  readonly height: number;
  readonly touch: readonly TouchArea[];
}

/**
 * A display with a device behind it. Nothing happens before `start`; then the newest screen is drawn, and what counts
 * down on it goes on counting by itself. No method throws or rejects: a broken device is logged once and tried again.
 */
export interface DisplayTarget extends Display {
  start(): void;
  /** Resolves when nothing is drawn any more and the device is let go. */
  stop(): Promise<void>;
  /** What a finger can touch now; null while the glass does not show the newest screen, and where it shows no picture. */
  picture(): ShownPicture | null;
}
