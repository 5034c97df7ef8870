import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { WebSocketEndpoint } from './endpoint.ts';
import { type Dial, openSocket } from './socket.ts';
import { refusedHandshake, socketFault, WebSocketFault, websocketFault } from './websocket-fault.ts';

export interface WebSocketConnectionOptions {
  readonly endpoint: WebSocketEndpoint;
  /** Added to the query of the endpoint's url. */
  readonly query: Readonly<Record<string, string>>;
  readonly pingMs: number;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly dial: Dial | undefined;
}

export interface WebSocketConnectionEvents {
  connected(): void;
  message(text: string): void;
  /** Exactly once, whatever happened, and the last of all; never after `close`. */
  ended(fault: WebSocketFault): void;
}

const CONNECT_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 2_000;
/** Frames of the server within a window, pings too. */
const MOST_FRAMES = 100;
const FRAMES_WINDOW_MS = 10_000;
/** Bytes of ours that the server has not taken yet. */
const MOST_UNSENT_BYTES = 262_144;
/** Parts a message may come in: frames, and pieces of the stream. */
const MOST_FRAGMENTS = 256;
const MOST_CHUNKS = 4_096;

/** Close codes of RFC 6455, 7.4.1. */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;
const POLICY = 1008;

/** One WebSocket connection from the TCP handshake to its end; it never comes back by itself. */
export class WebSocketConnection {
  readonly #options: WebSocketConnectionOptions;
  readonly #events: WebSocketConnectionEvents;
  readonly #socket: Socket;
  #ws: WebSocket | null = null;
  #ended = false;
  #socketError: unknown = null;
  #cancelTimer: Cancel;
  #heard = true;
  #frames = 0;
  #framesSinceMs: number;

  private constructor(socket: Socket, options: WebSocketConnectionOptions, events: WebSocketConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#socket = socket;
    this.#framesSinceMs = options.clock.monotonicMs();
    this.#cancelTimer = options.clock.after(CONNECT_LIMIT_MS, () => {
      this.fail(new WebSocketFault('The server did not answer in time', { code: 'peer-timeout', lasting: false }));
    });
    socket.on('error', (error) => {
      this.#socketError ??= error;
      if (this.#ws === null) this.fail(socketFault(error));
    });
    socket.once('close', () => {
      if (this.#ws === null) this.fail(socketFault(this.#socketError));
    });
  }

  /** Loads the client library on first use and begins to connect. */
  static async open(options: WebSocketConnectionOptions, events: WebSocketConnectionEvents): Promise<WebSocketConnection> {
    const { WebSocket } = await import('ws');
    const { endpoint, dial } = options;
    const url = new URL(endpoint.url);
    for (const [name, value] of Object.entries(options.query)) url.searchParams.set(name, value);
    const secure = url.protocol === 'wss:';
    const port = Number(url.port) || (secure ? 443 : 80);
    const socket = openSocket({ host: url.hostname, port, tls: secure ? endpoint : null }, dial);
    const connection = new WebSocketConnection(socket, options, events);
    // The handshake, and with it the token, goes only over a connection whose certificate has been verified.
    socket.once(secure ? 'secureConnect' : 'connect', () => connection.#shakeHands(WebSocket, url));
    return connection;
  }

  /** False when the connection is not open, or so much waits to be sent that nothing is added. */
  send(text: string): boolean {
    if (this.#ended || this.#ws === null || this.#ws.readyState !== this.#ws.OPEN) return false;
    if (this.#ws.bufferedAmount + Buffer.byteLength(text) > MOST_UNSENT_BYTES) return false;
    this.#ws.send(text, () => {});
    return true;
  }

  /** Ends the connection at once for a reason; the first reason counts. @param code what the server is told, as RFC 6455 has it */
  fail(fault: WebSocketFault, code = NORMAL): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer();
    const ws = this.#ws;
    if (ws !== null) {
      if (ws.readyState === ws.OPEN) ws.close(code);
      this.#letGo(ws);
    }
    this.#socket.destroy();
    this.#events.ended(fault);
  }

  /** Says goodbye and resolves when the connection is closed, at the latest after 2 s. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#cancelTimer();
    const ws = this.#ws;
    await new Promise<void>((resolve) => {
      if (this.#socket.closed) return resolve();
      const cancel = this.#options.clock.after(CLOSE_LIMIT_MS, () => void this.#socket.destroy());
      this.#socket.once('close', () => {
        cancel();
        resolve();
      });
      if (ws !== null && ws.readyState === ws.OPEN) ws.close(NORMAL);
      else this.#socket.destroy();
    });
    if (ws !== null) this.#letGo(ws);
  }

  #shakeHands(Client: typeof WebSocket, url: URL): void {
    if (this.#ended) return;
    const { endpoint, maxMessageBytes } = this.#options;
    const ws = new Client(url, {
      createConnection: () => this.#socket,
      headers: endpoint.token === undefined ? {} : { authorization: `Bearer ${endpoint.token}` },
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: maxMessageBytes,
      maxFragments: MOST_FRAGMENTS,
      maxBufferedChunks: MOST_CHUNKS,
    });
    this.#ws = ws;
    ws.on('unexpected-response', (_request, { statusCode = 0 }) => this.fail(refusedHandshake(statusCode)));
    ws.on('error', (error) => this.fail(websocketFault(error)));
    ws.on('close', (code) => this.fail(this.#closed(code)));
    ws.on('open', () => this.#opened());
    ws.on('message', (data, binary) => this.#take(data, binary));
    ws.on('ping', () => this.#counts());
    ws.on('pong', () => this.#counts());
  }

  #opened(): void {
    this.#cancelTimer();
    this.#watch();
    this.#events.connected();
  }

  /** A connection over which nothing comes, not even the answer to a ping, is dead although nobody said so. */
  #watch(): void {
    const { clock, pingMs } = this.#options;
    this.#cancelTimer = clock.after(pingMs, () => {
      const ws = this.#ws;
      if (ws === null || ws.readyState !== ws.OPEN || !this.#heard) {
        this.fail(new WebSocketFault('The server fell silent', { code: 'websocket-silent', lasting: false }));
        return;
      }
      this.#heard = false;
      ws.ping(() => {});
      this.#watch();
    });
  }

  #take(data: RawData, binary: boolean): void {
    if (!this.#counts()) return;
    if (binary) {
      this.fail(new WebSocketFault('The server sent a binary message', { code: 'websocket-binary', lasting: false }), UNSUPPORTED_DATA);
      return;
    }
    try {
      this.#events.message(data.toString());
    } catch (error) {
      this.fail(new WebSocketFault('A message could not be handled', { code: 'websocket-handler', lasting: false, cause: error }));
    }
  }

  /** Counts a frame; false when the connection has ended, by this one at the latest. */
  #counts(): boolean {
    this.#heard = true;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#framesSinceMs >= FRAMES_WINDOW_MS) {
      this.#framesSinceMs = nowMs;
      this.#frames = 0;
    }
    if (++this.#frames > MOST_FRAMES) {
      const found = `more than ${MOST_FRAMES} frames in ${FRAMES_WINDOW_MS} ms`;
      this.fail(new WebSocketFault('The server sends too much', { code: 'websocket-flood', found, lasting: false }), POLICY);
    }
    return !this.#ended;
  }

  #closed(code: number): WebSocketFault {
    // 1006: there was no goodbye.
    if (code === 1006) return socketFault(this.#socketError);
    return new WebSocketFault('The server closed the connection', { code: 'websocket-closed', found: `code ${code}`, lasting: false });
  }

  /** Nothing of a dead connection reaches anybody. */
  #letGo(ws: WebSocket): void {
    ws.removeAllListeners();
    ws.on('error', () => {});
    ws.terminate();
  }
}
