import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkDistinct, checkEntryName, checkPlace } from './entry-name.ts';

const codeOf = (check: () => void): string | null => {
  try {
    check();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each([
  ['cust/posparam.ini', null],
  ['cust/', null],
  ['mp3/th/จ่ายแล้ว.mp3', null],
  ['ui/a b (1)+@=,-.png', null],
  ['a'.repeat(255), null],
  ['..a/b..', null],
  ['', 'zip-name-length'],
  ['a'.repeat(256), 'zip-name-length'],
  ['จ'.repeat(86), 'zip-name-length'],
  ['cust\\a', 'zip-name-backslash'],
  ['/etc/passwd', 'zip-name-absolute'],
  ['C:/a', 'zip-name-absolute'],
  ['../a', 'zip-name-traversal'],
  ['cust/../../a', 'zip-name-traversal'],
  ['cust/..', 'zip-name-traversal'],
  ['cust//a', 'zip-name-segment'],
  ['cust/./a', 'zip-name-segment'],
  ['./cust', 'zip-name-segment'],
  ['cust/.', 'zip-name-segment'],
  ['cust//', 'zip-name-segment'],
  ['cust/ a', 'zip-name-segment'],
  ['cust/a ', 'zip-name-segment'],
  ['cust/a\u0000b', 'zip-name-character'],
  ['cust/a\nb', 'zip-name-character'],
  ['cust/a\u202eb', 'zip-name-character'],
  ['cust/a:b', 'zip-name-character'],
  ['cust/a*', 'zip-name-character'],
  ['cust/e\u0301', 'zip-name-encoding'],
  ['mp3/4111111111111111.mp3', 'zip-name-card-number'],
  ['ui/3782 822463 10005/a.png', 'zip-name-card-number'],
  ['mp3/4111111111111112.mp3', null],
])('the name %j: %s', (name, code) => {
  expect(codeOf(() => checkEntryName(name))).toBe(code);
});

test.each<[string[], string | null]>([
  [['cust/a', 'cust/b', 'cust/', 'mp3/a'], null],
  [['cust/a', 'cust/a'], 'zip-name-duplicate'],
  [['cust/a', 'cust/A'], 'zip-name-duplicate'],
  [['cust/straße', 'cust/STRASSE'], 'zip-name-duplicate'],
  [['cust/a', 'cust/a/'], 'zip-name-duplicate'],
  [['cust/a', 'cust/a/b'], 'zip-name-conflict'],
  [['cust/a/b/c', 'cust/A'], 'zip-name-conflict'],
])('the names %j together: %s', (names, code) => {
  expect(codeOf(() => checkDistinct(names))).toBe(code);
});

test.each([
  ['cust/a', null],
  ['key/', null],
  ['cust', 'zip-name-place'],
  ['other/a', 'zip-name-place'],
  ['resource.json', 'zip-name-place'],
])('the place of %s: %s', (name, code) => {
  expect(codeOf(() => checkPlace(name))).toBe(code);
});

test('no name that is accepted leads out of a folder', () => {
  const wild = fc
    .array(fc.constantFrom('..', '.', '/', '\\', 'a', 'ß', '\u0000', ' ', 'C:'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(wild, (name) => {
      if (codeOf(() => checkEntryName(name)) !== null) return;
      expect(posix.resolve('/stage', name)).toMatch(/^\/stage\/./);
    }),
  );
});
