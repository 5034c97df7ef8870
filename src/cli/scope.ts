import type { Clock } from '../ports/clock.ts';
import type { Edge } from '../ports/gpio.ts';
import type { ScopePin, WatchedLine } from '../runtime/scope.ts';
import { type Command, type Context, command, type Io, integerOption, UsageFault } from './command.ts';
import { BOX_CONFIG, configFile } from './doctor.ts';
import { userPath } from './ota-folder.ts';
import { ScopeLines } from './scope-lines.ts';
import { boardSnippet, scopeText, snippetName } from './scope-text.ts';

const OPTIONS = {
  board: { type: 'string', value: 'FILE', help: 'Board that names the line: a file, or the name of one that comes with tilld' },
  config: { type: 'string', value: 'FILE', help: `Configuration that names the board; default ${BOX_CONFIG} where it exists` },
  idle: { type: 'string', value: 'LEVEL', help: 'With CHIP:LINE: high or low, where its pull resistor goes', default: 'high' },
  seconds: { type: 'string', value: 'N', help: 'How long to watch; default until Ctrl-C' },
} as const;

/** `tilld scope` */
export const scope: Command = command({
  name: 'scope',
  summary: 'Watch the pulses on one input, live',
  usage: 'LINE',
  args: { least: 1, most: 1 },
  options: OPTIONS,
  examples: [
    'tilld scope coin --board raspberry-pi-4',
    'tilld scope pinctrl-bcm2711:GPIO17',
    'tilld scope coin --seconds 30 --json   # a line for each train of pulses, and the reading at the end',
  ],
  async run(context) {
    const { args, values, env, io, json, show, stopSignal } = context;
    const [name = ''] = args;
    const seconds = values.seconds === undefined ? null : integerOption('seconds', values.seconds, 1, 86_400);
    const pin = await pinOf(name, values, env);
    const stop = stopSignal();
    const [{ watchLine }, { systemClock }, { stderrLog }] = await Promise.all([
      import('../runtime/scope.ts'),
      import('../runtime/clock.ts'),
      import('../runtime/log.ts'),
    ]);
    const clock = systemClock();
    const live = io.isTTY && !json ? new LivePicture(io, clock) : null;
    const lines = json ? new ScopeLines(io, clock) : null;
    let watched: WatchedLine | null = null;
    const draw = () => watched && live?.draw(scopeText(name, pin, watched.reading(), watched.losses()));
    const onChange = (edge: Edge | null) => {
      live?.soon(draw);
      lines?.changed(edge);
    };
    const line = await watchLine(pin, { clock, log: stderrLog('error'), env, onChange });
    watched = line;
    draw();
    await until(stop, seconds, clock);
    live?.end();
    await line.close();
    lines?.end();
    const reading = line.reading();
    const snippet = boardSnippet(snippetName(name), pin, reading);
    const losses = line.losses();
    show({ event: 'reading', line: name, chip: pin.chip, lineName: pin.line, losses, reading, snippet }, () => {
      const text = scopeText(name, pin, reading, losses);
      return live?.replaced(text, snippetText(snippet)) ?? `${text}${snippetText(snippet)}`;
    });
    return 0;
  },
});

async function pinOf(name: string, { board, config, idle }: Context<typeof OPTIONS>['values'], env: Context['env']): Promise<ScopePin> {
  if (board !== undefined && config !== undefined) {
    throw new UsageFault('--board and --config say the same thing', { remedy: 'Give one of them.' });
  }
  if (idle !== 'high' && idle !== 'low')
    throw new UsageFault('--idle is not usable', { found: JSON.stringify(idle), expected: 'high or low' });
  const [, chip, line] = /^([^:]{1,64}):([^:]{1,64})$/.exec(name) ?? [];
  if (chip !== undefined && line !== undefined) return { chip, line, idle };
  const file = board === undefined ? configFile(config, env) : null;
  const [{ BOARDS_DIR, loadBoard }, { loadConfig }, { inputOf }] = await Promise.all([
    import('../runtime/board.ts'),
    import('../runtime/config.ts'),
    import('../runtime/scope.ts'),
  ]);
  if (board !== undefined) return inputOf(loadBoard(/^[\w-]+$/.test(board) ? board : userPath(board, env), BOARDS_DIR), name);
  if (file !== null) return inputOf(loadBoard(loadConfig(file, env).board, BOARDS_DIR), name);
  throw new UsageFault('It is not known which board names this line', {
    found: JSON.stringify(name.slice(0, 64)),
    expected: '--board FILE, --config FILE, or the line as CHIP:LINE',
  });
}

function until(stop: AbortSignal, seconds: number | null, clock: Clock): Promise<void> {
  if (stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = seconds === null ? () => undefined : clock.after(seconds * 1_000, () => resolve());
    stop.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}

const snippetText = (snippet: ReturnType<typeof boardSnippet>): string =>
  snippet === null ? '' : `\n\nFor the board file (set what each piece is worth, in minor units):\n${JSON.stringify(snippet, null, 2)}`;

/** Not more often than an eye follows. */
const REDRAW_MS = 150;
const CLEAR_BELOW = '\u{1b}[J';

/** Text on a terminal that is drawn over again and again. */
class LivePicture {
  readonly #io: Io;
  readonly #clock: Clock;
  #rows = 0;
  #cancel: (() => void) | null = null;
  #ended = false;

  constructor(io: Io, clock: Clock) {
    this.#io = io;
    this.#clock = clock;
  }

  soon(draw: () => void): void {
    if (this.#ended) return;
    this.#cancel ??= this.#clock.after(REDRAW_MS, () => {
      this.#cancel = null;
      draw();
    });
  }

  draw(text: string): void {
    const width = (process.stdout.columns || 80) - 1;
    // A row that wraps would take two, and the picture would wander down.
    const rows = text.split('\n').map((row) => row.slice(0, width));
    this.#io.out(this.replaced(rows.join('\n'), '\nCtrl-C ends.'));
  }

  /** `text` where it was drawn last, with `below` under it. */
  replaced(text: string, below: string): string {
    const up = this.#rows === 0 ? '' : `\u{1b}[${this.#rows}A\r${CLEAR_BELOW}`;
    this.#rows = `${text}${below}`.split('\n').length;
    return `${up}${text}${below}`;
  }

  end(): void {
    this.#ended = true;
    this.#cancel?.();
  }
}
