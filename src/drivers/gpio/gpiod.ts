import { Fault } from '../../domain/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import { ambiguousPin, gpiodUnknown, noSuchChip, noSuchPin, programFault } from './faults.ts';
import { type Address, type Argv, FORMS, type Watched } from './forms.ts';
import { answerOf, type Environment, Program } from './program.ts';
import { type Chip, chipsOf, type Generation, generationOf, type Level, type Line, levelsOf, linesOf } from './text.ts';

/** How long a program may take until it has its lines. */
export const READY_MS = 5_000;

interface Pin {
  readonly chip: string;
  readonly line: string;
}

/** The libgpiod of this machine. */
export class Gpiod {
  readonly generation: Generation;
  readonly #env: Environment;
  readonly #clock: Clock;

  /** @throws DeviceFault `gpiod-missing`, `gpiod-unknown` */
  static async find(env: Environment, clock: Clock): Promise<Gpiod> {
    const version = await answerOf(['gpiodetect', '--version'], env, clock);
    const generation = generationOf(version);
    if (generation === null) throw gpiodUnknown(version.split('\n', 1)[0] ?? '');
    return new Gpiod(generation, env, clock);
  }

  private constructor(generation: Generation, env: Environment, clock: Clock) {
    this.generation = generation;
    this.#env = env;
    this.#clock = clock;
  }

  /**
   * Where the pins are now, by the label of their chip and the name of their line. Of several chips with one label it is
   * the one that has the line.
   * @throws DeviceFault `gpio-chip-missing`, `gpio-forbidden`, `gpio-failed`; ConfigurationFault `gpio-line-missing`, `gpio-line-ambiguous`
   */
  async locate(pins: Readonly<Record<string, Pin>>): Promise<Map<string, Address>> {
    const addresses = new Map<string, Address>();
    for (const [name, at] of await this.survey(pins)) {
      if (at instanceof Fault) throw at;
      addresses.set(name, at);
    }
    return addresses;
  }

  /** As `locate`, each pin by itself: where it is, or why it is not there. @throws DeviceFault as `answer`, of no chip in particular */
  async survey(pins: Readonly<Record<string, Pin>>): Promise<Map<string, Address | Fault>> {
    const chips = chipsOf(await this.answer(['gpiodetect']));
    const known = new Map<string, Promise<Line[]>>();
    const linesOnce = (chip: string) => {
      const lines = known.get(chip) ?? this.lines(chip);
      known.set(chip, lines);
      return lines;
    };
    const found = new Map<string, Address | Fault>();
    for (const [name, pin] of Object.entries(pins)) {
      try {
        found.set(name, await place(pin, chips, linesOnce));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        found.set(name, error);
      }
    }
    return found;
  }

  async lines(chip: string): Promise<Line[]> {
    return linesOf(await this.answer(FORMS[this.generation].info(chip)));
  }

  /** Levels of lines that nobody holds. @throws DeviceFault `gpio-busy` for others, `gpio-forbidden`, `gpio-failed` */
  async levels(watched: Watched): Promise<Level[]> {
    const argv = FORMS[this.generation].levels(watched);
    // 1.6 reads as soon as it has switched the pull resistor; the second time the cable has been charged.
    if (this.generation === 1) await this.answer(argv);
    const text = await this.answer(argv);
    const levels = levelsOf(text, watched.offsets.length);
    if (!levels) throw programFault('gpioget does not do its work', text);
    return levels;
  }

  /** A program of `FORMS`, until it is stopped or has done its work. */
  start(argv: Argv, options: { readonly output?: number; readonly input?: boolean } = {}): Program {
    return new Program(argv, { env: this.#env, clock: this.#clock, ...options });
  }

  /** @throws DeviceFault as `answerOf` */
  answer(argv: Argv): Promise<string> {
    return answerOf(argv, this.#env, this.#clock);
  }

  /**
   * Resolves with true when the program has its lines, or with false when it is gone. 2 says so itself (`said`); 1.6 says
   * nothing, and asking for the line would take it away from a program that is still starting: so the kernel's list of
   * lines in use is looked at, which takes nothing. @throws DeviceFault `gpio-failed` after 5 s
   */
  async ready(program: Program, said: Promise<unknown>, chip: string, offsets: readonly number[]): Promise<boolean> {
    const late = Promise.withResolvers<'late'>();
    const cancel = this.#clock.after(READY_MS, () => late.resolve('late'));
    const asked = this.generation === 2 ? said : this.#used(program, chip, offsets);
    const first = await Promise.race([asked.then(() => 'ready'), program.gone.then(() => 'gone'), late.promise]).finally(cancel);
    if (first === 'late') throw programFault('A program of libgpiod does not start', `nothing within ${READY_MS} ms`);
    return first === 'ready' && !program.ended;
  }

  async #used(program: Program, chip: string, offsets: readonly number[]): Promise<void> {
    while (!program.ended) {
      const used = (await this.lines(chip)).filter((line) => line.used).map(({ offset }) => offset);
      if (offsets.every((offset) => used.includes(offset))) return;
    }
  }
}

async function place({ chip: label, line }: Pin, chips: readonly Chip[], linesOnce: (chip: string) => Promise<Line[]>): Promise<Address> {
  const labelled = chips.filter((chip) => chip.label === label);
  if (labelled.length === 0) throw noSuchChip(label, [...new Set(chips.map((chip) => chip.label))]);
  const found: Address[] = [];
  for (const { chip } of labelled) {
    const lines = await linesOnce(chip);
    found.push(...lines.filter((each) => each.name === line).map(({ offset }) => ({ chip, offset })));
  }
  const [address, another] = found;
  if (!address) throw noSuchPin(label, line);
  if (another) throw ambiguousPin(label, line);
  return address;
}
