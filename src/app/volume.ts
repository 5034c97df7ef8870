import { volumePhrase } from '../domain/speech/volume-phrase.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker, Volume } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';

const FACT = 'speaker.volume';
const FIRST: Volume = 3;
const LEVELS: readonly Volume[] = [1, 2, 3, 4, 5];

/** How loud the box speaks; kept over restarts. */
export class VolumeControl {
  readonly #store: Store;
  readonly #speaker: Speaker;
  readonly #log: Log;

  constructor(store: Store, speaker: Speaker, log: Log) {
    this.#store = store;
    this.#speaker = speaker;
    this.#log = log;
  }

  start(): void {
    this.#speaker.setVolume(this.level());
  }

  level(): Volume {
    const kept = Number(this.#store.fact(FACT));
    return LEVELS.find((level) => level === kept) ?? FIRST;
  }

  /** One step louder or softer, within the range; in effect at once, and heard. @throws StoreFault */
  step(by: 1 | -1): void {
    const level = LEVELS.find((one) => one === this.level() + by);
    if (level !== undefined) {
      this.#store.commit({ entries: [], facts: { [FACT]: String(level) } });
      this.#speaker.setVolume(level);
    }
    const phrase = volumePhrase(this.level(), by);
    this.#speaker.say({ phrase, amount: null }).catch((error: unknown) => this.#log.warn('announcement.failed', { phrase, error }));
  }
}
