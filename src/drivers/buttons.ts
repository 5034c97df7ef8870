import type { Board } from '../domain/board.ts';
import { ConfigurationFault } from '../domain/fault.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Edge, Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';

const DEFAULT_DEBOUNCE_MS = 20;

export interface ButtonsOptions {
  readonly gpio: Gpio;
  readonly clock: Clock;
  readonly log: Log;
  readonly board: Pick<Board, 'buttons' | 'inputs'>;
  /** Called once a press, with the button's name on the board. */
  readonly onPress: (name: string) => void;
}

/**
 * Watches the board's buttons. A press counts once it has lasted for the input's debounce time by the kernel's
 * timestamps, so neither a bounce nor a spike on the wire is one; the next press needs a release of the same length.
 * @throws ConfigurationFault `input-unknown`
 */
export function watchButtons(options: ButtonsOptions): Cancel {
  const watches = Object.entries(options.board.buttons).map(([name, { input }]) => watchButton(name, input, options));
  return () => {
    for (const cancel of watches) cancel();
  };
}

function watchButton(name: string, input: string, { gpio, clock, log, board, onPress }: ButtonsOptions): Cancel {
  const pin = Object.hasOwn(board.inputs, input) ? board.inputs[input] : undefined;
  if (!pin) {
    throw new ConfigurationFault(`Button ${name} is on an input the board does not have`, {
      code: 'input-unknown',
      found: input,
      expected: Object.keys(board.inputs).join(', '),
      remedy: 'Correct the board file; `tilld board check` lists what is wrong with it.',
    });
  }
  const debounceMs = pin.debounceMs ?? DEFAULT_DEBOUNCE_MS;
  const debounceNs = BigInt(Math.round(debounceMs * 1_000_000));
  let downAt: bigint | null = null;
  let upAt: bigint | null = null;
  let counted = false;
  let timer: Cancel | null = null;

  const count = () => {
    if (counted) return;
    counted = true;
    onPress(name);
  };
  const onEdge = (edge: Edge) => {
    timer?.();
    timer = null;
    if (edge.level !== pin.idle) {
      // Released too shortly: still the press that has been counted.
      if (upAt === null || edge.timestampNs - upAt >= debounceNs) counted = false;
      downAt = edge.timestampNs;
      // A late timer runs before edges that have long been waiting to be read: a turn later they have had their say.
      timer = clock.after(debounceMs, () => {
        timer = clock.after(1, count);
      });
      return;
    }
    const lasted = downAt !== null && edge.timestampNs - downAt >= debounceNs;
    downAt = null;
    upAt = edge.timestampNs;
    // The release may be read before the timer runs.
    if (lasted) count();
  };
  const unwatch = gpio.watch(input, onEdge, (lost) => log.warn('button.edges-lost', { button: name, lost }));
  return () => {
    timer?.();
    unwatch();
  };
}
