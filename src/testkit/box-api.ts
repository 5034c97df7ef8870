import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BoxStatus } from '../app/box.ts';
import type { Entry, Recorded } from '../domain/journal.ts';
import type { Screen } from '../domain/screen.ts';
import type { Counters, OutboxRow, Totals } from '../ports/store.ts';

const NOTHING: Totals = {
  coin: {},
  bill: {},
  cashMinor: 0,
  qrMinor: 0,
  qrCount: 0,
  cardMinor: 0,
  cardCount: 0,
  terminalMinor: 0,
  terminalCount: 0,
  topUpMinor: 0,
  topUpCount: 0,
  salesMinor: 0,
  salesCount: 0,
  refundMinor: 0,
  unassigned: 0,
};

const STATUS: BoxStatus = {
  version: '0.1.0',
  device: { serial: 'SIM-0001', mac: '02:00:00:00:00:01', model: 'tilld-sim' },
  protocol: 'promptpay',
  board: 'sim',
  boot: 'boot-1',
  uptimeSeconds: 3,
  clockTrusted: true,
  ready: { qr: true, cash: true, card: false, terminal: false, reasons: [] },
  pairing: { state: 'paired', pin: null, deviceId: 'device-0001', reason: null },
  links: { http: 'up', mqtt: 'up' },
  rejections: { count: 0, last: null },
  sale: null,
  creditMinor: 0,
  currency: 'THB',
  queue: { waiting: 0, parked: 0 },
  orders: 0,
  volume: 60,
  language: 'en',
  watching: 0,
  alarms: [],
};

/** One POST the fake box was sent. */
export interface Posted {
  readonly path: string;
  readonly body: unknown;
}

/**
 * The local API of a box with canned answers, which a test changes as it goes. `down` cuts every connection, as a power
 * cut does; `up` listens again on the same port.
 */
export class FakeBoxApi {
  screen: Screen = { kind: 'starting' };
  entries: Recorded[] = [];
  status: BoxStatus = STATUS;
  counters: Counters = { sinceReset: NOTHING, sinceEver: NOTHING, resetAtMs: null };
  queue: { waiting: OutboxRow[]; parked: OutboxRow[]; waitingCount: number; parkedCount: number } = {
    waiting: [],
    parked: [],
    waitingCount: 0,
    parkedCount: 0,
  };
  outputs: { name: string; active: boolean }[] = [{ name: 'relay', active: false }];
  transcript: { atMs: number; text: string; clip: string | null; volume: number; sound: number | null }[] = [];
  /** Clips of the resource release, and what the voice said, by their file names. */
  sounds: Record<string, Uint8Array> = {};
  links: Record<string, string> = { mqtt: 'up', http: 'up' };
  /** What a POST is answered with. */
  answer: unknown = {};
  /** Draws the screen; the default writes its kind. */
  draw: (screen: Screen) => string = (screen) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320"><rect width="480" height="320" fill="#fff"/><text x="30" y="60">${screen.kind}</text></svg>`;
  /** The virtual printer, or null on a box without one. */
  printer: { fault: string | null; ticket: boolean } | null = null;
  /** The newest ticket. */
  ticket: Uint8Array | null = null;
  readonly posted: Posted[] = [];
  /** Headers and path of every GET that was answered. */
  readonly got: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
  port = 0;
  #server: Server | null = null;
  readonly #streams = new Set<ServerResponse>();
  readonly #waiting: (() => void)[] = [];

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8');
      });
      request.on('end', () => {
        if (request.method === 'POST') return this.#post(path, body, response);
        this.got.push({ path, headers: request.headers });
        this.#get(path, response);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  show(screen: Screen): void {
    this.screen = screen;
    this.#stream('screen', null, screen);
  }

  append(...entries: readonly Entry[]): void {
    for (const entry of entries) {
      const seq = (this.entries.at(-1)?.seq ?? 0) + 1;
      const recorded: Recorded = { seq, boot: 'boot-1', atMs: Date.UTC(2026, 0, 1, 12, 0, seq), clockTrusted: true, entry };
      this.entries.push(recorded);
      this.#stream('entry', seq, recorded);
    }
  }

  /** Number of open event streams. */
  streams(): number {
    return this.#streams.size;
  }

  /** Resolves when the fake box was sent a POST to this path (now or earlier). */
  async was(path: string): Promise<Posted> {
    for (;;) {
      const found = this.posted.find((p) => p.path === path);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #stream(event: string, id: number | null, data: unknown): void {
    const text = `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const response of this.#streams) response.write(text);
  }

  #get(url: string, response: ServerResponse): void {
    const path = url.split('?')[0];
    if (path === '/v1/screen.svg') {
      response.writeHead(200, { 'content-type': 'image/svg+xml' });
      return void response.end(this.draw(this.screen));
    }
    const [, file] = /^\/sim\/(?:sounds|voice)\/(.*)/.exec(path ?? '') ?? [];
    if (file !== undefined) {
      const bytes = this.sounds[file];
      response.writeHead(bytes ? 200 : 204, { 'content-type': file.endsWith('.wav') ? 'audio/wav' : 'audio/mpeg' });
      return void response.end(bytes);
    }
    if (path === '/sim/ticket.png') {
      response.writeHead(this.ticket ? 200 : 204, { 'content-type': 'image/png' });
      return void response.end(this.ticket);
    }
    if (path === '/v1/stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': open\n\n');
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      return;
    }
    json(response, this.#value(path ?? '', new URLSearchParams(url.split('?')[1])));
  }

  #value(path: string, query: URLSearchParams): unknown {
    const after = Number(query.get('after') ?? 0);
    switch (path) {
      case '/healthz':
        return { status: 'ok' };
      case '/v1/status':
        return this.status;
      case '/v1/screen':
        return this.screen;
      case '/v1/ledger':
        return { entries: this.entries.filter((e) => e.seq > after).slice(0, Number(query.get('limit') ?? 100)) };
      case '/v1/counters':
        return this.counters;
      case '/v1/queue':
        return this.queue;
      case '/sim/outputs':
        return { outputs: this.outputs };
      case '/sim/printer':
        return { printer: this.printer };
      case '/sim/speaker':
        return { transcript: this.transcript };
      default:
        return null;
    }
  }

  #post(path: string, body: string, response: ServerResponse): void {
    const value: unknown = body === '' ? null : JSON.parse(body);
    this.posted.push({ path, body: value });
    if (path === '/sim/link') Object.assign(this.links, value);
    json(response, path === '/sim/link' ? this.links : this.answer);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The mains switch of a fake box: the local API is there while the power is on. */
export class FakePower {
  power: 'on' | 'off' = 'on';
  /** Set by a test whose box has died by itself. */
  lastDeath: string | null = null;
  readonly #box: FakeBoxApi;

  constructor(box: FakeBoxApi) {
    this.#box = box;
  }

  state() {
    return { power: this.power, run: this.#run(), lastDeath: this.lastDeath } as const;
  }

  #run() {
    if (this.power === 'off') return 'off';
    return this.lastDeath === null ? 'running' : 'restarting';
  }

  async cut(): Promise<void> {
    this.power = 'off';
    await this.#box.down();
  }

  async switchOn(): Promise<void> {
    this.power = 'on';
    await this.#box.up();
  }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(value === null ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value ?? { error: { code: 'not-found', message: 'There is nothing here' } }));
}
