import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { eventLog } from './event-log.ts';

interface SeenRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `cut` ends the connection without an answer, `cut-body` in the middle of one, `silence` leaves it open. */
export type UpstreamAnswer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'cut'
  | 'cut-body'
  | 'silence'
  | 'not-http';

/** A service on the other side that answers as it is told, and 200 with `{}` when it is told nothing. */
export class ScriptedUpstream {
  readonly requests = eventLog<SeenRequest>();
  readonly #answers: UpstreamAnswer[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const { method = '', url = '', headers } = request;
    const answer = this.#answers.shift() ?? {};
    this.requests.add({ kind: 'request', method, path: url, headers, body });
    if (answer === 'silence') return;
    if (answer === 'cut') return void response.socket?.destroy();
    if (answer === 'not-http') return void response.socket?.end('220 mail.example ready\r\n');
    if (answer === 'cut-body') {
      response.writeHead(200, { 'content-length': '1000' });
      return void response.write('{"code":', () => response.socket?.destroy());
    }
    const { status = 200, headers: more = {}, body: content = {} } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...more });
    response.end(typeof content === 'string' ? content : JSON.stringify(content));
  });

  /** For the next requests, in order. */
  answer(...answers: readonly UpstreamAnswer[]): void {
    this.#answers.push(...answers);
  }

  async open(): Promise<string> {
    this.#server.on('connection', (socket) => this.#sockets.add(socket.on('error', () => {})));
    return listening(this.#server);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await closed(this.#server);
  }
}

/** A hono app on a port of its own. */
export async function serveApp(app: {
  fetch(request: Request): Response | Promise<Response>;
}): Promise<{ url: string; close(): Promise<void> }> {
  const server = createAdaptorServer({ fetch: (request) => app.fetch(request) }) as Server;
  const url = await listening(server);
  return {
    url,
    close: () => {
      server.closeAllConnections();
      return closed(server);
    },
  };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
