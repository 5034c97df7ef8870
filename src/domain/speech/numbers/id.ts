import type { ClipId } from '../clips.ts';

const GROUPS = [
  [1_000_000_000, 'miliar'],
  [1_000_000, 'juta'],
  [1_000, 'ribu'],
] as const;

/**
 * Indonesian for an integer from 0 to 10^12 (which is "seribu miliar"). One is `se-` in ten, eleven, a hundred and a
 * thousand, the last only when the thousands are exactly one: 101000 is "seratus satu ribu".
 */
export const indonesianNumber = (n: number): ClipId[] => (n === 0 ? ['n-0'] : positive(n));

function positive(n: number): ClipId[] {
  for (const [value, clip] of GROUPS) {
    if (n < value) continue;
    const count = Math.floor(n / value);
    const head = count === 1 && clip === 'ribu' ? ['seribu'] : [...positive(count), clip];
    return [...head, ...positive(n % value)];
  }
  if (n >= 200) return [`n-${Math.floor(n / 100)}`, 'ratus', ...belowHundred(n % 100)];
  return n >= 100 ? ['seratus', ...belowHundred(n - 100)] : belowHundred(n);
}

function belowHundred(n: number): ClipId[] {
  const ones = n % 10 === 0 ? [] : [`n-${n % 10}`];
  if (n < 10) return ones;
  if (n === 10) return ['sepuluh'];
  if (n === 11) return ['sebelas'];
  return n < 20 ? [...ones, 'belas'] : [`n-${Math.floor(n / 10)}`, 'puluh', ...ones];
}
