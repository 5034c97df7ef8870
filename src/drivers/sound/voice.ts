import { ConfigurationFault, DeviceFault } from '../../domain/fault.ts';
import type { Announcement } from '../../domain/speech/announcement.ts';
import type { Language } from '../../domain/speech/language.ts';
import { utterance } from '../../domain/speech/utterance.ts';
import type { Log } from '../../ports/log.ts';
import type { PcmSink } from '../../ports/pcm-sink.ts';
import type { Speaker } from '../../ports/speaker.ts';
import { speechStopped } from './faults.ts';
import { joinClips } from './join.ts';
import { findPack, type PackPlaces, type VoicePack } from './pack.ts';
import { beep, chime, toneFor } from './tone.ts';

/** So many wait at most: an hour of speech. */
const QUEUE_MOST = 1_000;

export interface VoiceOptions {
  readonly sink: PcmSink;
  readonly log: Log;
  readonly language: Language;
  /** 0 to 100. */
  readonly volume: number;
  /** Where packs are; the first place that has the language counts. */
  readonly packs: PackPlaces;
}

interface Waiting {
  readonly what: Announcement | 'beep';
  readonly done: PromiseWithResolvers<void>;
}

/**
 * Says announcements with recorded clips, one after the other. What waits is the announcement, not its sound. Where the
 * language has no pack, or a clip of the announcement is not usable, a chime and a tone stand for all of its words: an
 * amount is never spoken in part.
 */
export class Voice implements Speaker {
  readonly #o: VoiceOptions;
  #language: Language;
  #volume: number;
  #pack: { readonly places: string; readonly found: Promise<VoicePack | null> } | null = null;
  #queue: Waiting[] = [];
  #current: Waiting | null = null;
  #speaking = false;
  readonly #warned = new Set<string>();

  constructor(options: VoiceOptions) {
    this.#o = options;
    this.#language = options.language;
    this.#volume = options.volume;
  }

  /**
   * Resolves when it has been said.
   * @throws DeviceFault `speech-stopped`, `speech-queue-full`, or what the sink says
   */
  say(announcement: Announcement): Promise<void> {
    return this.#enqueue(announcement);
  }

  /** A plain note, in its turn. @throws DeviceFault as `say` */
  beep(): Promise<void> {
    return this.#enqueue('beep');
  }

  /** 0 to 100; takes effect with what is said next. */
  setVolume(percent: number): void {
    this.#volume = percent;
  }

  /** Takes effect with what is said next. The pack is looked for anew, also for the language that is spoken now. */
  setLanguage(language: Language): void {
    this.#language = language;
    this.#pack = null;
    this.#warned.clear();
  }

  /** Silence at once: what is being said and what waits end with DeviceFault `speech-stopped`. Later announcements are said again. */
  stop(): void {
    const stopped = [...(this.#current ? [this.#current] : []), ...this.#queue];
    this.#queue = [];
    this.#current = null;
    this.#o.sink.cancel();
    for (const { done } of stopped) done.reject(speechStopped());
  }

  #enqueue(what: Waiting['what']): Promise<void> {
    if (this.#queue.length >= QUEUE_MOST) {
      return Promise.reject(
        new DeviceFault('Too much waits to be said', { code: 'speech-queue-full', expected: `at most ${QUEUE_MOST} announcements` }),
      );
    }
    const waiting = { what, done: Promise.withResolvers<void>() };
    this.#queue.push(waiting);
    if (!this.#speaking) void this.#speak();
    return waiting.done.promise;
  }

  async #speak(): Promise<void> {
    this.#speaking = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      this.#current = next;
      try {
        await this.#play(next);
        next.done.resolve();
      } catch (error) {
        next.done.reject(error);
      }
      this.#current = null;
    }
    this.#speaking = false;
  }

  async #play(waiting: Waiting): Promise<void> {
    const clips = waiting.what === 'beep' ? [beep()] : await this.#clips(waiting.what);
    // Stopped while the clips were read.
    if (this.#current !== waiting) return;
    const sound = joinClips(clips, this.#volume);
    try {
      await this.#hear(sound);
    } catch (error) {
      // A device that went away while it was still is noticed at the first sound only; nothing of that is to be lost.
      const again = error instanceof DeviceFault && error.code === 'speaker-gone' && this.#current === waiting;
      if (!again) throw error;
      await this.#hear(sound);
    }
  }

  async #hear(sound: Int16Array): Promise<void> {
    await this.#o.sink.write(sound);
    await this.#o.sink.flush();
  }

  async #clips(announcement: Announcement): Promise<Int16Array[]> {
    const language = this.#language;
    const pack = await this.#packOf(language);
    if (pack === null) {
      this.#warnOnce(`${language} has no pack`, 'voice.no-pack', { language });
      return [chime(), toneFor(announcement.phrase)];
    }
    try {
      // One after the other: a damaged pack opens one file at a time.
      const clips: Int16Array[] = [];
      for (const id of utterance(announcement, language)) clips.push(await pack.clip(id));
      return clips;
    } catch (error) {
      if (!(error instanceof ConfigurationFault)) throw error;
      this.#warnOnce(error.explain(), 'voice.clip-unusable', { language, error });
      return [chime(), toneFor(announcement.phrase)];
    }
  }

  async #packOf(language: Language): Promise<VoicePack | null> {
    const { packs } = this.#o;
    const directories = typeof packs === 'function' ? await packs(language) : packs;
    const places = [language, ...directories].join('\n');
    if (this.#pack?.places !== places) {
      this.#warned.clear();
      const complain = (error: ConfigurationFault) => this.#warnOnce(error.explain(), 'voice.pack-unusable', { language, error });
      this.#pack = { places, found: findPack(directories, language, complain) };
    }
    return this.#pack.found;
  }

  #warnOnce(key: string, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#o.log.warn(event, fields);
  }
}
