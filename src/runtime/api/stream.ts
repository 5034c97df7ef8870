import type { Box } from '../../app/box.ts';
import type { Screen } from '../../domain/screen.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

const HEARTBEAT_MS = 15_000;
/** A reader that took nothing for this long while there was something to take is gone or hopeless. */
const PATIENCE_MS = 30_000;
/** Text that may wait for one reader: all the memory a slow one can take. */
const BUFFER_BYTES = 64 * 1024;
const PAGE = 200;

type Controller = ReadableStreamDefaultController<Uint8Array>;

interface StreamParts {
  readonly box: Pick<Box, 'ledger' | 'onEntries' | 'onScreen' | 'screen'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Only entries after this one. */
  readonly after: number;
  /** Breaks the connection. */
  readonly cut: () => void;
  readonly onEnd: () => void;
}

/**
 * One reader of the journal, as server-sent events: `entry` with the sequence number as id, and `screen` without an id,
 * of which only the newest counts. Entries are read from the journal as fast as the reader takes them, so that none is
 * missing, none comes twice, and one that lags costs no memory.
 */
export class EntryStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #parts: StreamParts;
  readonly #listeners: Cancel[];
  #controller: Controller | null = null;
  #last: number;
  #behind = true;
  #filling = false;
  #screen: Screen | null;
  #takenMs: number;
  #heartbeat: Cancel;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#last = parts.after;
    this.#screen = parts.box.screen();
    this.#takenMs = parts.clock.monotonicMs();
    this.#heartbeat = parts.clock.after(HEARTBEAT_MS, () => this.#beat());
    this.#listeners = [parts.box.onEntries(() => this.#entries()), parts.box.onScreen((screen) => this.#show(screen))];
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          // Without data this is no event, yet from now on a reader that comes back knows where it was.
          this.#send(`retry: 1000\nid: ${parts.after}\n\n`);
        },
        pull: () => this.#pull(),
        cancel: () => void this.#release(),
      },
      { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk.byteLength },
    );
  }

  /** Ends the stream in order: the reader sees its end and may come back. */
  close(): void {
    const controller = this.#release();
    controller?.close();
  }

  #entries(): void {
    this.#behind = true;
    this.#fill();
  }

  #show(screen: Screen): void {
    this.#screen = screen;
    this.#fill();
  }

  /** Called by the stream whenever its reader has taken something and there is room again. */
  #pull(): void {
    this.#takenMs = this.#parts.clock.monotonicMs();
    this.#fill();
  }

  #fill(): void {
    // A reader that waits takes what is sent at once, and the stream asks for more before the sending has returned.
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (this.#hasRoom() && this.#behind) this.#sendPage();
      if (!this.#hasRoom() || !this.#screen) return;
      this.#send(`event: screen\ndata: ${JSON.stringify(this.#screen)}\n\n`);
      this.#screen = null;
    } catch (error) {
      // The journal cannot be read: this reader must not believe it has all of it.
      this.#parts.log.error('api.stream-failed', { error });
      this.#cut();
    } finally {
      this.#filling = false;
    }
  }

  #sendPage(): void {
    const page = this.#parts.box.ledger({ after: this.#last, limit: PAGE });
    for (const recorded of page) {
      if (!this.#hasRoom()) return;
      this.#send(`id: ${recorded.seq}\nevent: entry\ndata: ${JSON.stringify(recorded)}\n\n`);
      this.#last = recorded.seq;
    }
    this.#behind = page.length === PAGE;
  }

  #hasRoom(): boolean {
    return (this.#controller?.desiredSize ?? 0) > 0;
  }

  #send(text: string): void {
    this.#controller?.enqueue(Buffer.from(text));
  }

  #beat(): void {
    const { clock, log } = this.#parts;
    const waited = clock.monotonicMs() - this.#takenMs;
    if (!this.#hasRoom() && waited >= PATIENCE_MS) {
      log.info('api.stream-slow', { waitedMs: Math.round(waited), seq: this.#last });
      this.#cut();
      return;
    }
    if (this.#hasRoom()) this.#send(':\n\n');
    this.#heartbeat = clock.after(HEARTBEAT_MS, () => this.#beat());
  }

  /** For a reader that must not take this for the end in order. Failing the stream instead would print on the console. */
  #cut(): void {
    if (this.#release()) this.#parts.cut();
  }

  /** Lets go of everything, once; the controller when it was still held. */
  #release(): Controller | null {
    const controller = this.#controller;
    if (!controller) return null;
    this.#controller = null;
    this.#heartbeat();
    for (const cancel of this.#listeners) cancel();
    this.#parts.onEnd();
    return controller;
  }
}
