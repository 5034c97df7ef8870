import { CallerFault } from '../domain/fault.ts';

/** One option of a command: as node:util `parseArgs` knows it, with what `--help` says of it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** One line for `--help`, without the default. */
  readonly help: string;
  /** What stands for the value in `--help`: `FILE`, `N`, `URL`. */
  readonly value?: string;
  readonly short?: string;
  readonly default?: string | boolean;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type Value<S extends OptionSpec> = S['type'] extends 'boolean' ? boolean : S['type'] extends 'string' ? string : string | boolean;

/** The options that were given, or their defaults. An option with neither is absent. */
type Values<O extends OptionSpecs> = {
  readonly [K in keyof O as O[K] extends { default: unknown } ? K : never]: Value<O[K]>;
} & { readonly [K in keyof O as O[K] extends { default: unknown } ? never : K]?: Value<O[K]> };

/** Where a command writes: results on stdout, everything else on stderr. A missing newline at the end is added. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** One JSON value on one line of stdout. */
  json(value: unknown): void;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
}

/** When, besides at a signal, a command is to stop, and how long that may take. */
export interface StopWhen {
  /** The process ends with 1 when it is still there so many milliseconds later; default 15,000. */
  readonly withinMs?: number;
  /** Also when standard input ends: whoever holds its other end is gone. */
  readonly inputEnds?: boolean;
}

export interface Context<O extends OptionSpecs = OptionSpecs> {
  /** The positional arguments, already checked against `args`. */
  readonly args: readonly string[];
  readonly values: Values<O>;
  /** `--json` was given: stdout carries JSON only. */
  readonly json: boolean;
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Prints `value` as JSON with `--json`, else the text. */
  show(value: unknown, text: () => string): void;
  /**
   * From the first call on, Ctrl-C and SIGTERM abort this signal and no longer end the process at once; a second one
   * does. For commands that run until they are told to stop.
   */
  stopSignal(when?: StopWhen): AbortSignal;
}

/**
 * A command of `tilld`. `--help` and `--json` are added to the options of every command. `run` resolves to the exit
 * code: 0 done, 1 not done. A thrown Fault is printed as `tilld: <explain()>` (or as JSON) and exits 1, a UsageFault 2.
 */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** The positional arguments as `--help` shows them: `AMOUNT`, `FILE`, `[TEXT]`; empty when there are none. */
  readonly usage: string;
  /** How many positional arguments there must be; default none. */
  readonly args?: { readonly least: number; readonly most: number };
  readonly options: O;
  /** Whole command lines, without the prompt. */
  readonly examples?: readonly string[];
  run(context: Context<O>): Promise<number>;
}

/** A command that only holds others: `tilld config check`, `tilld config schema`. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/**
 * Gives a command's `values` the types of its options: `export const sell = command({ … })`. The cast only forgets
 * them again: whoever runs the command parses its values by these very options.
 */
export const command = <const O extends OptionSpecs>(definition: Command<O>): Command => definition as unknown as Command;

/** The command line itself is wrong: exit 2. */
export class UsageFault extends CallerFault {
  constructor(message: string, detail: { readonly found?: string; readonly expected?: string; readonly remedy?: string } = {}) {
    super(message, { code: 'usage', ...detail });
  }
}

/** A whole number given as an option's value. @throws UsageFault when it is not one from `least` to `most`. */
export function integerOption(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageFault(`--${name} is not usable`, { found: JSON.stringify(text), expected: `a whole number from ${least} to ${most}` });
}
