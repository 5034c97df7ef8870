import { type CcTalkChecksum, crcChecksum } from '../domain/cash/cctalk/checksum.ts';
import type { Clock } from '../ports/clock.ts';

/** What a device does instead of answering a request well. */
export type Misdeed =
  | 'silence'
  | 'nak'
  | 'busy'
  | 'bad-checksum'
  | 'wrong-sender'
  | 'noise-before'
  | 'split'
  | 'late'
  | 'twice'
  | 'answer-lost'
  | 'restart'
  | { readonly data: readonly number[] };

export interface FakeCcTalkOptions {
  readonly clock: Clock;
  readonly method: 'coin' | 'bill';
  readonly address?: number;
  readonly checksum?: CcTalkChecksum;
  readonly serial?: readonly number[];
  readonly category?: string;
  /** Headers it does not know. */
  readonly lacks?: Readonly<Record<number, 'nak' | 'silence'>>;
}

const REPLY_MS = 5;
const LATE_MS = 130;
const PAUSE_MS = 30;
const COIN_NAMES = ['TH001A', 'TH002A', 'TH003A', 'TH005A', 'TH010A'];
const BILL_NAMES = ['TH0020A', 'TH0050A', 'TH0100A'];

const ascii = (text: string): readonly number[] => [...text].map((letter) => letter.charCodeAt(0));

/**
 * A ccTalk acceptor by the specification, with misdeeds on demand. What the host must never do, and misdeeds that nothing
 * has called up, fail `finish`.
 */
export class FakeCcTalkDevice {
  readonly address: number;
  readonly method: 'coin' | 'bill';
  say: (bytes: Uint8Array) => void = () => undefined;
  on = true;
  counter = 0;
  events: (readonly [number, number])[] = [];
  master = false;
  mask: readonly number[] = [0, 0];
  mode = 0;
  /** Type of the bill that is in escrow. */
  escrow: number | null = null;
  /** Leaves a routed bill on its way until `arrive`. */
  slow = false;
  readonly stacked: number[] = [];
  readonly returned: number[] = [];
  /** Every change of whether it takes anything. */
  readonly inhibits: boolean[] = [];
  readonly asked: number[] = [];
  readonly #o: FakeCcTalkOptions;
  readonly #misdeeds: { readonly header: number; readonly does: Misdeed }[] = [];
  readonly #failures: string[] = [];
  /** What it answers to each header that it knows; null where its kind does not. */
  readonly #answers: Readonly<Record<number, (data: readonly number[]) => readonly number[] | null>> = {
    254: () => [],
    246: () => ascii('Example Works'),
    245: () => ascii(this.#o.category ?? (this.method === 'coin' ? 'Coin Acceptor' : 'Bill Validator')),
    244: () => ascii('EX-1'),
    242: () => this.#o.serial ?? null,
    231: ([low = 0, high = 0]) =>
      this.#set(() => {
        this.mask = [low, high];
      }),
    230: () => this.mask,
    228: ([bits = 0]) =>
      this.#set(() => {
        this.master = bits % 2 === 1;
      }),
    184: ([position = 0]) => (this.method === 'coin' ? ascii(COIN_NAMES[position - 1] ?? '......') : null),
    157: ([type = 0]) => (this.method === 'bill' ? ascii(BILL_NAMES[type - 1] ?? '.......') : null),
    156: () => [100, 0, 2],
    229: () => (this.method === 'coin' ? this.#list() : null),
    159: () => (this.method === 'bill' ? this.#list() : null),
    153: ([mode = 0]) =>
      this.method === 'bill'
        ? this.#set(() => {
            this.mode = mode;
          })
        : null,
    154: ([where = 0]) => this.#route(where),
  };
  #moving: { readonly type: number; readonly stack: boolean } | null = null;
  #buffer: number[] = [];

  constructor(options: FakeCcTalkOptions) {
    this.#o = options;
    this.method = options.method;
    this.address = options.address ?? (options.method === 'coin' ? 2 : 40);
  }

  /** Whether a routed bill is on its way. */
  get moving(): boolean {
    return this.#moving !== null;
  }

  get inhibited(): boolean {
    return !this.master || this.mask.every((byte) => byte === 0);
  }

  /** At the next requests of that header, one each. */
  will(header: number, ...misdeeds: readonly Misdeed[]): void {
    for (const does of misdeeds) this.#misdeeds.push({ header, does });
  }

  /** A coin or bill comes to the slot: false when it is not taken. */
  insert(position: number): boolean {
    const enabled = this.master && ((this.mask[position > 8 ? 1 : 0] ?? 0) & (1 << ((position - 1) % 8))) !== 0;
    if (!this.on || this.escrow !== null) return false;
    if (!enabled) {
      if (this.method === 'coin') this.event(0, 2);
      else this.event(0, 4);
      return false;
    }
    this.take(position);
    return true;
  }

  /** As `insert`, whether it is enabled or not: the slot was open a moment ago. */
  take(position: number): void {
    if (this.method === 'coin') this.event(position, 1);
    else if ((this.mode & 2) === 0) this.#stack(position);
    else {
      this.escrow = position;
      this.event(position, 1);
    }
  }

  event(a: number, b: number): void {
    this.counter = this.counter === 255 ? 1 : this.counter + 1;
    this.events = [[a, b] as const, ...this.events].slice(0, 5);
  }

  /** A routed bill gets where it goes. */
  arrive(): void {
    const moving = this.#moving;
    this.#moving = null;
    if (moving?.stack) this.#stack(moving.type);
    else if (moving) this.#giveBack(moving.type);
  }

  restart(): void {
    this.#change(() => {
      this.counter = 0;
      this.events = [];
      this.master = false;
      this.mask = [0, 0];
      this.mode = 0;
      this.escrow = null;
      this.#moving = null;
      this.#buffer = [];
    });
  }

  receive(bytes: Uint8Array): void {
    this.#buffer.push(...bytes);
    for (;;) {
      const [destination = 0, length = 0] = this.#buffer;
      if (this.#buffer.length < 5 || this.#buffer.length < length + 5) return;
      const frame = this.#buffer.splice(0, length + 5);
      if (destination === this.address && this.on) this.#request(frame);
    }
  }

  finish(): void {
    const left = this.#misdeeds.map(({ header, does }) => `never asked ${header} for ${JSON.stringify(does)}`);
    const all = [...this.#failures, ...left];
    if (all.length > 0) throw new RangeError(all.join('\n'));
  }

  #request(frame: readonly number[]): void {
    const [, length = 0, third = 0, header = 0] = frame;
    const data = frame.slice(4, 4 + length);
    const sum = frame.reduce((total, byte) => total + byte, 0) & 0xff;
    const crc = crcChecksum([this.address, length, header, ...data]);
    const good = this.#o.checksum === 'crc' ? crc === third + (frame.at(-1) ?? 0) * 256 : sum === 0 && third === 1;
    if (!good) {
      this.#failures.push(`a bad frame: ${frame.join(' ')}`);
      return;
    }
    this.asked.push(header);
    const at = this.#misdeeds.findIndex((misdeed) => misdeed.header === header);
    const [misdeed] = at === -1 ? [] : this.#misdeeds.splice(at, 1);
    const lacking = this.#o.lacks?.[header];
    this.#answer(header, data, misdeed?.does ?? lacking ?? null);
  }

  #answer(header: number, data: readonly number[], does: Misdeed | null): void {
    if (does === 'restart') this.restart();
    if (does === 'restart' || does === 'silence') return;
    const refusal = does === 'nak' ? 5 : does === 'busy' ? 6 : null;
    const reply = refusal !== null ? [] : typeof does === 'object' && does !== null ? does.data : this.#do(header, data);
    if (does === 'answer-lost') return;
    const sender = does === 'wrong-sender' ? this.address + 1 : this.address;
    const frame = this.#frame(reply ?? [], refusal ?? (reply === null ? 5 : 0), sender);
    if (does === 'bad-checksum') frame[frame.length - 1] = ((frame.at(-1) ?? 0) + 1) & 0xff;
    this.#send(frame, does);
  }

  #do(header: number, data: readonly number[]): readonly number[] | null {
    const answer = this.#answers[header];
    if (answer === undefined) this.#failures.push(`an unknown request ${header}`);
    return answer?.(data) ?? null;
  }

  #set(act: () => void): readonly number[] {
    this.#change(act);
    return [];
  }

  #list(): readonly number[] {
    return [this.counter, ...Array.from({ length: 5 }, (_, i) => this.events[i] ?? [0, 0]).flat()];
  }

  #route(where: number): readonly number[] {
    const type = this.escrow;
    if (type === null) return [254];
    if (this.events[0]?.[0] !== type || this.events[0]?.[1] !== 1)
      this.#failures.push('a route although the escrow is not the newest event');
    this.escrow = null;
    this.#moving = { type, stack: where === 1 };
    if (!this.slow) this.arrive();
    return [];
  }

  #stack(type: number): void {
    this.stacked.push(type);
    this.event(type, 0);
  }

  #giveBack(type: number): void {
    this.returned.push(type);
    this.event(0, 1);
  }

  #change(act: () => void): void {
    const before = this.inhibited;
    act();
    if (this.inhibited !== before) this.inhibits.push(this.inhibited);
  }

  #frame(data: readonly number[], header: number, sender: number): number[] {
    if (this.#o.checksum === 'crc') {
      const crc = crcChecksum([1, data.length, header, ...data]);
      return [1, data.length, crc & 0xff, header, ...data, crc >> 8];
    }
    const bytes = [1, data.length, sender, header, ...data];
    return [...bytes, (256 - (bytes.reduce((sum, byte) => sum + byte, 0) & 0xff)) & 0xff];
  }

  #send(frame: readonly number[], does: Misdeed | null): void {
    const { clock } = this.#o;
    const say = (bytes: readonly number[]) => {
      if (this.on) this.say(Uint8Array.from(bytes));
    };
    const after = does === 'late' ? LATE_MS : REPLY_MS;
    clock.after(after, () => {
      if (does === 'split') {
        say(frame.slice(0, 2));
        clock.after(PAUSE_MS, () => say(frame.slice(2)));
      } else say(does === 'noise-before' ? [0x01, 0xf0, 0x55, ...frame] : does === 'twice' ? [...frame, ...frame] : frame);
    });
  }
}
