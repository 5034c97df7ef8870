import { expect, test } from 'vitest';
import { readNumber } from '../../testkit/spoken-numbers.ts';
import { clipText } from './clips.ts';
import { LANGUAGES } from './language.ts';
import { numberClips } from './number.ts';

/** What shops take, whole: a hundred thousand baht, ten million rupiah or dong. */
const MOST = 10_000_000;

test.each(LANGUAGES)('every number up to ten million has its clips in %s, and is read back as itself', { timeout: 300_000 }, (language) => {
  const joint = language === 'th' || language === 'zh' ? '' : ' ';
  const wrong: number[] = [];
  for (let n = 0; n <= MOST && wrong.length < 10; n++) {
    const words = numberClips(n, language).map((clip) => clipText(clip, language) ?? `<no clip ${clip}>`);
    if (readNumber(words.join(joint), language) !== n) wrong.push(n);
  }
  expect(wrong).toEqual([]);
});
