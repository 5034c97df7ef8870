import type { Screen } from '../domain/screen.ts';

/** Shows one screen at a time. A screen shown twice is drawn once; a display that is gone is retried, and never stops a sale. */
export interface Display {
  show(screen: Screen): void;
}
