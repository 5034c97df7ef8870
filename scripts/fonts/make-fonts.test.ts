import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FONT_FOLDER, SCRIPT_FONTS, SCRIPT_RUNS, type Script } from '../../src/drivers/display/fonts.ts';
import { charactersOfFont } from '../../src/testkit/font-characters.ts';
import { catalogueTexts, charactersOf } from './characters.ts';
import { FONT_FILES, makeFonts } from './make-fonts.ts';

const SCRIPTS = Object.keys(SCRIPT_FONTS) as Script[];
const sums = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );

test('assets/fonts is what `npm run fonts` makes, each time the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-make-fonts-'));
  try {
    let told = 0;
    await makeFonts(folder, () => told++);
    expect(told).toBe(FONT_FILES);
    expect(sums(folder)).toEqual(sums(FONT_FOLDER));
    await makeFonts(folder, () => {});
    expect(sums(folder)).toEqual(sums(FONT_FOLDER));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the fonts are small enough for an update over a mobile network, and have their licences beside them', () => {
  const files = readdirSync(FONT_FOLDER);
  const bytes = files.reduce((sum, file) => sum + statSync(join(FONT_FOLDER, file)).size, 0);
  expect(bytes).toBeLessThan(4_000_000);
  const licences = files.filter((file) => file.endsWith('-OFL.txt')).map((file) => readFileSync(join(FONT_FOLDER, file), 'utf8'));
  expect(licences).toHaveLength(3);
  for (const licence of licences) expect(licence).toMatch(/^Copyright [\s\S]*SIL OPEN FONT LICENSE Version 1\.1/);
});

describe.each(SCRIPTS)('the %s fonts', (script) => {
  it('have every character they are to have, in both faces', () => {
    for (const file of SCRIPT_FONTS[script].files) {
      const has = charactersOfFont(readFileSync(join(FONT_FOLDER, file)));
      expect(Array.from(charactersOf(script)).filter((character) => !has.has(character.codePointAt(0) ?? 0))).toEqual([]);
    }
  });
});

test('every character of every text catalogue is in the fonts of its script', () => {
  const texts = catalogueTexts();
  expect(texts.length).toBeGreaterThan(5 * 60);
  const sets = { latin: charactersOf('latin'), thai: charactersOf('thai'), han: charactersOf('han') };
  const scriptOf = (character: string): Script =>
    (['thai', 'han'] as const).find((script) => character.match(SCRIPT_RUNS[script])) ?? 'latin';
  const missing = Array.from(new Set(texts.join(''))).filter((character) => !sets[scriptOf(character)].includes(character));
  expect(missing).toEqual([]);
});

test('Chinese has the 3,755 characters of GB 2312 level 1 and its signs, nothing private', () => {
  const han = charactersOf('han');
  expect(Array.from(han.replace(/[^\p{Script=Han}]/gu, '')).length).toBeGreaterThanOrEqual(3_755);
  for (const character of '啊座的支付码。，！￥') expect(han).toContain(character);
  expect(han).not.toMatch(/[\p{Co}\u{fffd}]/u);
});
