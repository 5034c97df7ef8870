import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { ConfigurationFault } from '../domain/fault.ts';

/**
 * Makes sure that one box at the most works on a state directory. The lock is a socket in Linux's abstract namespace:
 * the kernel lets go of it with the process, so nothing is left behind by a power cut or SIGKILL.
 * @throws ConfigurationFault `state-in-use`
 */
export async function claimState(directory: string): Promise<() => void> {
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, lockOf(directory));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigurationFault('Another box runs on this state directory', {
      code: 'state-in-use',
      found: directory,
      expected: 'a state directory of its own for every box',
      remedy: 'Stop the other one, or give another directory with --state.',
    });
  }
  server.unref();
  return () => void server.close();
}

/** Whether a box works on a state directory now, one of another user too. It is asked without taking the lock from a box that starts. */
export function boxWorksOn(directory: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(lockOf(directory));
    const answer = (running: boolean) => {
      socket.destroy();
      resolve(running);
    };
    socket.once('connect', () => answer(true));
    // The kernel refuses a name that nobody listens on; any other error comes from somebody who does.
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED'));
  });
}

function lockOf(directory: string): string {
  return `\0tilld-${createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 32)}`;
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
