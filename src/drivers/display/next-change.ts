import type { Screen } from '../../domain/screen.ts';

const BLINK_MS = 500;
const SECOND_MS = 1_000;

/** How soon a screen looks different although nothing has happened, milliseconds; null when it never will. */
export function nextChangeMs(screen: Screen, nowMonotonicMs: number): number | null {
  switch (screen.kind) {
    case 'identify':
      return BLINK_MS - (nowMonotonicMs % BLINK_MS);
    case 'qr':
    case 'show-qr':
    case 'present-card': {
      const leftMs = (screen.expiresAtMonotonicMs ?? 0) - nowMonotonicMs;
      // Seconds are shown rounded up: the next is there when this one is over.
      return leftMs > 0 ? leftMs % SECOND_MS || SECOND_MS : null;
    }
    default:
      return null;
  }
}
