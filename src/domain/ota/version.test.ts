import { expect, test } from 'vitest';
import { parseVersion, runtimeCode } from './version.ts';

test.each([
  ['V1.0.0', 1_000_000],
  ['V0.0.0', 0],
  ['V1.2.3', 1_002_003],
  ['V2000.999.999', 2_000_999_999],
])('%s has code %i', (text, code) => {
  expect(parseVersion(text)).toEqual({ text, code });
});

test.each([
  '',
  'V1.0',
  'V1.0.0.0',
  '1.0.0',
  'v1.0.0',
  'V01.0.0',
  'V1.00.0',
  'V1.0.1000',
  'V2001.0.0',
  'V1.0.0 ',
  'V1.0.0\n',
  'V-1.0.0',
  'V１.0.0',
])('%j is no version', (text) => {
  expect(() => parseVersion(text)).toThrow(expect.objectContaining({ code: 'ota-version' }));
});

test.each([
  ['0.1.0', 1_000],
  ['V0.1.0', null],
  ['0.1', null],
  ['0.1.0-rc.1', null],
])('a runtime %s has code %s', (text, code) => {
  expect(runtimeCode(text)).toBe(code);
});
