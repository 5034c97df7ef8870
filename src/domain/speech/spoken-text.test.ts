import { expect, it } from 'vitest';
import { spokenText } from './spoken-text.ts';

it.each([
  [[], 'en', ''],
  [['chime'], 'th', ''],
  [['chime', 'n-20', 'n-1'], 'en', 'Twenty-one'],
  [['n-20', 'hundred', 'n-1'], 'en', 'Twenty hundred one'],
  [['n-5', 'ratus', 'n-5'], 'id', 'Lima ratus lima'],
  [['n-5', 'chime', 'roi'], 'th', 'ห้าร้อย'],
] as const)('%j in %s is "%s"', (clips, language, text) => {
  expect(spokenText(clips, language)).toBe(text);
});

it.each(['constructor', 'puluh', ''])('"%s" is no clip of English', (clip) => {
  expect(() => spokenText(['n-1', clip], 'en')).toThrow(expect.objectContaining({ code: 'clip-unknown', blame: 'caller', found: clip }));
});
