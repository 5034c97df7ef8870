import { describe, expect, it } from 'vitest';
import { clipsOf, clipText } from './clips.ts';
import { LANGUAGES } from './language.ts';

/** What the words of a language are written with, punctuation aside. */
const SCRIPTS = {
  th: /^[\p{Script=Thai} ]+$/u,
  id: /^[a-z, ]+$/,
  vi: /^[\p{Script=Latin}, ]+$/u,
  en: /^[a-z, ]+$/,
  zh: /^[\p{Script=Han}，]+$/u,
};

describe.each(LANGUAGES)('the clips of %s', (language) => {
  const clips = clipsOf(language);

  it('have names of their own, fit for files', () => {
    const ids = clips.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('are one chime and words in the native script', () => {
    expect(clips.filter(({ text }) => text === '').map(({ id }) => id)).toEqual(['chime']);
    expect(clips.filter(({ id, text }) => id !== 'chime' && !SCRIPTS[language].test(text))).toEqual([]);
    expect(clips.filter(({ text }) => text !== text.normalize('NFC') || text !== text.trim())).toEqual([]);
  });

  it('say no word twice', () => {
    const said = clips.filter(({ id }) => !id.endsWith('-minor') && !id.endsWith('-minor-one')).map(({ text }) => text);
    expect(new Set(said).size).toBe(said.length);
  });
});

it('Mandarin gives a synthesiser one syllable with its tone for every character', () => {
  for (const { id, text, say } of clipsOf('zh').slice(1)) {
    const syllables = say?.split(/,? /) ?? [];
    expect(syllables.length, id).toBe([...text.replaceAll('，', '')].length);
    expect(syllables.filter((syllable) => !/^[a-z]+[1-5]$/.test(syllable))).toEqual([]);
    expect(say?.split(',').length, id).toBe(text.split('，').length);
  }
});

it('a clip that a language lacks has no text', () => {
  expect([clipText('puluh', 'id'), clipText('puluh', 'th'), clipText('constructor', 'en')]).toEqual(['puluh', undefined, undefined]);
});
