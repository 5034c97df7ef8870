import { CallerFault } from '../domain/fault.ts';
import { runLauncher } from '../ota/launch-command.ts';
import { type LaunchLine, readLaunchLine } from '../ota/launch-line.ts';
import { type Command, command, UsageFault } from './command.ts';

/** `tilld launch`: what tilld-launch is beside a checkout, for boxes that have nothing but the executable. */
export const launch: Command = command({
  name: 'launch',
  summary: 'Run the current firmware release, or this tilld, and fall back from one that fails',
  usage: '-- ARGS',
  args: { least: 1, most: 100 },
  options: {
    state: { type: 'string', value: 'DIR', help: "The box's state directory (required)" },
    'trial-seconds': { type: 'string', value: 'N', help: 'Time a release on trial has to confirm itself', default: '180' },
    tries: { type: 'string', value: 'N', help: 'Starts a release on trial may have', default: '3' },
  },
  examples: ['tilld launch --state /var/lib/tilld -- run --config /etc/tilld/tilld.json'],
  run: ({ args, values }) => {
    if (values.state === undefined) throw new UsageFault('--state is missing', { expected: '--state DIR' });
    const { state, tries } = values;
    return runLauncher(lineOf(['--state', state, '--trial-seconds', values['trial-seconds'], '--tries', tries, '--', ...args]));
  },
});

function lineOf(argv: readonly string[]): LaunchLine {
  try {
    const line = readLaunchLine(argv);
    if (line !== 'help') return line;
  } catch (error) {
    if (!(error instanceof CallerFault)) throw error;
    const { found, expected } = error;
    const said = { ...(found === undefined ? {} : { found }), ...(expected === undefined ? {} : { expected }) };
    throw new UsageFault(error.message, { ...said, remedy: 'See `tilld launch --help`.' });
  }
  throw new UsageFault('--state is missing', { expected: '--state DIR' });
}
