import { CallerFault } from '../fault.ts';
import { type ClipId, clipText } from './clips.ts';
import type { Language } from './language.ts';

/** What stands between two words, and before a phrase that follows an amount. */
const SPACING: Readonly<Record<Language, { readonly word: string; readonly phrase: string }>> = {
  th: { word: '', phrase: ' ' },
  id: { word: ' ', phrase: ', ' },
  vi: { word: ' ', phrase: ', ' },
  en: { word: ' ', phrase: ', ' },
  zh: { word: '', phrase: '，' },
};

/**
 * The words of an utterance as a sentence in the language's script and spacing, for transcripts and logs. Sounds without
 * words are left out.
 * @throws CallerFault `clip-unknown` for a clip that the language does not have
 */
export function spokenText(clips: readonly ClipId[], language: Language): string {
  let text = '';
  let before: ClipId | null = null;
  for (const clip of clips) {
    const words = textOf(clip, language);
    if (words === '') continue;
    text += before === null ? words : joint(before, clip, language) + words;
    before = clip;
  }
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function joint(before: ClipId, clip: ClipId, language: Language): string {
  if (clip.startsWith('phrase-')) return SPACING[language].phrase;
  const tensAndOnes = language === 'en' && /^n-[2-9]0$/.test(before) && /^n-[1-9]$/.test(clip);
  return tensAndOnes ? '-' : SPACING[language].word;
}

function textOf(clip: ClipId, language: Language): string {
  const text = clipText(clip, language);
  if (text !== undefined) return text;
  throw new CallerFault('The language has no such clip', { code: 'clip-unknown', found: clip, expected: `a clip of "${language}"` });
}
