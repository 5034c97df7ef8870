import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { luhn } from '../domain/card-data.ts';
import { needsWorking } from './needs.ts';

/** The card numbers that samples and tests may hold: those of the card schemes for tests. */
const TEST_NUMBERS = ['4111111111111111', '378282246310005'];

/**
 * Numbers that could be a card's: 13 to 19 digits that begin with 2 to 6, whole or in the groups that are printed on
 * cards, and pass the Luhn check. Digits next to letters, digits, dots or underscores belong to something else (a hash,
 * a fraction, a QR); only a track goes on with D or = and more digits.
 */
const CANDIDATE =
  /(?<![\w.])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{5})(?![A-CE-Za-z_\d]|\.\d|D(?!\d{7}))/g;

const cardNumbersIn = (text: string): string[] =>
  [...text.matchAll(CANDIDATE)]
    .map(([found]) => found.replaceAll(/\D/g, ''))
    .filter((digits) => luhn(digits) && !TEST_NUMBERS.includes(digits));

/** Some digits with the check digit behind them: made when the test runs, so that it does not find itself. */
const withCheckDigit = (digits: string): string => `${digits}${[...'0123456789'].find((last) => luhn(digits + last))}`;

describe('the search for card numbers', () => {
  const visa = withCheckDigit('453211234567890');
  const groups = (digits: string, separator: string) => digits.match(/.{1,4}/g)?.join(separator) ?? '';
  it.each([
    ['alone', visa],
    ['quoted', `{"cardNo":"${visa}"}`],
    ['at the end of a sentence', `It was ${visa}.`],
    ['in groups', groups(visa, ' ')],
    ['in groups with dashes', `no ${groups(visa, '-')},`],
    ['as a track', `"${visa}D27122010000"`],
    ['as a track of a stripe', `;${visa}=27122010000?`],
  ])('finds one %s', (_, text) => expect(cardNumbersIn(text)).toEqual([visa]));

  it.each([
    ['13 digits', withCheckDigit('422222222333')],
    ['15 digits', withCheckDigit('34123456789012')],
    ['19 digits', withCheckDigit('630412345678901234')],
  ])('finds %s', (_, number) => expect(cardNumbersIn(`x: ${number}\n`)).toEqual([number]));

  it.each([
    ['a number for tests', `${TEST_NUMBERS.join(' ')} 4111 1111 1111 1111 3782 822463 10005 "4111111111111111D2712201"`],
    ['a wrong check digit', `${visa.slice(0, -1)}${(Number(visa.at(-1)) + 1) % 10}`],
    ['a time in milliseconds', withCheckDigit('176722560000')],
    ['part of a hash', `a${visa} ${visa}f ${visa}d1`],
    ['a fraction', `0.${visa} ${visa}.5`],
    ['a longer number', `${visa}0000`],
  ])('leaves %s alone', (_, text) => expect(cardNumbersIn(text)).toEqual([]));
});

const root = join(import.meta.dirname, '../..');
const git = ['git', '-C', root] as const;
const need = needsWorking('the sources are not in a git checkout', [...git, 'rev-parse', '--git-dir']);

it.skipIf(need.missing)(`no file of the repository holds a card number but those for tests${need.why}`, () => {
  const names = execFileSync('git', [...git.slice(1), 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  const found: string[] = [];
  const texts = names.split('\0').filter((name) => name !== '' && isTextFile(join(root, name)));
  for (const name of texts) {
    // The hashes of a lock file are base64, in which digits may stand between slashes.
    const text = readFileSync(join(root, name), 'utf8').replaceAll(/"integrity": "[^"]*"/g, '');
    found.push(...cardNumbersIn(text).map((digits) => `${name}: ${digits.slice(0, 6)}…${digits.slice(-4)}`));
  }
  expect(texts).toContain('package.json');
  expect(found).toEqual([]);
});

/** Files that are being deleted, links to folders and binaries are none. */
function isTextFile(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.isFile() ?? false) && !readFileSync(path).subarray(0, 8_000).includes(0);
}
