import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CallerFault, Fault } from '../../src/domain/fault.ts';

type Options = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>;
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** One of the project's own programs. `run` resolves to what is printed: a value with --json, else a text. */
export interface Script {
  readonly name: string;
  /** Without --json and --help, which every script has. */
  readonly options: Options;
  readonly help: string;
  run(values: Values): Promise<{ readonly value: unknown; readonly text: string }>;
}

/** The command line itself is wrong: exit 2. */
export const wrongUsage = (message: string, found: string, expected: string): CallerFault =>
  new CallerFault(message, { code: 'usage', found, expected });

/** Runs a script with this process's arguments and sets its exit code: 0 done, 1 not done, 2 wrong usage. */
export async function runScript({ name, options, help, run }: Script): Promise<void> {
  const values = read(name, options);
  if (values === null) return;
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  try {
    const { value, text } = await run(values);
    process.stdout.write(`${values.json === true ? JSON.stringify(value) : text}\n`);
  } catch (error) {
    // A folder that cannot be written to says so itself.
    if (!(error instanceof Fault) && (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    process.stderr.write(`${name}: ${error instanceof Fault ? error.explain() : (error as Error).message}\n`);
    process.exitCode = error instanceof Fault && error.code === 'usage' ? 2 : 1;
  }
}

/** A path as the one who typed it means it: npm starts its scripts in the package's own folder. */
export const typedPath = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path);

function read(name: string, own: Options): Values | null {
  const options = { ...own, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${name}: ${(error as Error).message}\n`);
    process.exitCode = 2;
    return null;
  }
}
