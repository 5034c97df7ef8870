import { DeviceFault } from '../domain/fault.ts';
import type { SerialConnection, SerialLink, SerialListener } from '../drivers/serial/serial-link.ts';
import type { ScriptedIctDevice } from './ict-device.ts';

/** A serial port with a scripted device at it, that can be pulled out and put back. */
export class IctLink implements SerialLink {
  readonly path = '/dev/ttyUSB0';
  /** How often it was opened. */
  opened = 0;
  readonly #device: ScriptedIctDevice;
  #plugged = true;
  #listener: SerialListener | null = null;

  constructor(device: ScriptedIctDevice) {
    this.#device = device;
    device.say = (bytes) => this.#listener?.bytes(bytes);
  }

  get inUse(): boolean {
    return this.#listener !== null;
  }

  async open(listener: SerialListener): Promise<SerialConnection> {
    if (!this.#plugged) throw new DeviceFault('The serial port cannot be opened', { code: 'serial-missing', found: 'ENOENT' });
    this.opened++;
    this.#listener = listener;
    const open = () => this.#listener === listener;
    return {
      write: async (bytes) => {
        if (!open()) throw gone();
        this.#device.receive(bytes);
      },
      close: async () => {
        if (open()) this.#listener = null;
      },
    };
  }

  plug(): void {
    this.#plugged = true;
  }

  unplug(): void {
    this.#plugged = false;
    const listener = this.#listener;
    this.#listener = null;
    listener?.gone(gone());
  }

  /** Writes fail from now on, and nobody has said why yet. */
  jam(): void {
    this.#listener = null;
  }
}

const gone = (): DeviceFault => new DeviceFault('The serial port went away', { code: 'serial-lost' });
