import { describe, expect, test } from 'vitest';
import { LANGUAGES, type Language } from '../../../domain/speech/language.ts';
import { en } from './en.ts';
import { id } from './id.ts';
import type { ScreenTexts } from './screen-texts.ts';
import { th } from './th.ts';
import { vi } from './vi.ts';
import { zh } from './zh.ts';

const CATALOGUES: Readonly<Record<Language, ScreenTexts>> = { th, id, vi, en, zh };

/** Every text by its path, with something in the place of what is filled in. */
function leavesOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, value('<1>', '<2>')]];
  if (typeof value !== 'object' || value === null) throw new TypeError(`${path} is no text`);
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

const leaves = (language: Language) => new Map(leavesOf(CATALOGUES[language]));
const English = leaves('en');

/** Words that are the same in several languages: names, and what stands on keys. */
const COMMON = new Set(['qr', 'keys.ok']);
const NATIVE: Readonly<Record<Language, RegExp>> = {
  th: /\p{Script=Thai}/u,
  zh: /\p{Script=Han}/u,
  vi: /\p{Script=Latin}/u,
  id: /\p{Script=Latin}/u,
  en: /\p{Script=Latin}/u,
};
/** Names that are written in Latin letters everywhere. */
const LATIN_NAMES = /QR|PIN|OK|CLEAR|<\d>/g;

/** What says where things stand: no two may be taken for one another. */
const TITLES = [...English.keys()]
  .filter((path) => path.endsWith('.title'))
  .concat(['paid', 'announcement', 'chooseMethod', 'choose', 'welcome']);

describe.each(LANGUAGES)('%s', (language) => {
  const own = leaves(language);

  test('has every text, and none that the others do not have', () => {
    expect([...own.keys()].sort()).toEqual([...English.keys()].sort());
  });

  test('has no text that is empty, untrimmed or without letters of its own writing', () => {
    for (const [path, words] of own) {
      expect(words, path).toBe(words.trim().replace(/ {2,}/g, ' '));
      if (!COMMON.has(path)) expect(words.replace(LATIN_NAMES, ''), path).toMatch(NATIVE[language]);
    }
  });

  test('keeps what is filled in', () => {
    for (const [path, words] of English) {
      expect(own.get(path)?.match(/<\d>/g)?.sort(), path).toEqual(words.match(/<\d>/g)?.sort());
    }
  });

  test('says something else for each state', () => {
    const titles = TITLES.map((path) => own.get(path));
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });

  test('names each way to pay differently', () => {
    const names = [...own].filter(([path]) => path.startsWith('methods.')).map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(new Set(names).size).toBe(names.length);
  });
});

test.each(LANGUAGES.filter((language) => language !== 'en'))('%s has no English left', (language) => {
  const foreign = language === 'th' || language === 'zh' ? /[A-Za-z]/ : /(?<!\p{L})(the|please|your|you|and|is|not|pay)(?!\p{L})/iu;
  for (const [path, words] of leaves(language)) {
    if (!COMMON.has(path)) expect(words, path).not.toBe(English.get(path));
    expect(words.replace(LATIN_NAMES, ''), path).not.toMatch(foreign);
  }
});
