/**
 * The bytes of the ICT protocol for bill acceptors (ICT104U and relatives, 9600 8E1): every message is one byte, or two
 * for a power-up and for a note. Source: ICT Protocol for RS232, V0.2 and V0.3.
 */
export const ICT_HOST = {
  /** The answer to a power-up, due within 2 s. The same byte stacks a held note, so it is never sent on suspicion. */
  sync: 0x02,
  stack: 0x02,
  status: 0x0c,
  giveBack: 0x0f,
  hold: 0x18,
  reset: 0x30,
  enable: 0x3e,
  disable: 0x5e,
} as const;

export type IctMessage =
  | { readonly kind: 'power-up' }
  /** A note is in escrow; `channel` 1 to 5, or null when what came is none of them. */
  | { readonly kind: 'note'; readonly channel: number | null }
  | { readonly kind: 'stacked' }
  | { readonly kind: 'returned' }
  | { readonly kind: 'status'; readonly state: 'enabled' | 'inhibited' | 'busy' }
  | { readonly kind: 'error'; readonly code: string; readonly detail: string }
  /** All errors are over. */
  | { readonly kind: 'cleared' }
  /** A note was not good enough to be held. */
  | { readonly kind: 'refused' }
  /** A byte that means nothing here; 0 also stands for one whose parity was wrong. */
  | { readonly kind: 'noise'; readonly byte: number };

const POWER_UP = [0x80, 0x8f] as const;
const NOTE = 0x81;
const FIRST_CHANNEL = 0x40;
const CHANNELS = 5;

const error = (code: string, detail: string): IctMessage => ({ kind: 'error', code, detail });

// biome-ignore format: a table
const MESSAGES: ReadonlyMap<number, IctMessage> = new Map<number, IctMessage>([
  [0x10, { kind: 'stacked' }],
  [0x11, { kind: 'returned' }],
  [0x20, error('bill-motor',      'the motor of the bill acceptor does not work')],
  [0x21, error('bill-checksum',   'the bill acceptor finds its own program or bill table damaged')],
  [0x22, error('bill-jam',        'a bill is jammed')],
  [0x23, error('bill-removed',    'a bill was pulled out on its way, or taken out of the acceptor')],
  [0x24, error('stacker-open',    'the stacker is open or not in its place')],
  [0x25, error('bill-sensor',     'a sensor of the bill acceptor is blocked or broken')],
  [0x27, error('bill-fishing',    'somebody tried to pull a bill out by a string')],
  [0x28, error('stacker-failed',  'the stacker is full or does not work')],
  [0x29, { kind: 'refused' }],
  [0x2a, error('command-refused', 'the bill acceptor did not understand what it was told')],
  [0x2f, { kind: 'cleared' }],
  [0x3e, { kind: 'status', state: 'enabled' }],
  [0x5e, { kind: 'status', state: 'inhibited' }],
  [0x71, { kind: 'status', state: 'busy' }],
]);

/**
 * How long the second byte of a message may take, ms. On the line it follows within 2 ms and a USB adapter keeps it for
 * 16; a garbled note waits 5 s for an answer.
 */
export const ICT_SECOND_BYTE_MS = 500;

/** Turns bytes into messages, one at a time and in whatever chunks they come. Nothing is guessed: an odd byte is noise. */
export class IctDecoder {
  #first: typeof NOTE | (typeof POWER_UP)[0] | null = null;

  /** Whether a message waits for its second byte; `lull` ends it. */
  get open(): boolean {
    return this.#first !== null;
  }

  byte(byte: number): readonly IctMessage[] {
    const first = this.#first;
    this.#first = null;
    if (first === null) return this.#begin(byte);
    if (first === POWER_UP[0])
      return byte === POWER_UP[1] ? [{ kind: 'power-up' }] : [{ kind: 'noise', byte: first }, ...this.#begin(byte)];
    const channel = byte - FIRST_CHANNEL + 1;
    if (channel >= 1 && channel <= CHANNELS) return [{ kind: 'note', channel }];
    // Something is held whatever the byte after it was; one that is a message of its own is also that.
    const known = byte === NOTE || byte === POWER_UP[0] || MESSAGES.has(byte);
    return [{ kind: 'note', channel: null }, ...(known ? this.#begin(byte) : [])];
  }

  /** Nothing came for `ICT_SECOND_BYTE_MS`. */
  lull(): readonly IctMessage[] {
    const first = this.#first;
    this.#first = null;
    if (first === null) return [];
    return first === NOTE ? [{ kind: 'note', channel: null }] : [{ kind: 'noise', byte: first }];
  }

  #begin(byte: number): readonly IctMessage[] {
    if (byte === NOTE || byte === POWER_UP[0]) {
      this.#first = byte;
      return [];
    }
    return [MESSAGES.get(byte) ?? { kind: 'noise', byte }];
  }
}
