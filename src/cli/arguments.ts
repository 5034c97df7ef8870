import { parseArgs } from 'node:util';
import { nearest } from '../domain/nearest.ts';
import { type Command, type OptionSpecs, UsageFault } from './command.ts';
import { COMMON_OPTIONS } from './help.ts';

export interface Arguments {
  readonly args: readonly string[];
  readonly values: Readonly<Record<string, string | boolean>>;
}

/** Reads what follows a command's name on the command line. @throws UsageFault with a suggestion where one is near. */
export function readArguments(path: string, { options, args: counts, usage }: Command, argv: readonly string[]): Arguments {
  const known: OptionSpecs = { ...options, ...COMMON_OPTIONS };
  // Not strict: the faults of node:util do not say what was meant.
  const { tokens, positionals } = parseArgs({ args: [...argv], options: known, allowPositionals: true, strict: false, tokens: true });
  const values: Record<string, string | boolean> = {};
  for (const [name, spec] of Object.entries(options)) if (spec.default !== undefined) values[name] = spec.default;
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!spec) throw unknownOption(path, token.rawName, Object.keys(known));
    if (spec.type === 'string' && token.value === undefined) throw new UsageFault(`${token.rawName} needs a value`, see(path));
    if (spec.type === 'boolean' && token.value !== undefined) throw new UsageFault(`${token.rawName} takes no value`, see(path));
    values[token.name] = token.value ?? true;
  }
  const { least, most } = counts ?? { least: 0, most: 0 };
  if (values.help !== true && positionals.length < least) throw new UsageFault(`tilld ${path} needs ${usage}`, see(path));
  if (positionals.length > most) {
    const expected = most === 0 ? 'no arguments' : usage;
    throw new UsageFault('There are too many arguments', { found: JSON.stringify(positionals[most]), expected, ...see(path) });
  }
  return { args: positionals, values };
}

const see = (path: string) => ({ remedy: `See \`tilld ${path} --help\`.` });

function unknownOption(path: string, raw: string, known: readonly string[]): UsageFault {
  const meant = nearest(raw.replace(/^-+/, ''), known);
  return new UsageFault(`tilld ${path} has no option ${raw}`, meant === null ? see(path) : { remedy: `Did you mean --${meant}?` });
}
