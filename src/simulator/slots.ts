import type { Board, BoardPulseAcceptor } from '../domain/board.ts';
import { pulsesOfValue } from '../domain/cash/denomination.ts';
import { type AcceptorProfile, endOfTrainMs, inhibitsWhileActive, profileNamed } from '../domain/cash/profiles.ts';
import { CallerFault, ConfigurationFault } from '../domain/fault.ts';
import type { CashMethod } from '../domain/journal.ts';
import type { Clock } from '../ports/clock.ts';
import type { SimulatedGpio } from './gpio.ts';
import type { Segment } from './playback.ts';

/** What became of a piece: kept and told to the box by so many pulses, or given back because the acceptor is shut. */
export type Inserted =
  | { readonly accepted: true; readonly acceptor: string; readonly pulses: number }
  | { readonly accepted: false; readonly acceptor: string; readonly reason: 'inhibited' };

interface Slot {
  readonly entry: BoardPulseAcceptor;
  readonly profile: AcceptorProfile;
  /** Whether a piece is on its way through; the others wait in line. */
  taken: boolean;
  readonly line: (() => void)[];
}

/** Hands in a real person's queue at a coin slot; more is a program gone wrong. */
const LONGEST_QUEUE = 100;

/** The coin and bill slots of the board: real acceptors' behaviour, one piece at a time each. */
export class Slots {
  readonly #gpio: SimulatedGpio;
  readonly #clock: Clock;
  readonly #board: Board;
  readonly #slots: readonly Slot[];

  constructor(gpio: SimulatedGpio, clock: Clock, board: Board) {
    this.#gpio = gpio;
    this.#clock = clock;
    this.#board = board;
    // Pieces of an acceptor on a serial port are put into that one.
    const pulsing = board.acceptors.filter((entry) => entry.kind === 'pulse');
    this.#slots = pulsing.map((entry) => ({ entry, profile: requireProfile(entry), taken: false, line: [] }));
  }

  /**
   * Puts a piece of that value (minor units) in; resolves when its pulses have been played, or at once when it is
   * given back. @throws CallerFault `denomination-unknown`, `slot-queue-full`
   */
  async insert(method: CashMethod, denomination: number): Promise<Inserted> {
    const { slot, pulses } = this.#slotFor(method, denomination);
    const acceptor = slot.entry.name;
    await this.#turn(slot);
    if (this.#inhibited(slot)) {
      this.#next(slot);
      return { accepted: false, acceptor, reason: 'inhibited' };
    }
    await this.#gpio.play(slot.entry.input, trainOf(slot.profile, pulses));
    // A second piece right behind would look like more of the first: no acceptor lets it through so fast.
    this.#clock.after(endOfTrainMs(slot.profile) + 50, () => this.#next(slot));
    return { accepted: true, acceptor, pulses };
  }

  #slotFor(method: CashMethod, denomination: number): { slot: Slot; pulses: number } {
    const ofMethod = this.#slots.filter(({ entry }) => entry.method === method);
    for (const slot of ofMethod) {
      const pulses = pulsesOfValue(denomination, slot.entry);
      if (pulses !== null) return { slot, pulses };
    }
    const taken = ofMethod.flatMap(({ entry }) => [
      ...Object.values(entry.denominations),
      ...(entry.perPulseMinor === undefined ? [] : [`multiples of ${entry.perPulseMinor}`]),
    ]);
    throw new CallerFault(`No ${method} acceptor of this board takes such a piece`, {
      code: 'denomination-unknown',
      found: String(denomination),
      expected: taken.length > 0 ? `minor units: ${taken.join(', ')}` : `a board with a ${method} acceptor`,
      remedy: 'Give the value in minor units, for example 1000 for 10.00 THB.',
    });
  }

  async #turn(slot: Slot): Promise<void> {
    if (!slot.taken) {
      slot.taken = true;
      return;
    }
    if (slot.line.length >= LONGEST_QUEUE) {
      throw new CallerFault('Too many pieces wait at this slot', {
        code: 'slot-queue-full',
        found: `${slot.line.length} waiting`,
        expected: `at most ${LONGEST_QUEUE}`,
        remedy: 'Wait until some have been counted.',
      });
    }
    await new Promise<void>((resolve) => slot.line.push(resolve));
  }

  #next(slot: Slot): void {
    const next = slot.line.shift();
    if (next) next();
    else slot.taken = false;
  }

  #inhibited({ entry, profile }: Slot): boolean {
    const name = entry.inhibit;
    const pin = name === undefined ? undefined : this.#board.outputs[name];
    if (!pin) return false;
    const active = this.#gpio.outputs().some((output) => output.name === name && output.active);
    return active === inhibitsWhileActive(profile, pin);
  }
}

function trainOf({ idle, nominal }: AcceptorProfile, pulses: number): Segment[] {
  const active = idle === 'high' ? 'low' : 'high';
  const train: Segment[] = [];
  for (let i = 0; i < pulses; i++) train.push({ level: active, ms: nominal.pulseMs }, { level: idle, ms: nominal.gapMs });
  return train;
}

function requireProfile({ name, profile }: BoardPulseAcceptor): AcceptorProfile {
  const known = profileNamed(profile);
  if (known) return known;
  throw new ConfigurationFault(`Acceptor ${name} has a profile tilld does not know`, {
    code: 'profile-unknown',
    found: profile,
    remedy: '`tilld board check` lists the profiles there are.',
  });
}
