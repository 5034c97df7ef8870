import { writeSync } from 'node:fs';
import { Fault } from './domain/fault.ts';
import { runLauncher } from './ota/launch-command.ts';
import { HELP, readLaunchLine } from './ota/launch-line.ts';

// Small on purpose, and never part of an update: it is what brings a box back from one. The executable has it as `tilld launch`.
try {
  const line = readLaunchLine(process.argv.slice(2));
  if (line === 'help') writeSync(1, HELP);
  else process.exitCode = await runLauncher(line);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  writeSync(2, `tilld-launch: ${error.explain()}\n`);
  process.exitCode = error.code === 'usage' ? 2 : 1;
}
