import type { Announcement } from './announcement.ts';

type Phrase = Announcement['phrase'];

/**
 * The recorded clip of the DS50's own audio set for each phrase; null where that set has none that says the same. A
 * resource package brings the clips as `mp3/<name>.mp3`. `card-unanswered` has none: the failure clip would promise
 * that nothing was paid; `received-many` has none, for a clip says no sum.
 */
const CLIPS = {
  received: 'dsp_transactionsucc',
  'received-many': null,
  delivered: null,
  failed: 'dsp_transactionfail',
  paired: null,
  amount: null,
  'present-card': null,
  'card-declined': 'dsp_transactionfail',
  'card-unanswered': null,
  'update-installing': 'dsp_upgrading',
  'update-done': 'dsp_updatesucc',
  'update-failed': 'dsp_updatefail',
  'volume-up': 'dsp_volumeup',
  'volume-down': 'dsp_volumedown',
  'volume-max': 'dsp_maxvolume',
  'volume-min': 'dsp_minvolume',
  test: null,
} as const satisfies Readonly<Record<Phrase, string | null>>;

export type ClipName = Exclude<(typeof CLIPS)[Phrase], null>;

/** The clip of a phrase, or null when it is said in words only. */
export const clipOf = (phrase: Phrase): ClipName | null => CLIPS[phrase];

const NAMES: ReadonlySet<string | null> = new Set(Object.values(CLIPS));

/** Whether a text names a clip that something is said with. */
export const isClipName = (text: string): text is ClipName => NAMES.has(text);
