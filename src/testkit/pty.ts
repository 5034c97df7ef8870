import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Need, needsWorking } from './needs.ts';

export const needsPython = (): Need => needsWorking("there is no python3; install Debian's python3", ['python3', '--version']);

/** A terminal pair whose other end is this program's standard input and output. The near end stays open, as a port does. */
const RELAY = `
import os, pty, select, sys, tty
far, near = pty.openpty()
tty.setraw(near)
os.write(1, (os.ttyname(near) + "\\n").encode())
while True:
    ready, _, _ = select.select([far, 0], [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if not data: sys.exit()
        os.write(far, data)
    if far in ready: os.write(1, os.read(far, 65536))
`;

export interface Pty {
  /** The device file of the near end. */
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** The terminal is gone, as a USB plug that is pulled. */
  close(): Promise<void>;
}

/** A terminal pair in raw mode; `onBytes` gets what is written to its near end. */
export async function openPty(onBytes: (bytes: Uint8Array) => void): Promise<Pty> {
  const child = spawn('python3', ['-c', RELAY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  // What the relay no longer takes, nobody at the near end misses.
  child.stdin.on('error', () => {});
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  child.stdout.on('data', onBytes);
  return {
    path: first.toString().trim(),
    write: (bytes) => void child.stdin.write(bytes),
    async close() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
