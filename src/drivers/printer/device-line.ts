import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';
import type { Channel, Line, Listener } from './channel.ts';
import { offline, unreachable } from './faults.ts';

/** How long a device that has nothing to read, or no room to write, is left alone, milliseconds. */
const AGAIN_MS = 4;
const READ_BYTES = 256;
const CLOSE_MS = 1_000;
const MODE = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

/**
 * A printer behind a device file, such as `/dev/usb/lp0`. It is never waited for inside the kernel, where no signal and no
 * time limit would reach: the device says at once that it is not ready, and is asked again.
 */
export function deviceLine(path: string, clock: Clock): Line {
  return {
    bytesPerSecond: Number.POSITIVE_INFINITY,
    async open(listener, signal) {
      const handle = await open(path, MODE).catch((error: unknown) => {
        throw unreachable(path, error);
      });
      const channel = new DeviceChannel(path, handle, clock, listener);
      if (!signal.aborted) return channel;
      await channel.close();
      throw offline(`${path}: not opened in time`);
    },
  };
}

class DeviceChannel implements Channel {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #clock: Clock;
  readonly #listener: Listener;
  #closed = false;

  constructor(path: string, handle: FileHandle, clock: Clock, listener: Listener) {
    this.#path = path;
    this.#handle = handle;
    this.#clock = clock;
    this.#listener = listener;
    void this.#read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed; ) {
      const taken = await this.#try(async () => (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten);
      if (taken === 0) await this.#pause();
      at += taken;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = this.#handle.close().catch(() => {
      // A device that is gone cannot be closed either; nothing that was written depends on it.
    });
    // A serial port that still holds bytes which nobody takes may keep its closing waiting for half a minute.
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(CLOSE_MS, late.resolve);
    await Promise.race([closed, late.promise]);
    cancel();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    try {
      while (!this.#closed) {
        const length = await this.#try(async () => (await this.#handle.read(buffer, 0, READ_BYTES, null)).bytesRead);
        if (this.#closed) return;
        if (length === 0) await this.#pause();
        else this.#listener.bytes(buffer.slice(0, length));
      }
    } catch (error) {
      if (!this.#closed) this.#listener.gone(error as Error);
    }
  }

  /** Bytes that went through now: none while the device is not ready. @throws DeviceFault `printer-offline` */
  async #try(act: () => Promise<number>): Promise<number> {
    try {
      return await act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw unreachable(this.#path, error);
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(AGAIN_MS, resolve);
    });
  }
}
