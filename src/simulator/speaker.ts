import type { Announcement } from '../domain/speech/announcement.ts';
import { type ClipName, clipOf } from '../domain/speech/clip-names.ts';
import type { Language } from '../domain/speech/language.ts';
import { spokenText } from '../domain/speech/spoken-text.ts';
import { utterance } from '../domain/speech/utterance.ts';
import type { Clock } from '../ports/clock.ts';
import type { Speaker } from '../ports/speaker.ts';

/** What was said, with the wall time at which it began. */
export interface Spoken {
  readonly atMs: number;
  /** The words, in the language it was said in. */
  readonly text: string;
  /** The recorded clip that says it on a DS50, or null when there is none. */
  readonly clip: ClipName | null;
  /** Percent, 0 to 100. */
  readonly volume: number;
  /** Number of the sound that says it, or null when nothing is heard. */
  readonly sound: number | null;
}

/** Something to be heard. */
export interface RenderedSound {
  /** A WAV file. */
  readonly wav: Uint8Array;
  /** How long it lasts. */
  readonly ms: number;
}

/** Makes a sound of what is said; null where nothing can be heard. `volume` is percent, 0 to 100. */
export type Render = (what: Announcement | 'beep', language: Language, volume: number) => Promise<RenderedSound | null>;

const LINES = 1_000;
/** The newest so many sounds are kept to be listened to. */
const SOUNDS = 20;
const FIRST_VOLUME = 60;
/** About three words a second: how long what has no sound is being said. */
const MS_PER_WORD = 330;

/** A loudspeaker that writes down what it says, keeps what can be heard of it, and takes as long as saying it takes. */
export class SimulatedSpeaker implements Speaker {
  readonly #clock: Clock;
  readonly #render: Render;
  readonly #lines: Spoken[] = [];
  readonly #sounds = new Map<number, Uint8Array>();
  #newestSound = 0;
  #language: Language = 'en';
  #volume = FIRST_VOLUME;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, render: Render = async () => null) {
    this.#clock = clock;
    this.#render = render;
  }

  say(announcement: Announcement): Promise<void> {
    return this.#inTurn(announcement);
  }

  beep(): Promise<void> {
    return this.#inTurn('beep');
  }

  setVolume(percent: number): void {
    this.#volume = percent;
  }

  setLanguage(language: Language): void {
    this.#language = language;
  }

  /** The last lines said, oldest first. */
  transcript(): readonly Spoken[] {
    return this.#lines;
  }

  /** A sound as a WAV file, or null when it is not kept. */
  sound(number: number): Uint8Array | null {
    return this.#sounds.get(number) ?? null;
  }

  #inTurn(what: Announcement | 'beep'): Promise<void> {
    const said = this.#last.then(() => this.#speak(what));
    // Whoever wanted it said hears of a failure; what comes next is said in any case.
    this.#last = said.catch(() => {});
    return said;
  }

  async #speak(what: Announcement | 'beep'): Promise<void> {
    const [language, volume] = [this.#language, this.#volume];
    const { text, words } = wordsOf(what, language);
    const rendered = await this.#render(what, language, volume);
    const sound = rendered && this.#keep(rendered.wav);
    const clip = what === 'beep' ? null : clipOf(what.phrase);
    if (this.#lines.push({ atMs: this.#clock.wallMs(), text, clip, volume, sound }) > LINES) this.#lines.shift();
    await new Promise<void>((resolve) => void this.#clock.after(rendered?.ms ?? words * MS_PER_WORD, resolve));
  }

  #keep(wav: Uint8Array): number {
    const number = ++this.#newestSound;
    this.#sounds.set(number, wav);
    this.#sounds.delete(number - SOUNDS);
    return number;
  }
}

/** As text, and about how many words they are: some languages write them without spaces, and a phrase is one clip. */
function wordsOf(what: Announcement | 'beep', language: Language): { readonly text: string; readonly words: number } {
  if (what === 'beep') return { text: '(beep)', words: 1 };
  const clips = utterance(what, language);
  const text = spokenText(clips, language);
  return { text, words: Math.max(clips.length, text.split(' ').length) };
}
