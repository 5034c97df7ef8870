import { open, rename, rm } from 'node:fs/promises';
import { ConfigurationFault, DeviceFault } from '../../domain/fault.ts';
import { SAMPLE_RATE } from '../../domain/speech/pack.ts';
import type { PcmSink } from '../../ports/pcm-sink.ts';
import { speakerClosed } from './faults.ts';
import { pcmWav } from './wav.ts';

/** Ten minutes, kept in memory until they are written. */
const SAMPLES_MOST = 600 * SAMPLE_RATE;

/** Collects sound and makes it a WAV file at close: the whole file or none. Nothing waits: what is written counts as heard. */
export class WavSink implements PcmSink {
  readonly #file: string;
  readonly #parts: Int16Array[] = [];
  #length = 0;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws DeviceFault `sound-too-long` beyond ten minutes */
  async write(pcm: Int16Array): Promise<void> {
    if (this.#closed) throw speakerClosed();
    if (this.#length + pcm.length > SAMPLES_MOST) {
      throw new DeviceFault('The sound is too long for one file', {
        code: 'sound-too-long',
        expected: `at most ${SAMPLES_MOST / SAMPLE_RATE} s`,
      });
    }
    this.#length += pcm.length;
    this.#parts.push(pcm.slice());
  }

  async flush(): Promise<void> {
    if (this.#closed) throw speakerClosed();
  }

  cancel(): void {}

  /** @throws ConfigurationFault `file-not-written` */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const samples = new Int16Array(this.#length);
    let at = 0;
    for (const part of this.#parts.splice(0)) {
      samples.set(part, at);
      at += part.length;
    }
    await replace(this.#file, pcmWav({ sampleRate: SAMPLE_RATE, samples }));
  }
}

async function replace(file: string, content: Uint8Array): Promise<void> {
  const beside = `${file}.tmp`;
  try {
    const handle = await open(beside, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {
      // What made the write fail is what its owner has to hear of.
    });
    throw new ConfigurationFault(`${file} cannot be written`, {
      code: 'file-not-written',
      found: (cause as Error).message,
      remedy: 'Name a file in a folder that exists and may be written to.',
      cause,
    });
  }
}
