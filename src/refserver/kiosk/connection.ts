import { WebSocket } from 'ws';
import type { BackendClock } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import type { Link } from './dialogues.ts';
import type { KioskLog } from './log.ts';

/** Why the backend ends a connection: RFC 6455, section 7.4, and one of the application's own. */
export const CLOSE = {
  stopping: { code: 1001, reason: 'the server stops' },
  misbehaviour: { code: 1008, reason: 'too many messages that are no use' },
  flood: { code: 1008, reason: 'too many messages' },
  failed: { code: 1011, reason: 'the server failed' },
  replaced: { code: 4001, reason: 'another connection of this device took over' },
} as const;

/** So many bad messages in a row, and more messages and pings than that in one second, end a connection. */
const MOST_BAD = 10;
const MOST_A_SECOND = 30;
/** What may wait for a box that does not read, bytes. */
const MOST_UNREAD = 1_048_576;

export interface ConnectionSide {
  readonly device: string;
  readonly clock: BackendClock;
  readonly faults: FaultBoard;
  readonly book: KioskLog;
  readonly pingMs: () => number;
  /** A message; false when it was refused. A binary one is no text. */
  readonly heard: (text: string | null) => boolean;
  /** Called once, as soon as nothing more is heard of it. */
  readonly ended: (connection: Connection) => void;
}

/** One connection of a box. What it says goes out as badly as the faults that are switched on want it. */
export class Connection implements Link {
  readonly #socket: WebSocket;
  readonly #side: ConnectionSide;
  #ended = false;
  /** A half-open connection: there, and deaf and dumb. */
  #mute = false;
  #alive = true;
  #bad = 0;
  #second = { fromMs: 0, count: 0 };
  #cancelPing: () => void = () => {};
  /** Messages behind one that is held back; null: none is. */
  #held: string[] | null = null;
  #cancelHeld: () => void = () => {};

  constructor(socket: WebSocket, side: ConnectionSide) {
    this.#socket = socket;
    this.#side = side;
    socket.on('message', (data, binary) => this.#hear(binary ? null : data.toString()));
    socket.on('ping', (data) => this.#pinged(data));
    socket.on('pong', () => {
      this.#alive = true;
    });
    // What is wrong with a frame closes the connection with the code that says so: 1002, 1007, 1009.
    socket.on('error', (error) => this.#side.book.add('error', side.device, { code: codeOf(error), reason: error.message }));
    socket.on('close', (code) => this.#end(code));
    this.#pingLater();
  }

  send(text: string): void {
    if (this.#ended || this.#mute) return;
    const { faults, clock } = this.#side;
    if (faults.strike('kiosk-half-open')) {
      this.#mute = true;
      this.#cancelPing();
      return;
    }
    if (faults.strike('kiosk-cut')) {
      this.drop();
      return;
    }
    if (faults.strike('kiosk-drop')) return;
    const copies = faults.strike('kiosk-duplicate') ? [text, text] : [text];
    const delay = this.#held ? null : faults.strike('kiosk-delay');
    if (delay) {
      this.#held = [];
      this.#cancelHeld = clock.after(delay.numbers.ms ?? 0, () => this.#release());
    }
    // Order is kept: what comes after a message that is late is late as well.
    if (this.#held) this.#held.push(...copies);
    else for (const copy of copies) this.#write(copy);
  }

  /** Ends it in an orderly way. The other side has two seconds to agree. */
  close({ code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#ended) return;
    this.#socket.close(code, reason);
    this.#end(code);
  }

  /** Ends it because of a bug, or of a disk that is full. */
  fail(error: unknown): void {
    this.#side.book.add('error', this.#side.device, { code: 'failed', reason: String(error) });
    this.close(CLOSE.failed);
  }

  /** Ends it at once. */
  drop(): void {
    this.#socket.terminate();
    this.#end(1006);
  }

  #hear(text: string | null): void {
    if (this.#ended || this.#mute) return;
    this.#alive = true;
    if (this.#floods()) {
      this.close(CLOSE.flood);
      return;
    }
    try {
      this.#bad = this.#side.heard(text) ? 0 : this.#bad + 1;
    } catch (error) {
      this.fail(error);
    }
    if (this.#bad >= MOST_BAD) this.close(CLOSE.misbehaviour);
  }

  #pinged(data: Buffer): void {
    if (this.#ended || this.#mute) return;
    this.#alive = true;
    if (this.#floods()) this.close(CLOSE.flood);
    else this.#socket.pong(data);
  }

  #floods(): boolean {
    const nowMs = this.#side.clock.wallMs();
    if (Math.abs(nowMs - this.#second.fromMs) >= 1_000) this.#second = { fromMs: nowMs, count: 0 };
    return ++this.#second.count > MOST_A_SECOND;
  }

  #pingLater(): void {
    this.#cancelPing = this.#side.clock.after(this.#side.pingMs(), () => this.#ping());
  }

  /** A connection that has given no sign of life since the last ping is not there any more. */
  #ping(): void {
    if (!this.#alive) {
      this.#side.book.add('error', this.#side.device, { code: 'silent', reason: 'no sign of life' });
      this.drop();
      return;
    }
    this.#alive = false;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
    this.#pingLater();
  }

  #release(): void {
    const texts = this.#held ?? [];
    this.#held = null;
    for (const text of texts) this.#write(text);
  }

  #write(text: string): void {
    if (this.#ended || this.#mute) return;
    if (this.#socket.bufferedAmount > MOST_UNREAD) {
      this.#side.book.add('error', this.#side.device, { code: 'unread', reason: 'the box does not read' });
      this.drop();
      return;
    }
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text, () => undefined);
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelPing();
    this.#cancelHeld();
    this.#side.book.add('disconnect', this.#side.device, { code });
    this.#side.ended(this);
  }
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : 'connection');
