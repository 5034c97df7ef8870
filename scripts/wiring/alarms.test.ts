import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ALARM_FACTS } from '../../src/app/standing-alarms.ts';

const ROOT = new URL('../../', import.meta.url);
const GUIDE = readFileSync(new URL('docs/alarms.md', ROOT), 'utf8');

/** Every code that a source file in or below the folder raises by its name. */
function raisedIn(folder: string): string[] {
  const files = readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [
      ...readFileSync(new URL(`${folder}/${file}`, ROOT), 'utf8').matchAll(/\b(?:raise\(|acceptorFault\(\S+, )'([a-z-]+)'/g),
    ])
    .map(([, code]) => code ?? '');
}

test('the guide says what to do at every alarm that the box or an acceptor raises', () => {
  const codes = new Set([...Object.keys(ALARM_FACTS), ...raisedIn('src/app'), ...raisedIn('src/drivers/acceptors')]);
  expect(codes.size).toBeGreaterThan(20);
  expect([...codes].filter((code) => !GUIDE.includes(`\`${code}\``))).toEqual([]);
});
