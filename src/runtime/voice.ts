import { join } from 'node:path';
import { Fault } from '../domain/fault.ts';
import type { Language } from '../domain/speech/language.ts';
import { MANIFEST_FILE, SAMPLE_RATE } from '../domain/speech/pack.ts';
import type { PackPlaces } from '../drivers/sound/pack.ts';
import type { Voice } from '../drivers/sound/voice.ts';
import { otaPaths } from '../ota/paths.ts';
import type { Log } from '../ports/log.ts';
import type { PcmSink } from '../ports/pcm-sink.ts';
import type { Updates } from '../ports/updates.ts';
import type { Render } from '../simulator/speaker.ts';

/** Where a resource package brings voices: a folder of this one for each language, as `tilld voice check` likes it. */
const PACKS_PATH = 'mp3/voice';

export interface VoiceSources {
  readonly updates: Pick<Updates, 'resource' | 'state'>;
  /** The box's state directory, below which the releases lie. */
  readonly stateDir: string;
  readonly log: Log;
}

/** The voice packs of the current resource release and, for languages it has none of, those that come with tilld. */
export function voicePacks(sources: VoiceSources): (language: Language) => Promise<readonly string[]> {
  return async (language) => {
    const { BUILT_IN_PACKS } = await import('../drivers/sound/pack.ts');
    const released = await releasedPacks(sources, language);
    return released === null ? [BUILT_IN_PACKS] : [released, BUILT_IN_PACKS];
  };
}

/** Makes sounds of what a box says with these packs. For one caller at a time, who waits for each sound before the next. */
export function voiceRenderer(packs: PackPlaces, log: Log): Render {
  const heard = new Heard();
  let voice: Voice | null = null;
  let spoken: Language | null = null;
  return async (what, language, volume) => {
    const [{ Voice }, { pcmWav }] = await Promise.all([import('../drivers/sound/voice.ts'), import('../drivers/sound/wav.ts')]);
    voice ??= new Voice({ sink: heard, log, language, volume, packs });
    if (language !== spoken) voice.setLanguage(language);
    spoken = language;
    voice.setVolume(volume);
    await (what === 'beep' ? voice.beep() : voice.say(what));
    const samples = heard.take();
    return { wav: pcmWav({ sampleRate: SAMPLE_RATE, samples }), ms: (samples.length * 1_000) / SAMPLE_RATE };
  };
}

/** The folder of the current resource release that has a pack of the language, or null. Asking for a file has the whole release looked at first. */
async function releasedPacks({ updates, stateDir, log }: VoiceSources, language: Language): Promise<string | null> {
  try {
    if ((await updates.resource(`${PACKS_PATH}/${language}/${MANIFEST_FILE}`)) === null) return null;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn('voice.release-unreadable', { language, error });
    return null;
  }
  const { current } = updates.state().slots.CUST;
  return current && join(otaPaths(stateDir).release('CUST', current.id), PACKS_PATH);
}

/** Keeps what was written last; nothing waits. */
class Heard implements PcmSink {
  #samples = new Int16Array();

  take(): Int16Array {
    const samples = this.#samples;
    this.#samples = new Int16Array();
    return samples;
  }

  async write(pcm: Int16Array): Promise<void> {
    this.#samples = pcm.slice();
  }

  async flush(): Promise<void> {}

  cancel(): void {}

  async close(): Promise<void> {}
}
