import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programFault } from './faults.ts';
import type { Gpiod } from './gpiod.ts';

/** A chunk this long was read because the FIFO (64 KiB) was full: then gpiomon had to wait, and the kernel to throw away. */
export const FULL_BYTES = 60_000;

export interface Fifo {
  /** For the program that writes; closed by `take`. */
  readonly writer: number;
  /** Begins to read, after the program has been started. The socket closes when the program has gone and all is read. */
  take(): Socket;
  /** Lets both ends go where nothing was started. */
  drop(): void;
}

/**
 * What gpiomon writes into. Not one of Node's pipes: those are sockets, which hold some 200 short lines, and a tilld that
 * is busy for 0.7 s lost four edges of five. A FIFO holds 64 KiB, 2,600 edges. It has a name only while it is opened.
 * @throws DeviceFault `gpio-failed`, and as `Gpiod.answer`
 */
export async function openFifo(gpiod: Gpiod): Promise<Fifo> {
  const folder = tryTo(() => mkdtempSync(join(tmpdir(), 'tilld-gpio-')));
  try {
    const path = join(folder, 'edges');
    await gpiod.answer(['mkfifo', '-m', '600', path]);
    const reader = tryTo(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    const writer = tryTo(() => openSync(path, constants.O_WRONLY), reader);
    return {
      writer,
      take: () => {
        closeSync(writer);
        return new Socket({ fd: reader, readable: true, writable: false });
      },
      drop: () => {
        closeSync(writer);
        closeSync(reader);
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `opened`: what has been opened before, and is closed when this fails. */
function tryTo<T>(act: () => T, opened?: number): T {
  try {
    return act();
  } catch (error) {
    if (opened !== undefined) closeSync(opened);
    throw programFault('The way from gpiomon to tilld cannot be made', error instanceof Error ? error.message : String(error));
  }
}
