/** The options of libgpiod's programs that take a value, and those that take none. */
interface Known {
  readonly valued: readonly string[];
  readonly flags: readonly string[];
}

const NONE: Known = { valued: [], flags: [] };

/** As `--help` of 1.6.3 and of 2.2.1 lists them; those that no test here has any use for are left out. */
const OPTIONS: Readonly<Record<1 | 2, Readonly<Record<string, Known>>>> = {
  1: {
    gpiodetect: { valued: [], flags: ['--version'] },
    gpioinfo: { valued: [], flags: ['--version'] },
    gpioget: { valued: ['-B'], flags: ['--version'] },
    gpiomon: { valued: ['-B', '-F'], flags: ['-b', '--version'] },
    gpioset: { valued: ['-B', '-m', '-s', '-u'], flags: ['--version'] },
  },
  2: {
    gpiodetect: { valued: [], flags: ['--version'] },
    gpioinfo: { valued: ['-c'], flags: ['--version'] },
    gpioget: { valued: ['-b', '-c', '-p'], flags: ['--numeric', '--version'] },
    gpiomon: { valued: ['-b', '-c', '-F', '-p'], flags: ['--banner', '--version'] },
    gpioset: { valued: ['-b', '-c', '-t'], flags: ['--banner', '--version'] },
  },
};

export interface Options {
  readonly options: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** A command line as the program would take it, or null when it would not. Options come first, as both versions want it. */
export function optionsOf(generation: 1 | 2, program: string, args: readonly string[]): Options | null {
  const { valued, flags } = OPTIONS[generation][program] ?? NONE;
  const options: Record<string, string> = {};
  let at = 0;
  for (; args[at]?.startsWith('-'); at++) {
    const name = args[at] ?? '';
    const value = args[at + 1];
    if (flags.includes(name)) options[name] = '';
    else if (valued.includes(name) && value !== undefined) {
      options[name] = value;
      at += 1;
    } else return null;
  }
  return { options, rest: args.slice(at) };
}
