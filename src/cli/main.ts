import { Fault } from '../domain/fault.ts';
import { nearest } from '../domain/nearest.ts';
import { faultJson } from '../runtime/fault-json.ts';
import { VERSION } from '../runtime/version.ts';
import { readArguments } from './arguments.ts';
import { type Command, type CommandGroup, type Context, type Io, UsageFault } from './command.ts';
import { COMMANDS } from './commands.ts';
import { helpOfAll, helpOfCommand, helpOfGroup } from './help.ts';
import type { Host } from './terminal.ts';

/** Runs one command line (without the program's name) and resolves to its exit code: 0 done, 1 not done, 2 wrong usage. */
export async function main(argv: readonly string[], io: Io, host: Host): Promise<number> {
  try {
    return await dispatch(argv, io, host);
  } catch (error) {
    report(error, io, wantsJson(argv));
    return error instanceof UsageFault ? 2 : 1;
  }
}

async function dispatch(argv: readonly string[], io: Io, host: Host): Promise<number> {
  const [name, ...rest] = argv.filter((argument, i) => !(argument === '--json' && i === 0));
  if (name === undefined) {
    io.err(helpOfAll(COMMANDS));
    return 2;
  }
  if (name === '--version') {
    wantsJson(argv) ? io.json({ version: VERSION }) : io.out(VERSION);
    return 0;
  }
  if (isHelp(name)) {
    io.out(helpOfAll(COMMANDS));
    return 0;
  }
  const listed = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!listed) throw unknownCommand(name, '', Object.keys(COMMANDS));
  const loaded = await listed.load();
  return 'commands' in loaded ? inGroup(loaded, rest, argv, io, host) : start(loaded, name, rest, argv, io, host);
}

function inGroup(group: CommandGroup, rest: readonly string[], argv: readonly string[], io: Io, host: Host): Promise<number> {
  const [name, ...others] = rest;
  if (name !== undefined && isHelp(name)) {
    io.out(helpOfGroup(group));
    return Promise.resolve(0);
  }
  const names = group.commands.map((command) => command.name);
  if (name === undefined) throw new UsageFault(`tilld ${group.name} needs a command`, { expected: names.join(' or ') });
  const command = group.commands.find((one) => one.name === name);
  if (!command) throw unknownCommand(name, `${group.name} `, names);
  return start(command, `${group.name} ${name}`, others, argv, io, host);
}

async function start(
  command: Command,
  path: string,
  rest: readonly string[],
  argv: readonly string[],
  io: Io,
  host: Host,
): Promise<number> {
  const { args, values } = readArguments(path, command, rest);
  if (values.help === true) {
    io.out(helpOfCommand(path, command));
    return 0;
  }
  const json = wantsJson(argv);
  const context: Context = {
    args,
    values,
    json,
    io,
    env: host.env,
    show: (value, text) => (json ? io.json(value) : io.out(text())),
    stopSignal: (when) => host.stopSignal(when),
  };
  return command.run(context);
}

const isHelp = (argument: string): boolean => argument === '--help' || argument === '-h';

/** Looked up before anything is parsed, so that a wrong command line is reported as JSON too. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).includes('--json');
}

function unknownCommand(name: string, group: string, names: readonly string[]): UsageFault {
  const meant = nearest(name, names);
  const remedy = meant === null ? `See \`tilld ${group}--help\`.` : `Did you mean \`tilld ${group}${meant}\`?`;
  return new UsageFault('There is no such command', { found: JSON.stringify(`tilld ${group}${name}`), remedy });
}

function report(error: unknown, io: Io, json: boolean): void {
  if (json) io.err(JSON.stringify({ error: faultJson(error) }));
  if (error instanceof Fault) {
    if (!json) io.err(`tilld: ${error.explain()}`);
    return;
  }
  // A bug: its trace is what a report of it needs.
  io.err(`tilld: this is a bug of tilld itself. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
