import { writeSync } from 'node:fs';
import { Fault } from './domain/fault.ts';
import { HELP, readLaunchLine } from './ota/launch-line.ts';
import { processHost } from './ota/launch-process.ts';
import { launch } from './ota/launcher.ts';

// Small on purpose, and never part of an update: it is what brings a box back from one.
try {
  const line = readLaunchLine(process.argv.slice(2));
  if (line === 'help') writeSync(1, HELP);
  else {
    const { code, signal, error } = await launch(processHost(line.stateDir, line.trialMs, line.args), line);
    if (error !== null) writeSync(2, `tilld-launch: it could not be started (${error})\n`);
    if (signal) endBy(signal);
    process.exitCode = code ?? 1;
  }
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  writeSync(2, `tilld-launch: ${error.explain()}\n`);
  process.exitCode = error.code === 'usage' ? 2 : 1;
}

/** Ends this process as its child ended, so that whoever started it sees the same. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
