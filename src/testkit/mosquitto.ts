import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const BROKER = '/usr/sbin/mosquitto';
const PASSWORDS = '/usr/bin/mosquitto_passwd';

export interface MosquittoOptions {
  /** Holds the configuration, and `ca.pem`, `server.pem` and `server.key` for TLS. */
  readonly folder: string;
  readonly users: Readonly<Record<string, { readonly password: string; readonly acl: readonly string[] }>>;
}

export interface Mosquitto {
  readonly port: number;
  start(): Promise<void>;
  /** Without a goodbye to anyone; what was not saved is lost. */
  kill(): Promise<void>;
}

/** A broker that lets in known users with a client certificate, and each only to its topics. Not started yet. */
export async function mosquitto({ folder, users }: MosquittoOptions): Promise<Mosquitto> {
  const port = await freePort();
  const file = (name: string) => join(folder, name);
  writeFileSync(file('passwords'), '', { mode: 0o600 });
  for (const [user, { password }] of Object.entries(users)) execFileSync(PASSWORDS, ['-b', file('passwords'), user, password]);
  writeFileSync(
    file('acl'),
    Object.entries(users)
      .map(([user, { acl }]) => [`user ${user}`, ...acl, ''].join('\n'))
      .join('\n'),
  );
  const lines = [
    `user ${userInfo().username}`,
    'log_dest stderr',
    'log_type all',
    'persistence false',
    'allow_anonymous false',
    `password_file ${file('passwords')}`,
    `acl_file ${file('acl')}`,
    `listener ${port} 127.0.0.1`,
    `cafile ${file('ca.pem')}`,
    `certfile ${file('server.pem')}`,
    `keyfile ${file('server.key')}`,
    'require_certificate true',
  ];
  writeFileSync(file('mosquitto.conf'), `${lines.join('\n')}\n`);
  let process: ChildProcess | null = null;
  return {
    port,
    start: async () => {
      const child = spawn(BROKER, ['-c', file('mosquitto.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
      process = child;
      await new Promise<void>((resolve, reject) => {
        let said = '';
        child.stderr?.on('data', (chunk) => {
          said = (said + String(chunk)).slice(-4_000);
          if (said.includes(' running')) resolve();
        });
        child.once('exit', () => reject(new RangeError(`mosquitto did not start: ${said}`)));
      });
    },
    kill: async () => {
      const child = process;
      process = null;
      if (child === null || child.exitCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
