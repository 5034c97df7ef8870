/** One record of Linux's input subsystem (linux/input.h); its time is not needed. */
export interface InputEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

/** Types and codes of linux/input-event-codes.h. */
export const EV = { SYN: 0, KEY: 1, ABS: 3 } as const;
export const SYN = { REPORT: 0, DROPPED: 3 } as const;
export const BTN_TOUCH = 0x14a;
export const ABS = { X: 0, Y: 1, MT_SLOT: 0x2f, MT_POSITION_X: 0x35, MT_POSITION_Y: 0x36, MT_TRACKING_ID: 0x39 } as const;

/** struct input_event on a 64-bit kernel, in the byte order of every board tilld runs on: 16 bytes of time, type, code, value. */
export const RECORD_BYTES = 24;
const AT = { type: 16, code: 18, value: 20 } as const;

/** Cuts bytes, however they are split, into records. */
export class InputEventReader {
  #rest: Uint8Array = new Uint8Array();

  *read(bytes: Uint8Array): Generator<InputEvent> {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % RECORD_BYTES);
    this.#rest = all.subarray(whole);
    for (let at = 0; at < whole; at += RECORD_BYTES) {
      yield {
        type: all.readUInt16LE(at + AT.type),
        code: all.readUInt16LE(at + AT.code),
        value: all.readInt32LE(at + AT.value),
      };
    }
  }
}
