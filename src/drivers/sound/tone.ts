import type { Announcement } from '../../domain/speech/announcement.ts';
import { SAMPLE_RATE } from '../../domain/speech/pack.ts';

interface Note {
  readonly hz: number;
  readonly ms: number;
  /** Rings out, as something struck does; otherwise it is held. */
  readonly struck?: boolean;
}

const PEAK = 16_000;
/** Every note swells and ends over so long, so that nothing clicks. */
const EDGE_MS = 8;

const samplesIn = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1_000);

function play(notes: readonly Note[]): Int16Array {
  const sounds = notes.map(({ hz, ms, struck = false }) => {
    const length = samplesIn(ms);
    const edge = samplesIn(EDGE_MS);
    return Int16Array.from({ length }, (_, i) => {
      const swell = Math.min(1, i / edge, (length - 1 - i) / edge);
      const ring = struck ? Math.exp((-4 * i) / length) : 1;
      return Math.round(PEAK * swell * ring * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE));
    });
  });
  const all = new Int16Array(sounds.reduce((length, sound) => length + sound.length, 0));
  let at = 0;
  for (const sound of sounds) {
    all.set(sound, at);
    at += sound.length;
  }
  return all;
}

/** Two struck notes that come before what is said. */
export const chime = (): Int16Array =>
  play([
    { hz: 988, ms: 160, struck: true },
    { hz: 1_319, ms: 360, struck: true },
  ]);

/** One plain note: "here I am". */
export const beep = (): Int16Array => play([{ hz: 1_000, ms: 250 }]);

type Meaning = 'good' | 'bad' | 'plain';

const MEANINGS: Partial<Readonly<Record<Announcement['phrase'], Meaning>>> = {
  received: 'good',
  'received-many': 'good',
  amount: 'good',
  delivered: 'good',
  paired: 'good',
  'update-done': 'good',
  'volume-up': 'good',
  failed: 'bad',
  'card-declined': 'bad',
  'card-unanswered': 'bad',
  'update-failed': 'bad',
  'volume-down': 'bad',
};

const TONES: Readonly<Record<Meaning, readonly Note[]>> = {
  good: [
    { hz: 523, ms: 140 },
    { hz: 659, ms: 140 },
    { hz: 784, ms: 260 },
  ],
  bad: [
    { hz: 392, ms: 240 },
    { hz: 294, ms: 420 },
  ],
  plain: [{ hz: 587, ms: 300 }],
};

/** What stands for a phrase that cannot be said in words: it rises for what went well and falls for what did not. */
export const toneFor = (phrase: Announcement['phrase']): Int16Array => play(TONES[MEANINGS[phrase] ?? 'plain']);
