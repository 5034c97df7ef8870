import { expect, test } from 'vitest';
import { example, item, paragraph, roff, title } from './roff.ts';

test.each([
  ['a plain word', 'a plain word'],
  ['--json', '\\-\\-json'],
  ['C:\\temp', 'C:\\(rstemp'],
  ['.conf is no request', '\\&.conf is no request'],
  ["first\n'second", "first\n\\&'second"],
  ['a – b €', 'a \\[u2013] b \\[u20AC]'],
  ['a half. .so', 'a half. .so'],
])('%j is written so that roff takes nothing of it for a request', (text, written) => {
  expect(roff(text)).toBe(written);
});

test('the parts of a page', () => {
  expect(title('tilld-launch', '1.2.3', 86_400)).toBe('.TH TILLD\\-LAUNCH 8 "1970-01-02" "tilld 1.2.3" "System administration"');
  expect(paragraph('.x')).toBe('.PP\n\\&.x');
  expect(item('--out DIR', 'Where to.')).toBe('.TP\n.B \\-\\-out DIR\nWhere to.');
  expect(example(['tilld run', '.x'])).toBe('.PP\n.nf\n.RS\ntilld run\n\\&.x\n.RE\n.fi');
});
