import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventLog } from './event-log.ts';

type Seen =
  | { readonly kind: 'connection'; readonly socket: WebSocket; readonly request: IncomingMessage }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'closed'; readonly code: number };

/** A good WebSocket server that says what the test has it say, and writes down what it hears. Close it at the end. */
export interface TestWebSocketServer {
  readonly url: string;
  readonly port: number;
  readonly events: ReturnType<typeof eventLog<Seen>>;
  /** To whoever connected last. */
  say(...texts: readonly string[]): void;
  socket(): WebSocket;
  close(): Promise<void>;
}

/** @param greet what every connection hears first */
export async function websocketServer(greet: readonly string[] = [], tls: ServerOptions | null = null): Promise<TestWebSocketServer> {
  const events = eventLog<Seen>();
  const http = tls === null ? createServer() : createSecureServer(tls);
  http.on('tlsClientError', () => {});
  const server = new WebSocketServer({ server: http });
  let last: WebSocket | null = null;
  server.on('connection', (socket, request) => {
    last = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => events.add({ kind: 'message', text: String(data) }));
    socket.on('close', (code) => events.add({ kind: 'closed', code }));
    events.add({ kind: 'connection', socket, request });
    for (const text of greet) socket.send(text);
  });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const socket = () => {
    if (last === null) throw new RangeError('nobody has connected');
    return last;
  };
  return {
    url: `${tls === null ? 'ws' : 'wss'}://127.0.0.1:${port}`,
    port,
    events,
    say: (...texts) => {
      for (const text of texts) socket().send(text);
    },
    socket,
    close: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
