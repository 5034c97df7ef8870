import { type AddressInfo, createServer } from 'node:net';
import { ConfigurationFault } from '../domain/fault.ts';

/** One port the simulation is about to take. */
export interface WantedPort {
  /** What listens there, as a person calls it. */
  readonly what: string;
  /** The option that changes it, without the dashes. */
  readonly option: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/**
 * Makes sure the port can be taken and resolves to its number, before anything is started that would have to be undone.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`, both naming the port and its option
 */
export async function claimPort(wanted: WantedPort): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted.port, wanted.host, resolve);
    });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    throw portFault(wanted, cause as NodeJS.ErrnoException);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

function portFault({ what, option, host, port }: WantedPort, cause: NodeJS.ErrnoException): ConfigurationFault {
  if (cause.code === 'EADDRINUSE') {
    return new ConfigurationFault(`Port ${port} for ${what} is in use by another program`, {
      code: 'port-in-use',
      found: `${host}:${port}`,
      remedy: `End that program, or take another port with --${option}.`,
      cause,
    });
  }
  return new ConfigurationFault(`${what} cannot listen on ${host}:${port}`, {
    code: 'address-unusable',
    found: cause.code ?? cause.message,
    remedy: `Give another address with --host, or another port with --${option}.`,
    cause,
  });
}
