import { connect, Socket } from 'node:net';
import type { Cancel, Clock } from '../ports/clock.ts';

export const LINK_CONDITIONS = ['up', 'down', 'slow'] as const;
export type Link = 'http' | 'mqtt';
export type LinkCondition = (typeof LINK_CONDITIONS)[number];

/** What a slow link adds to every chunk, each way, ms. */
const SLOW_MS = 1_500;

/** The cables between the box and the world, one a link, with a switch on each. TLS goes on top of their sockets. */
export class SimulatedLinks {
  readonly #clock: Clock;
  readonly #conditions: Record<Link, LinkCondition> = { http: 'up', mqtt: 'up' };
  readonly #sockets: Readonly<Record<Link, Set<LinkSocket>>> = { http: new Set(), mqtt: new Set() };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  condition(link: Link): LinkCondition {
    return this.#conditions[link];
  }

  /** `down` also tears every open connection of the link. */
  set(link: Link, condition: LinkCondition): void {
    this.#conditions[link] = condition;
    if (condition !== 'down') return;
    for (const socket of [...this.#sockets[link]]) socket.destroy(unreachable(socket.target));
  }

  /** Opens connections over that link; each fails with ENETUNREACH while it is down. */
  dialer(link: Link): (host: string, port: number) => Socket {
    return (host, port) => {
      const sockets = this.#sockets[link];
      const socket = new LinkSocket({ host, port }, this.#clock, () => this.#conditions[link]);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    };
  }
}

interface Target {
  readonly host: string;
  readonly port: number;
}

/** As the kernel reports it: network clients look at `code`. */
const unreachable = ({ host, port }: Target): Error =>
  Object.assign(new Error(`connect ENETUNREACH ${host}:${port}`), {
    code: 'ENETUNREACH',
    errno: -101,
    syscall: 'connect',
    address: host,
    port,
  });

/**
 * A socket without a handle of its own that hands its bytes on to a real one. Being a net.Socket it fits whatever wants
 * one, and having no handle it makes TLS read and write through it, so that a slow link is slow for TLS too.
 */
class LinkSocket extends Socket {
  readonly target: Target;
  readonly #clock: Clock;
  readonly #condition: () => LinkCondition;
  readonly #inner: Socket | null;
  readonly #pending = new Set<Cancel>();
  #reading = false;
  #ended = false;

  constructor(target: Target, clock: Clock, condition: () => LinkCondition) {
    super();
    this.target = target;
    this.#clock = clock;
    this.#condition = condition;
    this.#connecting(true);
    this.#inner = condition() === 'down' ? null : this.#dial(target);
    if (!this.#inner) process.nextTick(() => this.destroy(unreachable(target)));
  }

  override setNoDelay(on?: boolean): this {
    this.#inner?.setNoDelay(on);
    return this;
  }

  override ref(): this {
    this.#inner?.ref();
    return this;
  }

  override unref(): this {
    this.#inner?.unref();
    return this;
  }

  override _read(): void {
    this.#reading = true;
    this.#inner?.resume();
  }

  override _write(chunk: Uint8Array | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#later(() => this.#inner?.write(chunk, encoding, done));
  }

  override _writev(chunks: { chunk: Uint8Array | string; encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    const bytes = chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk));
    this._write(Buffer.concat(bytes), 'utf8', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#later(() => this.#inner?.end(() => done()));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connecting(false);
    for (const cancel of this.#pending) cancel();
    this.#inner?.destroy();
    done(error);
    // A net.Socket leaves this to its handle.
    process.nextTick(() => this.emit('close', error !== null));
  }

  /** net.Socket keeps it as a plain property; only the types call it read-only. */
  #connecting(connecting: boolean): void {
    Object.assign(this, { connecting });
  }

  #dial({ host, port }: Target): Socket {
    const inner = connect({ host, port });
    inner.pause();
    inner.once('connect', () => {
      this.#connecting(false);
      this.emit('connect');
      this.emit('ready');
      if (this.#reading) inner.resume();
    });
    inner.on('data', (chunk) => {
      // One chunk at a time: a slow link delays each of them.
      inner.pause();
      this.#later(() => {
        this.#reading = this.push(chunk);
        if (this.#reading) inner.resume();
      });
    });
    inner.once('end', () => {
      this.#ended = true;
      this.#later(() => void this.push(null));
    });
    inner.once('error', (error) => this.destroy(error));
    inner.once('close', () => {
      if (!this.#ended) this.destroy();
    });
    return inner;
  }

  #later(task: () => void): void {
    if (this.#condition() !== 'slow') {
      task();
      return;
    }
    const cancel = this.#clock.after(SLOW_MS, () => {
      this.#pending.delete(cancel);
      task();
    });
    this.#pending.add(cancel);
  }
}
