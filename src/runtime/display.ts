import type { Board } from '../domain/board.ts';
import type { Language } from '../domain/speech/language.ts';
import { keyAt } from '../domain/touch.ts';
import type { Look } from '../drivers/display/raster-canvas.ts';
import type { TouchMapping } from '../drivers/touch/touch-place.ts';
import type { Clock } from '../ports/clock.ts';
import type { DisplayTarget } from '../ports/display.ts';
import type { Log } from '../ports/log.ts';

/** Where a box shows its screens, beside the local API. */
export type DisplaySettings =
  | {
      readonly driver: 'framebuffer';
      readonly device: string;
      readonly rotation: 0 | 90 | 180 | 270;
      readonly touch?: { readonly device: string; readonly x: TouchMapping['x']; readonly y: TouchMapping['y'] };
    }
  | { readonly driver: 'png'; readonly file: string }
  | { readonly driver: 'terminal' }
  | { readonly driver: 'none' };

export interface DisplayParts {
  readonly board: Pick<Board, 'display'>;
  readonly look: () => Promise<Look>;
  readonly language: () => Language;
  /** A key of the screen was touched. */
  readonly press: (key: string) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** The display that the configuration names, with its touch panel; null where it names none. Nothing is opened before `start`. */
export async function displayOf(wanted: DisplaySettings | undefined, parts: DisplayParts): Promise<DisplayTarget | null> {
  const { board, look, clock, log } = parts;
  const { width, height } = board.display;
  switch (wanted?.driver) {
    case 'framebuffer': {
      const { framebufferDisplay } = await import('../drivers/display/framebuffer/framebuffer-display.ts');
      const { device, rotation, touch } = wanted;
      const display = framebufferDisplay({ device, rotation, root: '/', look, clock, log });
      return touch ? touched(display, { ...touch, rotation }, parts) : display;
    }
    case 'png': {
      const { pngDisplay } = await import('../drivers/display/png-display.ts');
      return pngDisplay({ file: wanted.file, width, height, look, clock, log });
    }
    case 'terminal': {
      const { terminalDisplay } = await import('../drivers/display/terminal-display.ts');
      return terminalDisplay({ output: process.stdout, language: parts.language, clock, log });
    }
    default:
      return null;
  }
}

/** The same display, with a panel in front of it that says where it is touched. */
async function touched(
  display: DisplayTarget,
  { device, ...mapping }: TouchMapping & { readonly device: string },
  { press, clock, log }: DisplayParts,
): Promise<DisplayTarget> {
  const { EvdevTouch } = await import('../drivers/touch/evdev.ts');
  const panel = new EvdevTouch({
    device,
    root: '/',
    mapping,
    picture: () => display.picture(),
    onTap: ({ x, y }) => {
      const key = keyAt(display.picture()?.touch ?? [], x, y);
      if (key !== null) press(key);
    },
    clock,
    log,
  });
  return {
    start() {
      display.start();
      panel.start();
    },
    show: (screen) => display.show(screen),
    picture: () => display.picture(),
    async stop() {
      panel.stop();
      await display.stop();
    },
  };
}
