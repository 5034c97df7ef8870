import type { ClipId } from '../clips.ts';

const MILLION = 1_000_000;
const PLACES = [
  [100_000, 'saen'],
  [10_000, 'muen'],
  [1_000, 'phan'],
  [100, 'roi'],
] as const;

/**
 * Thai for an integer from 0 to 10^12. Ten is สิบ and twenty ยี่สิบ, a final 1 below any higher digit is เอ็ด, and
 * whatever is counted in millions is said as a number of its own before ล้าน.
 */
export function thaiNumber(n: number): ClipId[] {
  if (n === 0) return ['n-0'];
  if (n < MILLION) return belowMillion(n, n > 9);
  return [...thaiNumber(Math.floor(n / MILLION)), 'lan', ...belowMillion(n % MILLION, true)];
}

function belowMillion(n: number, higherDigits: boolean): ClipId[] {
  const clips: ClipId[] = [];
  for (const [value, clip] of PLACES) {
    const digit = Math.floor(n / value) % 10;
    if (digit > 0) clips.push(`n-${digit}`, clip);
  }
  const tens = Math.floor(n / 10) % 10;
  if (tens > 1) clips.push(tens === 2 ? 'yi' : `n-${tens}`);
  if (tens > 0) clips.push('sip');
  const ones = n % 10;
  if (ones > 0) clips.push(ones === 1 && higherDigits ? 'et' : `n-${ones}`);
  return clips;
}
