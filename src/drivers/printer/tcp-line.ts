import { connect, type Socket } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import type { Channel, Line } from './channel.ts';
import { offline, unreachable } from './faults.ts';

interface TcpSettings {
  readonly host: string;
  /** 9100 on nearly every printer. */
  readonly port: number;
}

/** How long a printer may take to end a connection, milliseconds. */
const FAREWELL_MS = 1_000;

/** A printer on the network, which takes its commands over a bare TCP connection. */
export function tcpLine({ host, port }: TcpSettings, clock: Clock): Line {
  const at = `${host}:${port}`;
  return {
    bytesPerSecond: Number.POSITIVE_INFINITY,
    open: (listener, signal) =>
      new Promise<Channel>((resolve, reject) => {
        const socket = connect({ host, port, noDelay: true });
        let open = false;
        const ends = (fault: Error) => {
          signal.removeEventListener('abort', giveUp);
          socket.destroy();
          if (open) listener.gone(fault);
          else reject(fault);
        };
        const giveUp = () => ends(offline(`${at}: no connection in time`));
        signal.addEventListener('abort', giveUp);
        if (signal.aborted) giveUp();
        socket.on('error', (error) => ends(unreachable(at, error)));
        socket.on('close', () => ends(offline(`${at}: the printer closed the connection`)));
        socket.on('data', (bytes: Buffer) => listener.bytes(bytes));
        socket.once('connect', () => {
          signal.removeEventListener('abort', giveUp);
          open = true;
          resolve({
            write: (bytes) =>
              new Promise((taken, failed) => {
                socket.write(bytes, (error) => (error ? failed(unreachable(at, error)) : taken()));
              }),
            close: () => farewell(socket, clock),
          });
        });
      }),
  };
}

/** Most printers serve one connection at a time: this one is over when the printer has ended it too. */
async function farewell(socket: Socket, clock: Clock): Promise<void> {
  if (socket.closed) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const cancel = clock.after(FAREWELL_MS, () => socket.destroy());
  socket.end();
  await closed;
  cancel();
}
