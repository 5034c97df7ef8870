import type { Screen } from '../../domain/screen.ts';
import type { Language } from '../../domain/speech/language.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DisplayTarget } from '../../ports/display.ts';
import type { Log } from '../../ports/log.ts';
import { DisplayFault } from './display-fault.ts';
import { type Canvas, ScreenLoop } from './screen-loop.ts';

/** Where text goes: `process.stdout`, or what stands for it. */
interface TextOutput {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: 'resize' | 'error', listener: () => void): unknown;
  off(event: 'resize' | 'error', listener: () => void): unknown;
}

export interface TerminalDisplayOptions {
  readonly output: TextOutput;
  /** Asked for each screen, so that a new language counts from the next one on. */
  readonly language: () => Language;
  readonly clock: Clock;
  readonly log: Log;
}

const PIPE_COLUMNS = 80;
const PATIENCE_MS = 1_000;
const HOME = '\u{1b}[H';
const CLEAR_LINE = '\u{1b}[K';
const CLEAR_BELOW = '\u{1b}[J';

/**
 * Screens as text. A terminal is drawn anew in place, in its own size, with a QR that a phone can read, and cleared at
 * `stop`; into a pipe or a file goes one plain block of text for each screen that comes, and no countdown.
 */
export function terminalDisplay(options: TerminalDisplayOptions): DisplayTarget {
  const { output, clock, log } = options;
  const loop = new ScreenLoop({ canvas: new TerminalCanvas(options), clock, log });
  const redraw = () => loop.redraw();
  return {
    start() {
      output.off('resize', redraw);
      output.on('resize', redraw);
      loop.start();
    },
    show: (screen) => loop.show(screen),
    picture: () => loop.picture(),
    async stop() {
      output.off('resize', redraw);
      await loop.stop();
    },
  };
}

class TerminalCanvas implements Canvas {
  readonly name = 'terminal';
  readonly counts: boolean;
  readonly shared: boolean;
  readonly #o: TerminalDisplayOptions;
  #shown = '';
  /** Text that the other side has not taken yet. */
  #waiting = false;
  #listening = false;

  constructor(options: TerminalDisplayOptions) {
    this.#o = options;
    this.counts = options.output.isTTY === true;
    this.shared = this.counts;
  }

  async draw(screen: Screen, nowMonotonicMs: number, afresh: boolean): Promise<null> {
    if (this.#waiting) throw notTaken(null);
    const { terminalScreen } = await import('./terminal-screen.ts');
    const { output, language } = this.#o;
    const drawn = output.isTTY === true;
    const room = drawn
      ? { columns: output.columns || PIPE_COLUMNS, rows: output.rows || Number.POSITIVE_INFINITY, drawn }
      : { columns: PIPE_COLUMNS, rows: Number.POSITIVE_INFINITY, drawn };
    const lines = await terminalScreen(screen, language(), nowMonotonicMs, room);
    const text = drawn ? `${HOME}${lines.join(`${CLEAR_LINE}\r\n`)}${CLEAR_LINE}${CLEAR_BELOW}` : `${lines.join('\n')}\n\n`;
    if (text === this.#shown && !afresh) return null;
    this.#shown = '';
    await this.#write(text);
    this.#shown = text;
    return null;
  }

  async close(): Promise<void> {
    if (this.#shown !== '' && this.counts) await this.#write(`${HOME}${CLEAR_BELOW}`);
    this.#shown = '';
  }

  /**
   * Resolves when the text is taken. Whoever reads slowly gets the newest screen later: to keep all of them for him
   * would fill the memory. @throws DisplayFault `display-failed`
   */
  async #write(text: string): Promise<void> {
    const { output, clock } = this.#o;
    // What goes wrong is told to the callback below; an error that nobody listens to would end the process.
    if (!this.#listening) output.on('error', () => {});
    this.#listening = true;
    this.#waiting = true;
    const taken = Promise.withResolvers<void>();
    const cancel = clock.after(PATIENCE_MS, () => taken.reject(notTaken(null)));
    output.write(text, (error) => {
      this.#waiting = false;
      if (error) taken.reject(notTaken(error));
      else taken.resolve();
    });
    await taken.promise.finally(cancel);
  }
}

const notTaken = (cause: NodeJS.ErrnoException | null): DisplayFault =>
  new DisplayFault('The terminal takes no text', {
    code: 'display-failed',
    found: cause === null ? 'the screen before is not read yet' : (cause.code ?? cause.message),
    cause: cause ?? undefined,
  });
