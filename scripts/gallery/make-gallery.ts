import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Screen } from '../../src/domain/screen.ts';
import { LANGUAGES } from '../../src/domain/speech/language.ts';
import { encodePng } from '../../src/drivers/display/png.ts';
import { rasterise } from '../../src/drivers/display/raster.ts';
import { renderScreen } from '../../src/drivers/display/screen-svg.ts';
import { THEMES, titleOf } from './screens.ts';

export interface GalleryOptions {
  readonly out: string;
  readonly width: number;
  readonly height: number;
  readonly screens: readonly Screen[];
  /** Called after each picture. */
  readonly onPicture: () => void;
}

/** The clock of the pictures: QRs of the samples have some minutes left. */
const NOW_MS = 0;
const PAGE = new URL('./page.html', import.meta.url);

/** How many pictures a gallery has. */
export const picturesOf = (screens: readonly Screen[]): number => screens.length * LANGUAGES.length * Object.keys(THEMES).length;

/**
 * Draws every screen in every language and theme as a display shows it, and a page to look at them: `index.html` and
 * the PNG files `THEME/LANGUAGE/NN.png` it shows, over whatever of those names was there. Nothing is fetched from elsewhere.
 */
export async function makeGallery({ out, width, height, screens, onPicture }: GalleryOptions): Promise<void> {
  const touch: Record<string, readonly unknown[][]> = {};
  for (const [name, theme] of Object.entries(THEMES)) {
    for (const language of LANGUAGES) {
      const folder = join(out, name, language);
      mkdirSync(folder, { recursive: true });
      const areas: unknown[][] = [];
      for (const [i, screen] of screens.entries()) {
        const frame = await renderScreen(screen, { width, height, language, theme, touch: true, nowMonotonicMs: NOW_MS });
        writeFileSync(join(folder, fileOf(i)), await encodePng(await rasterise(frame.svg, width, height)));
        areas.push(frame.touch.map(({ key, left, top, width: across, height: down }) => [key, left, top, across, down]));
        onPicture();
      }
      touch[`${name}/${language}`] = areas;
    }
  }
  const titles = screens.map((screen, i) => ({ title: titleOf(screen), kind: screen.kind, file: fileOf(i) }));
  const data = { width, height, languages: LANGUAGES, themes: Object.keys(THEMES), screens: titles, touch };
  writeFileSync(
    join(out, 'index.html'),
    readFileSync(PAGE, 'utf8').replace('"DATA"', () => JSON.stringify(data).replaceAll('<', '\\u003c')),
  );
}

const fileOf = (index: number): string => `${String(index).padStart(2, '0')}.png`;
