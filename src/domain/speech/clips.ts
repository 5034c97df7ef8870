import { LANGUAGES, type Language } from './language.ts';
import { EN } from './words/en.ts';
import { ID } from './words/id.ts';
import type { ClipTable, Word } from './words/table.ts';
import { TH } from './words/th.ts';
import { VI } from './words/vi.ts';
import { ZH } from './words/zh.ts';

/** Names a recording: ASCII kebab-case, unique inside a language (`n-5`, `puluh`, `currency-idr`, `phrase-received`). */
export type ClipId = string;

export interface Clip {
  readonly id: ClipId;
  /** What is said, in the language's own script; empty for the chime. */
  readonly text: string;
  /** What a synthesiser is given where it would misread `text`; for Chinese, pinyin with tone numbers. */
  readonly say?: string;
}

/** The sound before words about money; the one clip without words. */
export const CHIME: ClipId = 'chime';

const TABLES: Readonly<Record<Language, ClipTable>> = { th: TH, id: ID, vi: VI, en: EN, zh: ZH };

/** Every clip that a voice of the language must have; the words it can speak are these and no others. */
export function clipsOf(language: Language): readonly Clip[] {
  return [{ id: CHIME, text: '' }, ...Object.entries(TABLES[language]).map(([id, word]) => clip(id, word))];
}

const clip = (id: ClipId, word: Word): Clip => (typeof word === 'string' ? { id, text: word } : { id, text: word[0], say: word[1] });

const TEXTS = new Map(LANGUAGES.map((language) => [language, new Map(clipsOf(language).map(({ id, text }) => [id, text]))]));

/** The written words of a clip, empty for the chime; undefined when the language has no such clip. */
export const clipText = (id: ClipId, language: Language): string | undefined => TEXTS.get(language)?.get(id);
