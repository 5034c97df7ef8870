import type { Board } from '../domain/board.ts';
import { excerpt } from '../domain/card-data.ts';
import { CallerFault } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import { SimulatedCardReader } from './card-reader.ts';
import { type OutputView, SimulatedGpio } from './gpio.ts';
import { SimulatedLinks } from './links.ts';
import type { Segment } from './playback.ts';
import { type Inserted, Slots } from './slots.ts';
import { type Render, SimulatedSpeaker, type Spoken } from './speaker.ts';

/** Pulses as a person with a signal generator would make them: each width active, then the gap of the same place. */
interface RawPulses {
  readonly line: string;
  /** 1 to 10,000 widths, milliseconds, fractions allowed. */
  readonly widthsMs: readonly number[];
  /** As many, or one less. */
  readonly gapsMs: readonly number[];
}

/** Everything around a box that is not a box: pins, slots, buttons, loudspeaker, card reader, cables. */
export interface Simulator {
  readonly clock: Clock;
  readonly gpio: SimulatedGpio;
  readonly speaker: SimulatedSpeaker;
  readonly cardReader: SimulatedCardReader;
  readonly links: SimulatedLinks;
  coin(denominationMinor: number): Promise<Inserted>;
  bill(denominationMinor: number): Promise<Inserted>;
  /** Resolves when the last gap is over. */
  pulses(pulses: RawPulses): Promise<void>;
  /** Presses and releases a button of the board; resolves when it is released. */
  button(name: string): Promise<void>;
  /** As `button`, for the keys of the keypad only. */
  key(name: string): Promise<void>;
  outputs(): readonly OutputView[];
  transcript(): readonly Spoken[];
}

const KEYPAD: readonly string[] = [...'0123456789', 'ok', 'cancel', 'clear'];
/** How long a finger stays on a button, and how long it takes to come again. */
const PRESS_MS = 80;
const RELEASE_MS = 40;
/** Longest a line may be busy ahead, ms. */
const LONGEST_BACKLOG_MS = 600_000;

/** The virtual board; what it says is heard as `render` makes it. Nothing runs until it is used. @throws ConfigurationFault `profile-unknown` */
export function createSimulator(board: Board, clock: Clock, render?: Render): Simulator {
  const gpio = new SimulatedGpio(clock, board);
  const speaker = new SimulatedSpeaker(clock, render);
  const slots = new Slots(gpio, clock, board);

  const play = async (line: string, segments: readonly Segment[]) => {
    if (gpio.backlogMs(line) > LONGEST_BACKLOG_MS) {
      throw new CallerFault('The line is busy for too long already', {
        code: 'line-busy',
        found: `${Math.round(gpio.backlogMs(line))} ms waiting on ${line}`,
        expected: `at most ${LONGEST_BACKLOG_MS} ms`,
        remedy: 'Wait until what was asked for has been played.',
      });
    }
    await gpio.play(line, segments);
  };
  const levels = (line: string) => {
    const idle = (Object.hasOwn(board.inputs, line) ? board.inputs[line] : undefined)?.idle;
    if (idle) return { idle, active: idle === 'high' ? 'low' : 'high' } as const;
    throw unknown('input', line, Object.keys(board.inputs));
  };
  const press = async (kind: 'button' | 'key', name: string, names: readonly string[]) => {
    const button = names.includes(name) && Object.hasOwn(board.buttons, name) ? board.buttons[name] : undefined;
    if (!button) throw unknown(kind, name, names);
    const { idle, active } = levels(button.input);
    await play(button.input, [
      { level: active, ms: PRESS_MS },
      { level: idle, ms: RELEASE_MS },
    ]);
  };
  const buttons = Object.keys(board.buttons);

  return {
    clock,
    gpio,
    speaker,
    cardReader: new SimulatedCardReader(clock),
    links: new SimulatedLinks(clock),
    coin: (denomination) => slots.insert('coin', denomination),
    bill: (denomination) => slots.insert('bill', denomination),
    pulses: async ({ line, widthsMs, gapsMs }) => {
      const { idle, active } = levels(line);
      await play(
        line,
        widthsMs.flatMap((ms, i) => [
          { level: active, ms },
          { level: idle, ms: gapsMs[i] ?? 0 },
        ]),
      );
    },
    button: (name) => press('button', name, buttons),
    key: (name) =>
      press(
        'key',
        name,
        KEYPAD.filter((key) => buttons.includes(key)),
      ),
    outputs: () => gpio.outputs(),
    transcript: () => speaker.transcript(),
  };
}

const unknown = (kind: string, name: string, known: readonly string[]) =>
  new CallerFault(`The board has no ${kind} of that name`, {
    code: `${kind}-unknown`,
    found: JSON.stringify(excerpt(name, 64)),
    expected: known.join(', ') || `no ${kind} at all`,
  });
