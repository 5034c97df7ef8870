import { close, constants, open } from 'node:fs';
import { ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { DeviceFault } from '../../domain/fault.ts';
import { type Parity, type SerialSettings, setSerial } from './stty.ts';

export interface SerialLinkSettings extends Pick<SerialSettings, 'path' | 'baud'> {
  readonly parity: Parity;
}

/** What comes out of an open link, unasked. After `gone` there is nothing more. */
export interface SerialListener {
  bytes(bytes: Uint8Array): void;
  /** `serial-lost`: the port went away, as a USB plug that is pulled. */
  gone(fault: DeviceFault): void;
}

export interface SerialConnection {
  /** Resolves when the system has taken all of it. @throws DeviceFault `serial-lost` */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the port is free for the next; nothing is called back from then on. What was written is still sent. */
  close(): Promise<void>;
}

/** A serial port that one program talks to a device through. Opened anew after each loss, so that one plugged in again is found. */
export interface SerialLink {
  readonly path: string;
  /** Within five seconds. @throws DeviceFault `serial-missing`, `serial-refused`, `serial-not-opened`, `serial-not-set` */
  open(listener: SerialListener, signal: AbortSignal): Promise<SerialConnection>;
}

const MODE = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;
const openFile = promisify(open);
const closeFile = promisify(close);

/**
 * A serial port as a terminal of Node's: the event loop says when bytes are there, so that nothing runs while the device
 * is silent. Without flow control, or closing would wait in the kernel for a device that takes nothing.
 */
export function serialLink(settings: SerialLinkSettings): SerialLink {
  const { path } = settings;
  return {
    path,
    async open(listener, signal) {
      // Open first: some ports forget their settings when nobody has them open.
      const fd = await openFile(path, MODE).catch((error: NodeJS.ErrnoException) => {
        throw notOpened(path, error);
      });
      try {
        await setSerial({ ...settings, flow: 'none' }, signal);
        return connect(path, fd, listener);
      } catch (error) {
        await closeFile(fd);
        throw error;
      }
    },
  };
}

function connect(path: string, fd: number, listener: SerialListener): SerialConnection {
  const stream = terminal(path, fd);
  const closed = new Promise<void>((resolve) => void stream.once('close', () => resolve()));
  let over = false;
  const gone = (error?: Error) => {
    if (over) return;
    over = true;
    stream.destroy();
    listener.gone(lost(path, error));
  };
  stream.on('data', (bytes: Buffer) => {
    if (!over) listener.bytes(bytes);
  });
  stream.on('error', gone);
  stream.on('end', () => gone());
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (over) return reject(lost(path));
        stream.write(bytes, (error) => (error ? reject(lost(path, error)) : resolve()));
      }),
    async close() {
      over = true;
      stream.destroy();
      await closed;
    },
  };
}

function terminal(path: string, fd: number): ReadStream {
  try {
    return new ReadStream(fd);
  } catch (error) {
    throw notOpened(path, error as NodeJS.ErrnoException);
  }
}

const REASONS: Readonly<Record<string, { readonly code: string; readonly remedy: string }>> = {
  ENOENT: { code: 'serial-missing', remedy: 'Check that the device is plugged in, and the path of the port.' },
  ENXIO: { code: 'serial-missing', remedy: 'Check that the device is plugged in, and the path of the port.' },
  ENODEV: { code: 'serial-missing', remedy: 'Check that the device is plugged in, and the path of the port.' },
  EACCES: { code: 'serial-refused', remedy: 'Let the user that runs tilld use serial ports (group dialout).' },
  EPERM: { code: 'serial-refused', remedy: 'Let the user that runs tilld use serial ports (group dialout).' },
};

function notOpened(path: string, error: NodeJS.ErrnoException): DeviceFault {
  const { code, remedy } = REASONS[error.code ?? ''] ?? { code: 'serial-not-opened', remedy: 'Check the port and what else uses it.' };
  return new DeviceFault(`The serial port ${path} cannot be opened`, { code, found: error.code ?? error.message, remedy, cause: error });
}

const lost = (path: string, cause?: NodeJS.ErrnoException): DeviceFault =>
  new DeviceFault(`The serial port ${path} went away`, {
    code: 'serial-lost',
    found: cause?.code ?? 'its end',
    remedy: 'Check the plug and the power of the device.',
    cause,
  });
