import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ScriptedPrinter } from './scripted-printer.ts';

export interface ServedPrinter {
  readonly port: number;
  /** Pulls the cable: the connection ends and no new one is possible, until it is plugged in again. */
  unplug(): Promise<void>;
  plug(): Promise<void>;
  close(): Promise<void>;
}

/** A printer on a TCP port of 127.0.0.1, which serves one connection at a time. */
export async function servePrinter(printer: ScriptedPrinter): Promise<ServedPrinter> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size > 0) printer.complain('a second connection');
    sockets.add(socket);
    printer.answer = (bytes) => void socket.write(bytes);
    socket.on('data', (bytes: Buffer) => printer.receive(bytes));
    // A box that has gone is no fault of the printer's.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const unplug = async () => {
    const closed = server.listening ? once(server, 'close') : null;
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return { port, unplug, plug: () => listen(port), close: unplug };
}
