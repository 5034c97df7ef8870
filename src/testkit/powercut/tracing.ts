import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { InstallTask } from './install-child.ts';
import { type Call, CHANGES, parseStrace, RECORDED, STRACE } from './strace.ts';

const CHILD = path.join(import.meta.dirname, 'install-child.ts');
/** One thread works on files beside the main one, and every call is one the kernel sees as such. */
const ENV = { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };
const LONGEST_STRING = 1 << 24;

/** The threads of Node that touch the disk, as the kernel calls them. */
export const THREADS = ['node-MainThread', 'libuv-worker'] as const;
export type Thread = (typeof THREADS)[number];

/** Runs an install to its end and gives its calls in order. @throws RangeError when it fails */
export function record(task: Omit<InstallTask, 'waits'>, work: string): Call[] {
  const log = path.join(work, 'strace.log');
  const options = ['-f', '-xx', '-s', String(LONGEST_STRING), '-o', log, '-e', `trace=${RECORDED}`, '-e', 'signal=none'];
  const child = [process.execPath, CHILD, written({ ...task, waits: false }, work)];
  const { status, stderr } = spawnSync(STRACE, [...options, ...child], { env: ENV, encoding: 'utf8' });
  if (status !== 0) throw new RangeError(`the install failed under strace: ${stderr}`);
  return parseStrace(fs.readFileSync(log, 'utf8'));
}

/** How an install under the knife ended. */
export interface Cut {
  /** False: the install came to its end, as the thread makes fewer calls. */
  readonly killed: boolean;
  readonly said: readonly string[];
}

/**
 * Runs an install and kills it when the thread begins its nth call, counted from 1, that changes a file system: all
 * before that call is done, nothing of it is. @throws RangeError when the install fails by itself
 */
export async function installAndKill(task: Omit<InstallTask, 'waits'>, thread: Thread, nth: number, work: string): Promise<Cut> {
  const child = spawn(process.execPath, [CHILD, written({ ...task, waits: true }, work)], { env: ENV });
  const closed = once(child, 'close');
  const [out, err] = [heard(child, 'stdout'), heard(child, 'stderr')];
  await out.until('"ready"');
  const inject = ['-e', `trace=${CHANGES}`, '-e', `inject=${CHANGES}:signal=KILL:when=${nth}`, '-e', 'signal=none'];
  const tracer = spawn(STRACE, ['-o', '/dev/null', '-p', threadOf(child, thread), ...inject]);
  const traced = once(tracer, 'close');
  await heard(tracer, 'stderr').until('attached');
  child.stdin?.end('\n');
  const [code, signal] = await closed;
  await traced;
  if (signal !== 'SIGKILL' && code !== 0) throw new RangeError(`the install failed: ${err.text()}`);
  return { killed: signal === 'SIGKILL', said: out.text().split('\n').slice(0, -1) };
}

function written(task: InstallTask, work: string): string {
  const file = path.join(work, 'task.json');
  fs.writeFileSync(file, JSON.stringify(task));
  return file;
}

function threadOf({ pid }: ChildProcess, thread: Thread): string {
  const tasks = `/proc/${pid}/task`;
  const found = fs.readdirSync(tasks).find((id) => fs.readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === thread);
  if (found === undefined) throw new RangeError(`Node has no thread called ${thread}`);
  return found;
}

/** What a process writes, as it comes. */
function heard(child: ChildProcess, name: 'stdout' | 'stderr'): { text(): string; until(part: string): Promise<void> } {
  let text = '';
  let wake = () => {};
  const ended = once(child, 'close');
  child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    wake();
  });
  return {
    text: () => text,
    async until(part) {
      while (!text.includes(part)) {
        const more = new Promise<'more'>((resolve) => {
          wake = () => resolve('more');
        });
        if ((await Promise.race([more, ended])) !== 'more') throw new RangeError(`a process ended before it said ${part}: ${text}`);
      }
    },
  };
}
