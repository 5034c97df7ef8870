import { writeSync } from 'node:fs';
import type { Io, StopWhen } from './command.ts';

/**
 * The process's own stdout and stderr. Written synchronously, so that nothing is lost when the process ends right
 * after; a reader that went away (`tilld ledger | head`) ends the process quietly, as it does other Unix programs.
 */
export function processIo(): Io {
  const line = (fd: number) => (text: string) => write(fd, text.endsWith('\n') ? text : `${text}\n`);
  const out = line(1);
  return { out, err: line(2), json: (value) => out(JSON.stringify(value)), isTTY: process.stdout.isTTY === true };
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EPIPE') process.exit(0);
      // A pipe that is full for the moment: its reader is slower than we are.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** What a command may know of the process it runs in. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See `Context.stopSignal`. */
  stopSignal(when?: StopWhen): AbortSignal;
}

/** Longest a stop may take unless the command says otherwise, ms. */
const STOP_LIMIT_MS = 15_000;

/** The real process. Signals keep their usual effect until a command asks for `stopSignal`. */
export function processHost(): Host {
  let controller: AbortController | null = null;
  return {
    env: process.env,
    stopSignal({ withinMs = STOP_LIMIT_MS, inputEnds = false } = {}) {
      if (controller) return controller.signal;
      const stop = new AbortController();
      controller = stop;
      const abort = () => {
        if (stop.signal.aborted) return;
        // It also keeps the process waiting for a stop that has nothing else left to wait for.
        setTimeout(() => giveUp(withinMs), withinMs);
        stop.abort();
      };
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        // `once`: the second signal finds the default action again and ends the process.
        process.once(signal, abort);
      }
      if (inputEnds) process.stdin.once('end', abort).once('error', abort).resume();
      return stop.signal;
    },
  };
}

/** What is committed is safe: better an end that is late and said to be so than none. */
function giveUp(withinMs: number): never {
  write(2, `tilld: not everything could be ended in order within ${withinMs / 1_000} s\n`);
  process.exit(1);
}
