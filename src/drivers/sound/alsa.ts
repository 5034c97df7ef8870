import { type BackoffLimits, fullJitter } from '../../domain/backoff.ts';
import { DeviceFault } from '../../domain/fault.ts';
import { SAMPLE_RATE } from '../../domain/speech/pack.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Log } from '../../ports/log.ts';
import type { PcmSink } from '../../ports/pcm-sink.ts';
import { Aplay, type Environment, notStarted } from './aplay.ts';
import { speakerClosed, speechStopped } from './faults.ts';
import { pcmBytes } from './wav.ts';

export interface AlsaOptions {
  /** As `aplay -L` lists them: `default`, `plughw:1,0`. */
  readonly device: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  /** With the PATH on which aplay is looked for. */
  readonly env: Environment;
}

/** From the pipe to the ear, when aplay has to be started first. */
const LATENCY_MS = 150;
/** aplay hands on whole quarters of its buffer of up to 500 ms: silence behind a sound pushes the last of it out. */
const TAIL_MS = 250;
/** The device begins when that buffer is full for the first time: a sound with its tail is never shorter than this. */
const SHORTEST_MS = 750;
/** How much later than it should the pipe may take a sound. */
const STALL_MS = 3_000;
/** How much later than it should aplay may have begun, and be waited for at the end. */
const DRAIN_MS = 2_000;
/** Between starts of an aplay that keeps dying. */
const BACKOFF: BackoffLimits = { baseMs: 1_000, capMs: 60_000 };

/**
 * A loudspeaker by ALSA's own player: one long-lived `aplay`, started at the first sound and again at the next one
 * after it died, at once the first time and then at growing intervals. A failure is logged once until sound works again.
 */
export class AlsaSink implements PcmSink {
  readonly #o: AlsaOptions;
  #aplay: Aplay | null = null;
  #closed = false;
  /** Monotonic time when all that was written will have been heard. */
  #overMs = 0;
  /** Samples written since the device was last still or flushed. */
  #sinceFlush = 0;
  /** Something was written and may still be in pipe or device. */
  #unheard = false;
  #failure: { readonly fault: DeviceFault; readonly waits: Iterator<number, never> | null; readonly retryMs: number } | null = null;

  constructor(options: AlsaOptions) {
    this.#o = options;
  }

  async write(pcm: Int16Array): Promise<void> {
    const aplay = this.#start();
    if (pcm.length === 0) return;
    this.#sinceFlush += pcm.length;
    this.#unheard = true;
    await this.#feed(aplay, pcm);
  }

  async flush(): Promise<void> {
    if (this.#closed) throw speakerClosed();
    const aplay = this.#aplay;
    if (aplay === null || this.#sinceFlush === 0) return;
    const overMs = this.#overMs;
    const shortest = (SHORTEST_MS * SAMPLE_RATE) / 1_000 - this.#sinceFlush;
    this.#sinceFlush = 0;
    await this.#feed(aplay, new Int16Array(Math.max((TAIL_MS * SAMPLE_RATE) / 1_000, shortest)));
    await this.#until(aplay, overMs + LATENCY_MS, new Promise<never>(() => {}));
    this.#unheard = false;
    this.#works();
  }

  cancel(): void {
    if (this.#unheard) void this.#drop(speechStopped());
  }

  /** What is being said is cut off; what was said is heard to its end where aplay has begun it late, but not waited for without end. */
  async close(): Promise<void> {
    this.#closed = true;
    const aplay = this.#aplay;
    if (aplay && !this.#unheard) {
      this.#aplay = null;
      const late = Promise.withResolvers<void>();
      const cancel = this.#o.clock.after(DRAIN_MS, late.resolve);
      await Promise.race([aplay.drain(), late.promise]);
      cancel();
      await aplay.stop(speechStopped());
      return;
    }
    await this.#drop(speechStopped());
  }

  /** The aplay that runs, or a new one. @throws DeviceFault while it is too early for a new one */
  #start(): Aplay {
    if (this.#closed) throw speakerClosed();
    if (this.#aplay) return this.#aplay;
    const now = this.#o.clock.monotonicMs();
    if (this.#failure && now < this.#failure.retryMs) throw this.#failure.fault;
    const aplay = this.#spawn();
    this.#aplay = aplay;
    this.#overMs = now;
    this.#sinceFlush = 0;
    void aplay.gone.then((fault) => {
      if (this.#aplay === aplay) this.#failed(fault);
    });
    return aplay;
  }

  #spawn(): Aplay {
    try {
      return new Aplay(this.#o.device, this.#o.env);
    } catch (error) {
      const fault = notStarted(error as NodeJS.ErrnoException);
      this.#failed(fault);
      throw fault;
    }
  }

  /** Lets aplay play samples; resolves when its pipe has taken them. */
  async #feed(aplay: Aplay, pcm: Int16Array): Promise<void> {
    this.#overMs = Math.max(this.#overMs, this.#o.clock.monotonicMs()) + (pcm.length * 1_000) / SAMPLE_RATE;
    if (await this.#until(aplay, this.#overMs + STALL_MS, aplay.feed(pcmBytes(pcm)))) return;
    const stalled = new DeviceFault(`The sound device ${this.#o.device} takes no sound`, { code: 'speaker-stalled' });
    void aplay.stop(stalled);
    this.#failed(stalled);
    throw stalled;
  }

  /** Waits for `done` (true) or a time (false). @throws DeviceFault when aplay is gone before */
  async #until(aplay: Aplay, atMs: number, done: Promise<void>): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const cancel = this.#o.clock.after(Math.max(0, atMs - this.#o.clock.monotonicMs()), () => late.resolve(false));
    const end = await Promise.race([aplay.gone, done.then(() => true as const), late.promise]);
    cancel();
    if (end instanceof DeviceFault) throw end;
    return end;
  }

  #failed(fault: DeviceFault): void {
    this.#aplay = null;
    const { clock, entropy, log } = this.#o;
    if (this.#failure === null) {
      log.warn('speaker.failed', { error: fault });
      this.#failure = { fault, waits: null, retryMs: 0 };
      return;
    }
    const waits = this.#failure.waits ?? fullJitter(BACKOFF, () => entropy.fraction());
    this.#failure = { fault, waits, retryMs: clock.monotonicMs() + waits.next().value };
  }

  #works(): void {
    if (this.#failure) this.#o.log.info('speaker.works-again');
    this.#failure = null;
  }

  async #drop(why: DeviceFault): Promise<void> {
    const aplay = this.#aplay;
    this.#aplay = null;
    this.#unheard = false;
    await aplay?.stop(why);
  }
}
