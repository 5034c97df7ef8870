import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import subsetFont from 'subset-font';
import { SCRIPT_FONTS, type Script } from '../../src/drivers/display/fonts.ts';
import { charactersOf } from './characters.ts';

/** Package of each script's fonts, and the name its files begin with. */
const SOURCES: Readonly<Record<Script, readonly [folder: string, prefix: string]>> = {
  latin: ['@expo-google-fonts/noto-sans', 'NotoSans'],
  thai: ['@expo-google-fonts/noto-sans-thai', 'NotoSansThai'],
  han: ['@expo-google-fonts/noto-sans-sc', 'NotoSansSC'],
};
const FACES = ['400Regular', '700Bold'] as const;

/** Files in `assets/fonts`: each face, and each family's licence. */
export const FONT_FILES = Object.values(SCRIPT_FONTS).flatMap(({ files }) => files).length + Object.keys(SOURCES).length;

/**
 * Makes the fonts that screens are drawn with, in a directory: of each family the glyphs that tilld's texts and
 * languages need, and its licence. Each file is there whole or not at all; the same packages make the same bytes.
 * `onFile` is called after each file.
 */
export async function makeFonts(directory: string, onFile: () => void): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const keep = (file: string, bytes: Uint8Array): void => {
    const path = join(directory, file);
    writeFileSync(`${path}.tmp`, bytes);
    renameSync(`${path}.tmp`, path);
    onFile();
  };
  for (const script of Object.keys(SOURCES) as Script[]) {
    const [name, prefix] = SOURCES[script];
    const source = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    for (const [i, face] of FACES.entries()) {
      const whole = readFileSync(join(source, face, `${prefix}_${face}.ttf`));
      const subset = await subsetFont(whole, charactersOf(script), { targetFormat: 'sfnt', noHinting: true });
      keep(SCRIPT_FONTS[script].files[i] ?? face, subset);
    }
    keep(`${prefix}-OFL.txt`, readFileSync(join(source, 'LICENSE_FONT')));
  }
}
