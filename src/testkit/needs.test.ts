import { afterEach, expect, test, vi } from 'vitest';
import { needs, needsAll, needsWorking } from './needs.ts';

afterEach(() => void vi.unstubAllEnvs());

test('what is there is needed without a word', () => {
  vi.stubEnv('TILLD_NO_SKIP', '1');
  const there = { missing: false, why: '' };
  expect([needs(process.execPath, 'nodejs'), needsWorking('true must work', ['true']), needsAll()]).toEqual([there, there, there]);
});

test('what is missing is a reason to skip, and the title says which', () => {
  vi.stubEnv('TILLD_NO_SKIP', '');
  const missing = { missing: true, why: " (skipped: there is no /usr/bin/nothing; install Debian's nothing-tools)" };
  expect(needs('/usr/bin/nothing', 'nothing-tools')).toEqual(missing);
  expect(needsAll(needs(process.execPath, 'nodejs'), needs('/usr/bin/nothing', 'nothing-tools'))).toEqual(missing);
  expect(needsWorking('this fails here', ['false'])).toEqual({ missing: true, why: ' (skipped: this fails here)' });
});

test('where nothing may be skipped it is an error', () => {
  vi.stubEnv('TILLD_NO_SKIP', '1');
  expect(() => needs('/usr/bin/nothing', 'nothing-tools')).toThrow('there is no /usr/bin/nothing');
  expect(() => needsWorking('this fails here', ['/usr/bin/nothing'])).toThrow('this fails here');
});
