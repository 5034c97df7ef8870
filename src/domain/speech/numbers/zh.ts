import type { ClipId } from '../clips.ts';

const PLACES = [
  [100_000_000, ['yi']],
  [10_000, ['wan']],
  [1_000, ['qian']],
  [100, ['bai']],
  [10, ['shi']],
  [1, []],
] as const;

/** Mandarin for an integer from 0 to 10^12 (which is 一万亿). 10 to 19 at the start are 十…, elsewhere 一十…. */
export function mandarinNumber(n: number): ClipId[] {
  if (n === 0) return ['n-0'];
  const clips = positive(n);
  return clips[0] === 'n-1' && clips[1] === 'shi' ? clips.slice(1) : clips;
}

/** The same where it counts something: 2 by itself is 两, as in 两元. */
export const mandarinCount = (n: number): ClipId[] => (n === 2 ? ['liang'] : mandarinNumber(n));

/** A gap of any length between two digits is one 零; 2 is 两 before 百, 千, 万 and 亿, and 二 elsewhere. */
function positive(n: number): ClipId[] {
  const clips: ClipId[] = [];
  let rest = n;
  let lastValue = 0;
  for (const [value, unit] of PLACES) {
    const count = Math.floor(rest / value);
    if (count === 0) continue;
    if (rest < lastValue / 10) clips.push('n-0');
    if (count > 9) clips.push(...positive(count));
    else clips.push(count === 2 && value >= 100 ? 'liang' : `n-${count}`);
    clips.push(...unit);
    rest %= value;
    lastValue = value;
  }
  return clips;
}
