import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DeviceFault } from '../../src/domain/fault.ts';

/** How a program is started on this machine. */
export interface Runner {
  readonly program: string;
  readonly before: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Under emulation, a start alone takes some seconds. */
const PATIENCE_MS = 60_000;

/**
 * Runs a program that says as JSON on its first line that it is ready, for as long as `use` takes, and ends it.
 * @param use given that line, and a signal that is aborted when the program is gone
 * @throws DeviceFault `trial-failed` when it ends before, or a minute is over
 */
export async function withProgram<S, T>(
  { program, before, env }: Runner,
  args: readonly string[],
  cwd: string,
  use: (said: S, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const child = spawn(program, [...before, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const over = new AbortController();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(trialFailed(error.message)));
    child.once('close', (code, signal) => reject(trialFailed(`it ended with ${signal ?? code}: ${said.trim()}`)));
  });
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const used = async (): Promise<T> => {
    const { value: line } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    return line === undefined ? ended : use(JSON.parse(line), over.signal);
  };
  // A connection that breaks is told as what it comes from: the end of the program.
  const cause = (error: unknown) => (error instanceof DeviceFault ? Promise.reject(error) : ended);
  try {
    return await Promise.race([ended, used().catch(cause)]);
  } finally {
    over.abort();
    clearTimeout(late);
    child.kill('SIGTERM');
    await ended.catch(() => undefined);
  }
}

export const trialFailed = (found: string): DeviceFault =>
  new DeviceFault('The trial failed', { code: 'trial-failed', found, expected: 'a sale for a coin', remedy: 'See what it said.' });
