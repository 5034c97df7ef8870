import { type BackoffLimits, fullJitter } from '../domain/backoff.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { LinkState } from '../ports/gateway.ts';
import type { WebSocketEndpoint } from './endpoint.ts';
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

const RETRY = { baseMs: 1_000, capMs: 60_000 };
const SLOW_RETRY = { baseMs: 30_000, capMs: 300_000 };
const SLOW_LEAST_MS = 15_000;
/** A link that lived this long counts as good: the next retry is a quick one again. */
const STABLE_MS = 30_000;

/**
 * A WebSocket link that comes back by itself, with full jitter between the tries. Every connection is an object of its
 * own, so that nothing of a dead one reaches the next. Nothing is kept for sending while it is down.
 */
export class WebSocketLink {
  readonly #options: WebSocketLinkOptions;
  readonly #handlers: WebSocketHandlers;
  #state: LinkState = 'off';
  #connection: WebSocketConnection | null = null;
  #fault: WebSocketFault | null = null;
  #cancelRetry: Cancel = () => {};
  #cancelStable: Cancel = () => {};
  #retries: Iterator<number, never>;
  #slowRetries: Iterator<number, never>;
  /** Told apart by number, because a connection may still be loading when the link is stopped. */
  #attempt = 0;

  constructor(options: WebSocketLinkOptions, handlers: WebSocketHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#retries = this.#jitter(RETRY);
    this.#slowRetries = this.#jitter(SLOW_RETRY);
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
    this.#cancelRetry();
    this.#forget();
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
    this.#cancelStable = this.#options.clock.after(STABLE_MS, () => {
      this.#retries = this.#jitter(RETRY);
      this.#slowRetries = this.#jitter(SLOW_RETRY);
    });
    this.#handlers.up();
  }

  #lost(fault: WebSocketFault): void {
    this.#state = 'down';
    this.#fault = fault;
    this.#forget();
    const waitMs = fault.lasting ? SLOW_LEAST_MS + this.#slowRetries.next().value : this.#retries.next().value;
    this.#cancelRetry = this.#options.clock.after(waitMs, () => void this.#connect());
    this.#handlers.down(fault, waitMs);
  }

  #forget(): void {
    this.#connection = null;
    this.#cancelStable();
  }

  #jitter(limits: BackoffLimits): Iterator<number, never> {
    return fullJitter(limits, () => this.#options.entropy.fraction());
  }
}
