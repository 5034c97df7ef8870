import type { PcmSink } from '../../ports/pcm-sink.ts';
import { speakerClosed } from './faults.ts';

/** No loudspeaker: everything has been heard at once, by nobody. */
export class NoSink implements PcmSink {
  #closed = false;

  async write(_pcm: Int16Array): Promise<void> {
    if (this.#closed) throw speakerClosed();
  }

  async flush(): Promise<void> {
    if (this.#closed) throw speakerClosed();
  }

  cancel(): void {}

  async close(): Promise<void> {
    this.#closed = true;
  }
}
