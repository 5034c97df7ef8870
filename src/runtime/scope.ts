import type { Board, InputPin } from '../domain/board.ts';
import { PulseScope, type ScopeReading } from '../domain/cash/scope.ts';
import { ConfigurationFault, DeviceFault } from '../domain/fault.ts';
import { noSuchLine } from '../domain/line-faults.ts';
import { FORMS } from '../drivers/gpio/forms.ts';
import { Gpiod } from '../drivers/gpio/gpiod.ts';
import { libgpiodGpio } from '../drivers/gpio/libgpiod.ts';
import { holderOf } from '../drivers/gpio/text.ts';
import type { Clock } from '../ports/clock.ts';
import type { Edge } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';

export type ScopePin = Pick<InputPin, 'chip' | 'line' | 'idle'>;

/** An input of a board by its name there. @throws ConfigurationFault `scope-no-pins`, `input-unknown` */
export function inputOf(board: Board, name: string): ScopePin {
  if (board.hardware === 'simulated') {
    throw new ConfigurationFault('A virtual board has no pins to look at', {
      code: 'scope-no-pins',
      found: `the board ${board.name}`,
      expected: 'a board with "hardware": "libgpiod"',
      remedy: 'Name the board that is wired up: --board raspberry-pi-4, or a line by its chip: pinctrl-bcm2711:GPIO17.',
    });
  }
  const pin = Object.hasOwn(board.inputs, name) ? board.inputs[name] : undefined;
  if (!pin) throw noSuchLine('input', name, Object.keys(board.inputs));
  return pin;
}

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told after each edge, and after each loss: then there is none. */
  readonly onChange: (edge: Edge | null) => void;
}

export interface WatchedLine {
  reading(): ScopeReading;
  /** How often edges were lost. */
  losses(): number;
  /** Lets the line go. */
  close(): Promise<void>;
}

/**
 * Watches one input alone, every edge and without the kernel's debouncing, so that bounces are seen.
 * @throws DeviceFault `gpio-busy`, and as `libgpiodGpio`
 */
export async function watchLine(pin: ScopePin, { clock, log, env, onChange }: Parts): Promise<WatchedLine> {
  await mustBeFree(pin, await Gpiod.find(env, clock));
  const gpio = libgpiodGpio({ board: { inputs: { line: pin }, outputs: {} }, debounceMs: 0, clock, log, env });
  const scope = new PulseScope();
  let losses = 0;
  gpio.watch(
    'line',
    (edge) => {
      scope.edge(edge);
      onChange(edge);
    },
    () => {
      losses += 1;
      onChange(null);
    },
  );
  await gpio.open();
  const [missing] = gpio.faults();
  if (missing) {
    await gpio.close();
    throw missing.fault;
  }
  return { reading: () => scope.reading(), losses: () => losses, close: () => gpio.close() };
}

/** Opening would wait for a line to become free; here somebody is to be told at once who has it. */
async function mustBeFree(pin: ScopePin, gpiod: Gpiod): Promise<void> {
  const at = (await gpiod.locate({ pin })).get('pin');
  const holder = at && holderOf(await gpiod.answer(FORMS[gpiod.generation].info(at.chip)), at.offset);
  if (typeof holder !== 'string') return;
  throw new DeviceFault(`The line ${pin.line} is in use`, {
    code: 'gpio-busy',
    found: `${holder} has it`,
    expected: 'a line that nobody else uses',
    remedy: 'If a box runs on these pins, stop it meanwhile: sudo systemctl stop tilld. Afterwards: sudo systemctl start tilld.',
  });
}
