import type { Language } from '../domain/speech/language.ts';
import type { Environment } from '../drivers/sound/aplay.ts';
import type { PackPlaces } from '../drivers/sound/pack.ts';
import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Log } from '../ports/log.ts';
import type { PcmSink } from '../ports/pcm-sink.ts';
import type { Speaker } from '../ports/speaker.ts';

/** A loudspeaker that is not the board's. */
export type SpeakerSettings =
  | { readonly driver: 'alsa'; readonly device: string }
  | { readonly driver: 'wav'; readonly file: string }
  | { readonly driver: 'none' };

export interface SpeakerParts {
  /** The virtual board's, which writes down what is said; null on a real one, which has none of its own. */
  readonly board: Speaker | null;
  readonly packs: PackPlaces;
  readonly language: Language;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly env: Environment;
}

/** What a box speaks with, and how to be done with it. */
export interface OwnSpeaker {
  readonly speaker: Speaker;
  /** Silence, and a file is written. @throws ConfigurationFault `file-not-written` */
  stop(): Promise<void>;
}

/** The loudspeaker that the configuration names, beside the board's; the board's alone where it names none, else none. */
export async function speakerOf(wanted: SpeakerSettings | undefined, parts: SpeakerParts): Promise<OwnSpeaker> {
  const { board, packs, language, log } = parts;
  if (wanted === undefined && board) return { speaker: board, stop: async () => {} };
  const sink = await sinkOf(wanted ?? { driver: 'none' }, parts);
  const { Voice } = await import('../drivers/sound/voice.ts');
  const voice = new Voice({ sink, log, language, volume: 100, packs });
  const stop = async () => {
    voice.stop();
    await sink.close();
  };
  return { speaker: board ? together(voice, board) : voice, stop };
}

async function sinkOf(wanted: SpeakerSettings, { clock, entropy, log, env }: SpeakerParts): Promise<PcmSink> {
  switch (wanted.driver) {
    case 'alsa': {
      const { AlsaSink } = await import('../drivers/sound/alsa.ts');
      return new AlsaSink({ device: wanted.device, clock, entropy, log, env });
    }
    case 'wav': {
      const { WavSink } = await import('../drivers/sound/wav-sink.ts');
      return new WavSink(wanted.file);
    }
    case 'none': {
      const { NoSink } = await import('../drivers/sound/no-sink.ts');
      return new NoSink();
    }
  }
}

/** Both say the same at the same time; it has been said when both are done. */
const together = (one: Speaker, other: Speaker): Speaker => ({
  say: async (announcement) => void (await Promise.all([one.say(announcement), other.say(announcement)])),
  beep: async () => void (await Promise.all([one.beep(), other.beep()])),
  setVolume: (percent) => {
    one.setVolume(percent);
    other.setVolume(percent);
  },
  setLanguage: (language) => {
    one.setLanguage(language);
    other.setLanguage(language);
  },
});
