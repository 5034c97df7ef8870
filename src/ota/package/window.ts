import type { FileHandle } from 'node:fs/promises';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { diskFault } from '../disk.ts';

/** Every read waits for another thread; this is large enough for that not to count, small enough for a processor's cache. */
const CHUNK_BYTES = 512 * 1024;
/** Of whoever read last. A new one for each of a thousand files would be garbage faster than it is collected. */
let spare: Buffer | null = null;

/** A stretch of an open file, read piece by piece: a package, or the archive inside it. */
export class FileWindow {
  readonly #handle: FileHandle;
  readonly #from: number;
  readonly size: number;
  readonly #onRead: (bytes: number) => void;

  /** `onRead` hears how many bytes each read brought. */
  constructor(handle: FileHandle, from: number, size: number, onRead: (bytes: number) => void) {
    this.#handle = handle;
    this.#from = from;
    this.size = size;
    this.#onRead = onRead;
  }

  /** A stretch of this stretch. */
  part(at: number, size: number): FileWindow {
    return new FileWindow(this.#handle, this.#from + at, size, this.#onRead);
  }

  /** Exactly so many bytes. @throws OtaFault `zip-truncated` when they are not there */
  async read(at: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    await this.#fill(bytes, at);
    return bytes;
  }

  /** All bytes from `at` on, in order. A chunk is overwritten by whatever is read next. @throws as `read` */
  async *chunks(at = 0, length = this.size - at): AsyncGenerator<Uint8Array> {
    const buffer = spare ?? Buffer.allocUnsafe(CHUNK_BYTES);
    spare = null;
    try {
      for (let done = 0; done < length; done += buffer.length) {
        const chunk = buffer.subarray(0, Math.min(buffer.length, length - done));
        await this.#fill(chunk, at + done);
        yield chunk;
      }
    } finally {
      spare = buffer;
    }
  }

  async #fill(bytes: Buffer, at: number): Promise<void> {
    if (at < 0 || at + bytes.length > this.size) throw truncated();
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, this.#from + at + done).catch((error: unknown) => {
        throw diskFault(error);
      });
      if (bytesRead === 0) throw truncated();
      done += bytesRead;
    }
    this.#onRead(bytes.length);
  }
}

const truncated = () =>
  new OtaFault('The archive ends too early', { code: 'zip-truncated', remedy: 'Get the file again: it was not copied as a whole.' });
