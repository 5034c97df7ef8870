import { LANGUAGES, type Language } from '../domain/speech/language.ts';
import { volumePhrase } from '../domain/speech/volume-phrase.ts';
import type { Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { Acks } from './acks.ts';

export interface PreferencesOptions {
  readonly store: Store;
  readonly speaker: Speaker;
  readonly log: Log;
  readonly acks: Acks;
  /** What holds until somebody sets something else. */
  readonly language: Language;
  readonly heartbeatMs: number;
  /** Something that others show or keep time by has changed. */
  readonly changed: () => void;
}

const VERSION_FACT = 'settings.version';
const VOLUME_FACT = 'settings.volume';
const LANGUAGE_FACT = 'settings.language';
const HEARTBEAT_FACT = 'settings.heartbeat-seconds';
const FIRST_VOLUME = 60;
/** Percent that one press of a volume key makes. */
const STEP = 20;

/** How the box speaks and in which language: set by keys, commands and its backend, and kept over restarts. */
export class Preferences {
  readonly #o: PreferencesOptions;

  constructor(options: PreferencesOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.speaker.setVolume(this.volume());
    this.#o.speaker.setLanguage(this.language());
  }

  /** Percent, 0 to 100. */
  volume(): number {
    return Number(this.#o.store.fact(VOLUME_FACT) ?? FIRST_VOLUME);
  }

  language(): Language {
    const kept = this.#o.store.fact(LANGUAGE_FACT);
    return LANGUAGES.find((language) => language === kept) ?? this.#o.language;
  }

  heartbeatMs(): number {
    const kept = this.#o.store.fact(HEARTBEAT_FACT);
    return kept === null ? this.#o.heartbeatMs : Number(kept) * 1_000;
  }

  /** In effect at once. @throws StoreFault */
  setVolume(percent: number): void {
    this.#o.store.commit({ entries: [], facts: { [VOLUME_FACT]: String(percent) } });
    this.#o.speaker.setVolume(percent);
    this.#o.changed();
  }

  /** One step louder or softer, and heard. Keys never make a box silent; a backend may. @throws StoreFault */
  step(by: 1 | -1): void {
    const before = this.volume();
    const percent = by === 1 ? Math.min(100, before + STEP) : Math.min(before, Math.max(STEP, before - STEP));
    if (percent !== before) this.setVolume(percent);
    const phrase = volumePhrase(percent / STEP, by);
    this.#o.speaker.say({ phrase, amount: null }).catch((error: unknown) => this.#o.log.warn('announcement.failed', { phrase, error }));
  }

  /**
   * Settings from the backend: all of them or none, answered in the same commit, and only if their version is newer than
   * the last. @throws StoreFault: then it is not acknowledged and comes again
   */
  receive({ push, done }: Extract<Inbound, { kind: 'settings' }>): void {
    const { acks, log } = this.#o;
    const about = { kind: 'settings', version: push.version } as const;
    const last = Number(this.#o.store.fact(VERSION_FACT) ?? 0);
    if ('refusal' in push) {
      log.warn('settings.refused', { version: push.version, ...push.refusal });
      acks.answer({ about, state: 'refused', ...push.refusal });
    } else if (push.version <= last) {
      const reason = `version ${last} is in force`;
      acks.answer({ about, state: 'ignored', code: push.version === last ? 'settings-known' : 'settings-old', reason });
    } else {
      const { volume, language, heartbeatSeconds } = push.settings;
      const facts = {
        [VERSION_FACT]: String(push.version),
        ...(volume === undefined ? {} : { [VOLUME_FACT]: String(volume) }),
        ...(language === undefined ? {} : { [LANGUAGE_FACT]: language }),
        ...(heartbeatSeconds === undefined ? {} : { [HEARTBEAT_FACT]: String(heartbeatSeconds) }),
      };
      acks.answer({ about, state: 'done', code: '', reason: '' }, { facts });
      log.info('settings.applied', { version: push.version });
      this.start();
      this.#o.changed();
    }
    done();
  }
}
