import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFault } from '../../domain/fault.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { InputEventReader, RECORD_BYTES } from './input-events.ts';
import { placeOf, type TouchMapping } from './touch-place.ts';
import { Touches } from './touches.ts';

/** A finger came down: a pixel of the picture. */
export interface Tap {
  readonly x: number;
  readonly y: number;
}

export interface EvdevTouchOptions {
  /** `event0`, or a link to it such as `by-path/…-event`, below /dev/input. */
  readonly device: string;
  /** In front of /dev; `/` on a box. */
  readonly root: string;
  readonly mapping: TouchMapping;
  /** Of the picture on the glass; null while it shows none, and nothing can be touched. */
  readonly picture: () => { readonly width: number; readonly height: number } | null;
  readonly onTap: (tap: Tap) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const POLL_MS = 20;
const RETRY_MS = 2_000;
/** In one poll; what a panel sends beyond that waits in the kernel. */
const RECORDS_MOST = 256;
const NO_BYTES = new Uint8Array();

/**
 * A touch panel by Linux's input events (64-bit kernels: 24 bytes each). A panel that is missing or unplugged is logged
 * once and tried again. It is asked every 20 ms: a read that waits would hold a thread of Node's pool for ever and keep
 * the process from ending, and Node can wait for pipes and sockets only.
 */
export class EvdevTouch {
  readonly #o: EvdevTouchOptions;
  readonly #buffer = Buffer.alloc(RECORDS_MOST * RECORD_BYTES);
  #fd: number | null = null;
  #reader = new InputEventReader();
  #touches = new Touches();
  #cancel: Cancel | null = null;
  #logged = '';

  constructor(options: EvdevTouchOptions) {
    this.#o = options;
  }

  start(): void {
    if (this.#cancel === null) this.#poll();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#close();
  }

  #poll(): void {
    let bytes: Uint8Array | null = null;
    try {
      this.#fd ??= this.#open();
      bytes = this.#read(this.#fd);
      this.#works();
    } catch (error) {
      this.#failed(faultOf(error as NodeJS.ErrnoException, this.#o.device));
    }
    this.#cancel = this.#o.clock.after(bytes === null ? RETRY_MS : POLL_MS, () => this.#poll());
    for (const event of this.#reader.read(bytes ?? NO_BYTES)) {
      const raw = this.#touches.take(event);
      const picture = raw && this.#o.picture();
      // A tap may be what ends it all.
      if (picture && this.#cancel !== null) this.#o.onTap(placeOf(raw, this.#o.mapping, picture));
    }
  }

  #open(): number {
    const fd = openSync(join(this.#o.root, '/dev/input', this.#o.device), constants.O_RDONLY | constants.O_NONBLOCK);
    this.#reader = new InputEventReader();
    this.#touches = new Touches();
    return fd;
  }

  #read(fd: number): Uint8Array {
    try {
      return this.#buffer.subarray(0, readSync(fd, this.#buffer));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return NO_BYTES;
      throw error;
    }
  }

  #works(): void {
    if (this.#logged !== '') this.#o.log.info('touch.works-again', { device: this.#o.device });
    this.#logged = '';
  }

  #failed(fault: DeviceFault): void {
    this.#close();
    if (this.#logged !== fault.code) this.#o.log.warn('touch.failed', { device: this.#o.device, error: fault });
    this.#logged = fault.code;
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = null;
    if (fd !== null) closeSync(fd);
  }
}

function faultOf(cause: NodeJS.ErrnoException, device: string): DeviceFault {
  const found = cause.code ?? cause.message;
  switch (cause.code) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return new DeviceFault(`There is no touch panel ${device}`, {
        code: 'touch-missing',
        found,
        remedy: 'Plug it in; /proc/bus/input/devices lists what there is, and names in /dev/input/by-path stay the same over restarts.',
        cause,
      });
    case 'EACCES':
    case 'EPERM':
      return new DeviceFault(`The touch panel ${device} may not be read`, {
        code: 'touch-forbidden',
        found,
        remedy: 'Let the user of tilld be in the group of the device, on Debian `input`.',
        cause,
      });
    default:
      return new DeviceFault(`The touch panel ${device} cannot be read`, {
        code: 'touch-failed',
        found,
        remedy: 'It is tried again.',
        cause,
      });
  }
}
