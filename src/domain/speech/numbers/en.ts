import type { ClipId } from '../clips.ts';

const GROUPS = [
  [1_000_000_000, 'billion'],
  [1_000_000, 'million'],
  [1_000, 'thousand'],
  [100, 'hundred'],
] as const;

/**
 * English for an integer from 0 to 10^12 (which is "one thousand billion"). With `and`, the British way: "one hundred
 * and one", "one thousand and one"; without it the American one.
 */
export function englishNumber(n: number, and: boolean): ClipId[] {
  for (const [value, clip] of GROUPS) {
    if (n < value) continue;
    const rest = n % value;
    const head = [...englishNumber(Math.floor(n / value), and), clip];
    if (rest === 0) return head;
    return [...head, ...(and && rest < 100 ? ['and'] : []), ...englishNumber(rest, and)];
  }
  if (n < 20) return [`n-${n}`];
  const tens = `n-${n - (n % 10)}`;
  return n % 10 === 0 ? [tens] : [tens, `n-${n % 10}`];
}
