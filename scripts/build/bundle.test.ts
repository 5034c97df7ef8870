import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { bundle, inAscii } from './bundle.ts';

test.each([
  ['a string', "'รับเงิน ฿20 🎉'"],
  ['a template', '`ครับ\u{2028}号`'],
  ['a needless escape', String.raw`'\é'`],
  ['an escaped backslash before it', String.raw`'\\é'`],
  ['three of them', String.raw`'\\\é'`],
  ['a pattern', "'xก๛y🎉'.replace(/[ก-๛]+|🎉/gu, '_')"],
])('%s in ASCII is the same program', (_, code) => {
  const ascii = inAscii(code);
  expect(ascii).toMatch(/^\p{ASCII}+$/u);
  const [before, after] = [code, ascii].map((program) => runInThisContext(program));
  expect(after).toBe(before);
});

test.each([
  ['a file', "import './none.ts';"],
  ['a package', "import 'no-such-package';"],
  ['a package that is wanted later', "await import('no-such-package');"],
  ['the rest of a statement', 'const'],
])('without %s nothing is made', async (_, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, code);
  await expect(bundle(folder, entry)).rejects.toThrow(expect.objectContaining({ code: 'bundle-incomplete' }));
  expect(readdirSync(folder)).toEqual(['entry.ts']);
});
