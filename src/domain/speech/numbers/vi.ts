import type { ClipId } from '../clips.ts';

const GROUPS = [
  [1_000_000_000, ['ty']],
  [1_000_000, ['trieu']],
  [1_000, ['nghin']],
  [1, []],
] as const;

/**
 * Vietnamese for an integer from 0 to 10^12 (which is "một nghìn tỷ"). A group after a higher one says its hundreds even
 * when there are none ("không trăm"), so that 1001 is not heard as 1100.
 */
export function vietnameseNumber(n: number): ClipId[] {
  if (n === 0) return ['n-0'];
  const clips: ClipId[] = [];
  let rest = n;
  for (const [value, unit] of GROUPS) {
    const count = Math.floor(rest / value);
    rest %= value;
    if (count === 0) continue;
    clips.push(...(count < 1_000 ? group(count, clips.length > 0) : vietnameseNumber(count)), ...unit);
  }
  return clips;
}

/** 1 to 999: lẻ where the tens are 0, mười for ten and mươi for tens, mốt and lăm for 1 and 5 after tens. */
function group(n: number, hundredsAlways: boolean): ClipId[] {
  const hundreds = Math.floor(n / 100);
  const tens = Math.floor(n / 10) % 10;
  const ones = n % 10;
  const clips = hundreds > 0 || hundredsAlways ? [`n-${hundreds}`, 'tram'] : [];
  if (tens === 0 && ones > 0 && clips.length > 0) clips.push('le');
  if (tens === 1) clips.push('n-10');
  if (tens > 1) clips.push(`n-${tens}`, 'muoi');
  if (ones === 1 && tens > 1) clips.push('mot');
  else if (ones === 5 && tens > 0) clips.push('lam');
  else if (ones > 0) clips.push(`n-${ones}`);
  return clips;
}
