import type { Command, CommandGroup, OptionSpec } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { COMMON_OPTIONS } from '../../src/cli/help.ts';
import { example, item, paragraph, section, subsection, title } from './roff.ts';

/** What a man page is written of: how a command is called, without `tilld`, and the command's own words. */
export interface Described {
  readonly path: string;
  readonly command: Command;
}

/** Every command there is, in the order of `tilld --help`. */
export async function describedCommands(): Promise<readonly Described[]> {
  const listed = await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => ({ name, loaded: await load() })));
  return listed.flatMap(({ name, loaded }) => describe(name, loaded));
}

const describe = (name: string, loaded: Command | CommandGroup): Described[] =>
  'commands' in loaded
    ? loaded.commands.map((command) => ({ path: `${name} ${command.name}`, command }))
    : [{ path: name, command: loaded }];

/** tilld(8), from what the commands say of themselves. `seconds`: its date, since 1970. */
export function tilldPage(commands: readonly Described[], version: string, seconds: number): string {
  return page([
    title('tilld', version, seconds),
    section('NAME'),
    'tilld \\- the runtime of a payment box',
    section('SYNOPSIS'),
    '.B tilld\n.I COMMAND\n[options]',
    section('DESCRIPTION'),
    paragraph(
      'tilld is the software on the small Linux board in a car wash, a washing machine, a vending machine or a shop counter. It shows a QR, hears that it was paid, counts coins and bills, says the amount aloud and drives the machine. Every entry of its journal is on the disk before anything happens because of it.',
    ),
    paragraph('The service tilld.service runs the box by tilld-launch(8); the other commands look at it, speak to it, and check files.'),
    section('OPTIONS'),
    paragraph('Every command has these:'),
    ...Object.entries(COMMON_OPTIONS).map(([name, spec]) => option(name, spec)),
    section('COMMANDS'),
    ...commands.flatMap(({ path, command }) => [subsection(callOf(path, command)), ...bodyOf(command)]),
    ...endings(),
    section('SEE ALSO'),
    '.BR tilld\\-launch (8),\n.BR systemctl (1),\n.BR journalctl (1)',
    paragraph('/usr/share/doc/tilld/README.Debian: the first steps, and what removing the package keeps.'),
  ]);
}

/** tilld-launch(8), which is `tilld launch` by another name. */
export function launchPage({ command }: Described, version: string, seconds: number): string {
  return page([
    title('tilld-launch', version, seconds),
    section('NAME'),
    'tilld\\-launch \\- start a payment box, and bring it back from an update that fails',
    section('SYNOPSIS'),
    '.B tilld\\-launch\n.B \\-\\-state\n.I DIR\n[options]\n.B \\-\\-\n.I ARGS',
    section('DESCRIPTION'),
    paragraph(
      `${command.summary}. An update of the box puts its release below the state directory; it never replaces tilld-launch, nor the tilld that the package brings. A release that is not confirmed in time, or ends, gets another try; after the last one the release before it is started. Exit code 75 of what was started means: start me again; 76: reboot the board, which the service does.`,
    ),
    section('OPTIONS'),
    ...optionsOf(command),
    ...Object.entries(COMMON_OPTIONS).map(([name, spec]) => option(name, spec)),
    ...endings(),
    section('SEE ALSO'),
    '.BR tilld (8)',
  ]);
}

const page = (parts: readonly string[]): string => `${parts.join('\n')}\n`;

const callOf = (path: string, { usage }: Command): string => ['tilld', path, usage].filter(Boolean).join(' ');

const bodyOf = (command: Command): string[] => [
  paragraph(`${command.summary}.`),
  ...optionsOf(command),
  ...(command.examples?.length ? [example(command.examples)] : []),
];

const optionsOf = ({ options }: Command): string[] => Object.entries(options).map(([name, spec]) => option(name, spec));

function option(name: string, { short, type, value, help, default: preset }: OptionSpec): string {
  const flag = `${short ? `-${short}, ` : ''}--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`;
  return item(flag, preset === undefined || preset === false ? `${help}.` : `${help} (default ${preset}).`);
}

const endings = (): string[] => [
  section('FILES'),
  item('/etc/tilld/tilld.json', 'The configuration of the box.'),
  item('/var/lib/tilld', 'Its state: the journal of all money, and the releases that updates have brought.'),
  section('EXIT STATUS'),
  item('0', 'Done.'),
  item('1', 'Not done; the reason is on standard error.'),
  item('2', 'The command line is wrong.'),
];
