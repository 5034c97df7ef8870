import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { DETAILS_PATH, SALE_PATH } from './ds50-gateway.ts';
import { eventLog } from './event-log.ts';

/** An answer byte by byte: status line, headers and body are the test's own. */
export interface RawAnswer {
  readonly status?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** What a request is about. */
type HostilePath = 'sale' | 'details' | 'part' | 'report';

interface Served {
  readonly kind: HostilePath;
  readonly body: string;
}

const json = (value: unknown): RawAnswer => ({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
const pathOf = (url: string): HostilePath => {
  if (url === SALE_PATH) return 'sale';
  if (url === DETAILS_PATH) return 'details';
  return url.startsWith('/tms/v1/status') ? 'report' : 'part';
};
/** With nothing in store: no sale is known, no package there, every report kept. */
const usual: Readonly<Record<HostilePath, (body: string) => RawAnswer>> = {
  sale: () => json({ acqAuthCode: '', acqResponseCode: '05', emvData: '', transStatus: 'DECLINE' }),
  details: () => json({ respCode: '00', total: 0 }),
  report: (body) => json({ respCode: '00', accepted: (JSON.parse(body) as { reports: unknown[] }).reports.length }),
  part: () => ({ status: '404 Not Found', body: '' }),
};

/** A payment server and TMS that answers with whatever it was given for the next requests. */
export class HostileServer {
  /** Requests that were answered, in order; each was taken by the box's own connection. */
  readonly served = eventLog<Served>();
  readonly #store: Record<HostilePath, RawAnswer[]> = { sale: [], details: [], part: [], report: [] };
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer(async (request, response) => {
    const kind = pathOf(request.url ?? '');
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const { status = '200 OK', headers = {}, body: answer } = this.#store[kind].shift() ?? usual[kind](body);
    // Past the server's own response: it would not let every header and status text through.
    const bytes = Buffer.from(answer as string);
    const lines = [`HTTP/1.1 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    const head = [...lines, `content-length: ${bytes.length}`, 'connection: close', '', ''].join('\r\n');
    const { socket } = response;
    socket?.end(Buffer.concat([Buffer.from(head), bytes]), () => this.served.add({ kind, body }));
  });

  async open(): Promise<void> {
    this.#server.on('connection', (socket) => this.#sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers for the next requests of one kind. */
  give(kind: HostilePath, ...answers: readonly RawAnswer[]): void {
    this.#store[kind].push(...answers);
  }

  /** Takes back what nobody has asked for yet. */
  takeBack(kind: HostilePath): void {
    this.#store[kind].length = 0;
  }

  /** How many of the given answers nobody has asked for yet. */
  left(): number {
    return Object.values(this.#store).reduce((sum, { length }) => sum + length, 0);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
