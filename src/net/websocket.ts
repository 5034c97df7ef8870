import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { LinkState } from '../ports/gateway.ts';
import type { WebSocketEndpoint } from './endpoint.ts';
import { LinkRetries } from './link-retries.ts';
import type { Dial } from './socket.ts';
import { WebSocketConnection } from './websocket-connection.ts';
import { socketFault, type WebSocketFault } from './websocket-fault.ts';

export interface WebSocketHandlers {
  up(): void;
  /** Text messages only, each within the limit of bytes. */
  message(text: string): void;
  /** The link was lost or could not be made; the next try begins in `retryMs`. No message of it comes after this. */
  down(fault: WebSocketFault, retryMs: number): void;
}

export interface WebSocketLinkOptions {
  readonly endpoint: WebSocketEndpoint;
  /** Made anew for every connection and added to the query of the url. Default nothing. */
  readonly query?: () => Readonly<Record<string, string>>;
  /** Milliseconds between signs of life; a dead link is noticed within twice that. */
  readonly pingMs: number;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly dial?: Dial;
}

/**
 * A WebSocket link that comes back by itself, with full jitter between the tries. Every connection is an object of its
 * own, so that nothing of a dead one reaches the next. Nothing is kept for sending while it is down.
 */
export class WebSocketLink {
  readonly #options: WebSocketLinkOptions;
  readonly #handlers: WebSocketHandlers;
  readonly #retries: LinkRetries;
  #state: LinkState = 'off';
  #connection: WebSocketConnection | null = null;
  #fault: WebSocketFault | null = null;
  /** Told apart by number, because a connection may still be loading when the link is stopped. */
  #attempt = 0;

  constructor(options: WebSocketLinkOptions, handlers: WebSocketHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#retries = new LinkRetries(options.clock, options.entropy);
  }

  /** `off` before start and after stop. */
  get state(): LinkState {
    return this.#state;
  }

  /** Why the link was lost or could not be made, when a person must mend it; null while it is up or may come back by itself. */
  get fault(): WebSocketFault | null {
    return this.#fault?.lasting === true ? this.#fault : null;
  }

  /** Begins to connect; returns at once. */
  start(): void {
    if (this.#state !== 'off') return;
    this.#state = 'down';
    void this.#connect();
  }

  /** Says goodbye and resolves when the connection is closed. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#state = 'off';
    this.#attempt++;
    this.#retries.stop();
    this.#connection = null;
    await connection?.close();
  }

  /** False when the link is not up, or too much waits to be sent already; then nothing of it goes out. */
  send(text: string): boolean {
    return this.#state === 'up' && this.#connection?.send(text) === true;
  }

  /** Gives a link that is up up for this reason and makes it anew, after the wait that is due. */
  reconnect(fault: WebSocketFault): void {
    if (this.#state === 'up') this.#connection?.fail(fault);
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    const current = () => attempt === this.#attempt;
    const { endpoint, query, pingMs, maxMessageBytes, clock, dial } = this.#options;
    try {
      const connection = await WebSocketConnection.open(
        { endpoint, query: query?.() ?? {}, pingMs, maxMessageBytes, clock, dial },
        {
          connected: () => current() && this.#up(),
          message: (text) => current() && this.#handlers.message(text),
          ended: (fault) => current() && this.#lost(fault),
        },
      );
      if (current()) this.#connection = connection;
      else await connection.close();
    } catch (error) {
      if (current()) this.#lost(socketFault(error));
    }
  }

  #up(): void {
    this.#state = 'up';
    this.#fault = null;
    this.#retries.up();
    this.#handlers.up();
  }

  #lost(fault: WebSocketFault): void {
    this.#state = 'down';
    this.#fault = fault;
    this.#connection = null;
    const waitMs = this.#retries.down(fault.lasting, () => void this.#connect());
    this.#handlers.down(fault, waitMs);
  }
}
