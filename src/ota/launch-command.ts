import { writeSync } from 'node:fs';
import type { LaunchLine } from './launch-line.ts';
import { processHost } from './launch-process.ts';
import { launch } from './launcher.ts';

/** Launches as a command line asks, until there is nothing more to start. Resolves to the exit code, or ends this process by the signal that ended its child. */
export async function runLauncher(line: LaunchLine): Promise<number> {
  const { code, signal, error } = await launch(processHost(line.stateDir, line.trialMs, line.args), line);
  if (error !== null) writeSync(2, `tilld-launch: it could not be started (${error})\n`);
  if (signal) endBy(signal);
  return code ?? 1;
}

/** Ends this process as its child ended, so that whoever started it sees the same. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
