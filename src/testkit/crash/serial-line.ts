import { closeSync, constants, openSync, readSync } from 'node:fs';
import { openPty, type Pty } from '../pty.ts';

const NEAR = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

/** The wire between a device here and a box that comes and goes: what is said while nobody has the port open is lost, as on a real one. */
export class SerialLine {
  /** Gets what the box says. */
  hear: (bytes: Uint8Array) => void = () => undefined;
  #pty: Pty | null = null;
  #listened = false;

  async open(): Promise<void> {
    this.#pty = await openPty((bytes) => {
      this.#listened = true;
      this.hear(bytes);
    });
  }

  /** The port's device file, the same for as long as the line is open. */
  get path(): string {
    if (!this.#pty) throw new Error('the line is not open');
    return this.#pty.path;
  }

  readonly say = (bytes: Uint8Array): void => {
    if (this.#listened) this.#pty?.write(bytes);
  };

  /** The box is gone, and with it what it has not read; the next one is heard of when it speaks. */
  hangUp(): void {
    this.#listened = false;
    const near = openSync(this.path, NEAR);
    try {
      for (const rest = Buffer.alloc(4_096); readSync(near, rest) > 0; );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    } finally {
      closeSync(near);
    }
  }

  async close(): Promise<void> {
    await this.#pty?.close();
  }
}
