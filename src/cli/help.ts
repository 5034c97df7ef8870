import { VERSION } from '../runtime/version.ts';
import { columns } from './columns.ts';
import type { Command, CommandGroup, OptionSpec, OptionSpecs } from './command.ts';

/** The options every command has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', help: 'Print JSON for programs' },
  help: { type: 'boolean', short: 'h', help: 'Print this text' },
} as const satisfies OptionSpecs;

/** `tilld --help`. */
export function helpOfAll(commands: Readonly<Record<string, { readonly summary: string }>>): string {
  return [
    `tilld ${VERSION}: the open runtime for payment boxes`,
    '',
    'Usage: tilld COMMAND [options]',
    '',
    'Commands:',
    ...table(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    '',
    'Options:',
    ...table([
      ['-h, --help', 'Print this text, or that of a command'],
      ['--version', 'Print the version'],
      ['--json', 'Print JSON for programs; every command has it'],
    ]),
    '',
    'Exit codes: 0 done, 1 not done, 2 wrong command line.',
  ].join('\n');
}

/** `tilld config --help`. */
export function helpOfGroup(group: CommandGroup): string {
  return [
    group.summary,
    '',
    `Usage: tilld ${group.name} COMMAND [options]`,
    '',
    'Commands:',
    ...table(group.commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trim(), summary])),
  ].join('\n');
}

/** `tilld sell --help`; `path` is how the command is called, without `tilld`. */
export function helpOfCommand(path: string, { summary, usage, options, examples }: Command): string {
  const rows = Object.entries({ ...options, ...COMMON_OPTIONS }).map(([name, spec]) => [flag(name, spec), text(spec)]);
  return [
    summary,
    '',
    `Usage: ${['tilld', path, usage, '[options]'].filter(Boolean).join(' ')}`,
    '',
    'Options:',
    ...table(rows),
    ...(examples?.length ? ['', 'Examples:', ...examples.map((line) => `  ${line}`)] : []),
  ].join('\n');
}

const flag = (name: string, { short, type, value }: OptionSpec): string =>
  `${short ? `-${short}, ` : ''}--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`;

const text = ({ help, default: preset }: OptionSpec): string =>
  preset === undefined || preset === false ? help : `${help} (default ${String(preset)})`;

const table = (rows: readonly (readonly string[])[]): string[] => columns(rows).map((line) => `  ${line}`);
