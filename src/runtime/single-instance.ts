import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { ConfigurationFault } from '../domain/fault.ts';

/**
 * Makes sure that one box at the most works on a state directory. The lock is a socket in Linux's abstract namespace:
 * the kernel lets go of it with the process, so nothing is left behind by a power cut or SIGKILL.
 * @throws ConfigurationFault `state-in-use`
 */
export async function claimState(directory: string): Promise<() => void> {
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0tilld-${name}`);
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

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}
