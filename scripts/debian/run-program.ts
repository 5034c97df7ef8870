import { spawn } from 'node:child_process';
import { programFailed, programMissing } from './fault.ts';

interface RunOptions {
  /** The Debian package that brings the program. */
  readonly from: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** Far more than any of these programs says. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs a program to its end and returns what it printed. @throws DeviceFault `program-missing`, `program-failed` */
export function runProgram(program: string, args: readonly string[], { from, cwd, env, input }: RunOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, { cwd, env: { ...process.env, LC_ALL: 'C', ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.length > MAX_OUTPUT) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
  });
  child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? programMissing(program, from) : error));
  child.on('close', (code) => (code === 0 ? resolve(printed) : reject(programFailed(program, code, said))));
  // One that ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => undefined).end(input);
  return promise;
}
