import { DeviceFault } from '../domain/fault.ts';
import type { SerialConnection, SerialLink, SerialListener } from '../drivers/serial/serial-link.ts';
import type { FakeCcTalkDevice } from './cctalk-device.ts';

/** The single wire of a ccTalk bus: everybody hears everything, the host itself too unless its adapter hides that. */
export class CcTalkWire {
  echo = true;
  /** Bytes in which each echo is changed, one request each. */
  readonly collisions: number[] = [];
  readonly devices: readonly FakeCcTalkDevice[];
  toHost: (bytes: Uint8Array) => void = () => undefined;

  constructor(...devices: readonly FakeCcTalkDevice[]) {
    this.devices = devices;
    for (const device of devices) device.say = (bytes) => this.toHost(bytes);
  }

  fromHost(bytes: Uint8Array): void {
    const collision = this.collisions.shift();
    const heard = collision === undefined ? bytes : bytes.map((byte, i) => (i === collision ? byte ^ 0x40 : byte));
    if (this.echo) this.toHost(heard);
    if (collision !== undefined) return;
    for (const device of this.devices) device.receive(bytes);
  }
}

/** A port at such a wire, that can be pulled out and put back, or is not there for a reason of its own. */
export class CcTalkLink implements SerialLink {
  readonly path = '/dev/serial0';
  readonly #wire: CcTalkWire;
  #refuses: string | null = null;
  #listener: SerialListener | null = null;
  opened = 0;

  constructor(wire: CcTalkWire) {
    this.#wire = wire;
    wire.toHost = (bytes) => this.#listener?.bytes(bytes);
  }

  get inUse(): boolean {
    return this.#listener !== null;
  }

  async open(listener: SerialListener): Promise<SerialConnection> {
    this.opened++;
    if (this.#refuses !== null) throw new DeviceFault('The serial port cannot be opened', { code: this.#refuses, found: this.path });
    this.#listener = listener;
    const open = () => this.#listener === listener;
    return {
      write: async (bytes) => {
        if (!open()) throw gone();
        this.#wire.fromHost(bytes);
      },
      close: async () => {
        if (open()) this.#listener = null;
      },
    };
  }

  unplug(code = 'serial-missing'): void {
    this.#refuses = code;
    const listener = this.#listener;
    this.#listener = null;
    listener?.gone(gone());
  }

  plug(): void {
    this.#refuses = null;
  }
}

const gone = (): DeviceFault => new DeviceFault('The serial port went away', { code: 'serial-lost', found: 'its end' });
