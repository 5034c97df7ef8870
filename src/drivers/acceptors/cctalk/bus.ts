import type { CcTalkChecksum } from '../../../domain/cash/cctalk/checksum.ts';
import { Echo } from '../../../domain/cash/cctalk/echo.ts';
import { type CcTalkFrame, encodeRequest, FrameReader } from '../../../domain/cash/cctalk/frame.ts';
import { REPLY } from '../../../domain/cash/cctalk/headers.ts';
import { DeviceFault } from '../../../domain/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { SerialConnection, SerialLink, SerialLinkSettings } from '../../serial/serial-link.ts';

/** 9600 8N1 (ccTalk generic specification, part 1). */
export const CCTALK_LINE: Omit<SerialLinkSettings, 'path'> = { baud: 9_600, parity: 'none' };

interface CcTalkRequest {
  readonly address: number;
  readonly header: number;
  readonly data?: readonly number[];
  readonly checksum: CcTalkChecksum;
  /** How often it may be sent in all; 3 unless given. */
  readonly tries?: number;
}

/** `silent`: no good reply came, however often it was asked. */
export type CcTalkAnswer = { readonly kind: 'reply'; readonly data: readonly number[] } | { readonly kind: 'nak' | 'busy' | 'silent' };

/**
 * Silence after which nothing more of a reply will come, milliseconds. A device answers within 50 and pauses no longer
 * within a frame (specification); as much again is for a USB adapter (16 in an FT232) and for this program's own turn.
 */
const SILENCE_MS = 100;
/** A frame of the greatest length takes 270; whoever still talks then says nothing. */
const BABBLE_MS = 500;
/** Between what was heard last and the next request: a second reply to the last one is over by then. */
const GAP_MS = 10;
/** A device understands nothing for so long after power-up, and opening the port may be what switched it on. */
const POWER_UP_MS = 250;
const BUSY_MS = 50;
/** After a silence, a reply that is later still is waited for, so that it is not taken for the next one. */
const LATE_MS = 100;
const TRIES = 3;

/** A line on which the host asks and devices answer, one question at a time, in the order they came. */
export interface CcTalkBus {
  /** Opens the port where it is not open. @throws DeviceFault of the serial link when there is no way to any device */
  ask(request: CcTalkRequest): Promise<CcTalkAnswer>;
  /** Until the returned function is called, the port may be open. */
  join(): () => Promise<void>;
}

/** The bus at a serial port, shared by all its acceptors. `link` is set as `CCTALK_LINE` says. */
export function ccTalkBus(options: { readonly link: SerialLink; readonly clock: Clock }): CcTalkBus {
  return new Bus(options.link, options.clock);
}

class Bus implements CcTalkBus {
  readonly #link: SerialLink;
  readonly #clock: Clock;
  #members = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #connection: SerialConnection | null = null;
  #opening = new AbortController();
  #lost: DeviceFault | null = null;
  /** Whether requests come back here; known once one has. */
  #echoes = false;
  /** When the next request may be sent, by the clock. */
  #freeAtMs = Number.NEGATIVE_INFINITY;
  #onBytes: (bytes: Uint8Array) => void = ignored;
  #onLost: () => void = ignored;

  constructor(link: SerialLink, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  join(): () => Promise<void> {
    if (this.#members++ === 0) this.#opening = new AbortController();
    let here = true;
    return async () => {
      if (!here) return;
      here = false;
      if (--this.#members > 0) return;
      this.#opening.abort();
      await this.#inTurn(() => this.#close());
    };
  }

  ask(request: CcTalkRequest): Promise<CcTalkAnswer> {
    return this.#inTurn(() => this.#ask(request));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(ignored);
    return done;
  }

  async #ask(request: CcTalkRequest): Promise<CcTalkAnswer> {
    let answer: CcTalkAnswer = { kind: 'silent' };
    for (let more = request.tries ?? TRIES; more > 0; more--) {
      const connection = await this.#open();
      answer = await this.#exchange(connection, request);
      if (answer.kind === 'busy' && more > 1) await this.#wait(BUSY_MS);
      else if (answer.kind !== 'silent') break;
    }
    return answer;
  }

  async #open(): Promise<SerialConnection> {
    if (this.#lost) await this.#close();
    if (this.#connection) return this.#connection;
    if (this.#members === 0) throw closed(this.#link.path);
    this.#echoes = false;
    const connection = await this.#link.open(
      {
        bytes: (bytes) => {
          this.#notBefore(GAP_MS);
          this.#onBytes(bytes);
        },
        gone: (fault) => {
          this.#lost = fault;
          this.#onLost();
        },
      },
      this.#opening.signal,
    );
    this.#connection = connection;
    await this.#wait(POWER_UP_MS);
    return connection;
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#lost = null;
    await connection?.close();
  }

  async #exchange(connection: SerialConnection, { address, header, data = [], checksum }: CcTalkRequest): Promise<CcTalkAnswer> {
    const babbleMs = this.#clock.monotonicMs() + BABBLE_MS;
    for (let rest = this.#restMs(); rest > 0; rest = this.#restMs()) {
      if (this.#clock.monotonicMs() >= babbleMs) return { kind: 'silent' };
      await this.#wait(rest);
    }
    if (this.#lost) throw this.#lost;
    const bytes = encodeRequest(address, header, data, checksum);
    const reply = this.#reply(new Echo(bytes, this.#echoes), new FrameReader(checksum), address);
    // Not waited for: a port that takes nothing is silence like any other.
    connection.write(bytes).catch((error: DeviceFault) => {
      if (this.#connection !== connection) return;
      this.#lost ??= error;
      this.#onLost();
    });
    const frame = await reply;
    if (frame === null) this.#notBefore(LATE_MS);
    return answerOf(frame);
  }

  /** The first frame that is a reply of that device; null when the line has been silent, or noisy, for too long. */
  #reply(echo: Echo, reader: FrameReader, address: number): Promise<CcTalkFrame | null> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#onBytes = ignored;
        this.#onLost = ignored;
        silence();
        babble();
        settle();
      };
      const look = (frames: readonly CcTalkFrame[]): boolean => {
        const frame = frames.find((one) => isReplyOf(one, address));
        if (frame) end(() => resolve(frame));
        return frame !== undefined;
      };
      const over = () => {
        if (!look(reader.silence())) end(() => resolve(null));
      };
      let silence = this.#clock.after(SILENCE_MS, over);
      const babble = this.#clock.after(BABBLE_MS, over);
      this.#onBytes = (bytes) => {
        silence();
        silence = this.#clock.after(SILENCE_MS, over);
        const rest = echo.strip(bytes);
        if (echo.heard) this.#echoes = true;
        look(reader.take(rest));
      };
      this.#onLost = () => end(() => reject(this.#lost));
    });
  }

  #restMs(): number {
    return this.#freeAtMs - this.#clock.monotonicMs();
  }

  #notBefore(ms: number): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonicMs() + ms);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }
}

const ignored = (): void => undefined;

/** A CRC frame does not say who sent it. */
function isReplyOf({ source, header }: CcTalkFrame, address: number): boolean {
  return (source === null || source === address) && (header === REPLY.ok || header === REPLY.nak || header === REPLY.busy);
}

function answerOf(frame: CcTalkFrame | null): CcTalkAnswer {
  if (frame === null) return { kind: 'silent' };
  if (frame.header === REPLY.nak) return { kind: 'nak' };
  return frame.header === REPLY.busy ? { kind: 'busy' } : { kind: 'reply', data: frame.data };
}

const closed = (path: string): DeviceFault => new DeviceFault(`The serial port ${path} is closed`, { code: 'serial-closed' });
