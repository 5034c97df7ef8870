import { programPath, readFileAt } from '../../program-files.ts';
import { FONT_FOLDER, FontShelf, SCRIPT_FONTS, SCRIPT_RUNS, type Script } from './fonts.ts';
import { RasterFault } from './raster-fault.ts';

/** A picture: four bytes a pixel (red, green, blue, alpha, with the colours multiplied by alpha), rows from the top. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

export type Rasterise = (svg: string, width: number, height: number) => Promise<Raster>;
type Resvg = typeof import('@resvg/resvg-wasm');

let loaded: Promise<Resvg> | null = null;

/**
 * Draws an SVG of `width` by `height` pixels with the fonts of `assets/fonts`; its texts are in families of their
 * scripts whatever it asks for. The rasteriser is loaded at the first call, which takes some 150 ms; each further
 * frame takes 5 to 20 ms.
 * @throws RasterFault `rasteriser-missing`, `font-missing` or `svg-not-drawable`
 */
export const rasterise: Rasterise = rasteriserWith(FONT_FOLDER);

/** `rasterise` with the fonts of another folder. */
export function rasteriserWith(fontFolder: string): Rasterise {
  const shelf = new FontShelf(fontFolder);
  return async (svg, width, height) => {
    const [{ Resvg }, fontBuffers] = await Promise.all([resvg(), shelf.facesOf(scriptsOf(svg))]);
    try {
      return draw(new Resvg(withScripts(svg), { font: { fontBuffers, defaultFontFamily: SCRIPT_FONTS.latin.family } }), width, height);
    } catch (cause) {
      if (cause instanceof RasterFault) throw cause;
      throw notDrawable(String(cause), cause);
    }
  };
}

/** Draws and gives the memory back, which no garbage collector would. */
function draw(picture: InstanceType<Resvg['Resvg']>, width: number, height: number): Raster {
  try {
    const image = picture.render();
    try {
      if (image.width !== width || image.height !== height) throw notDrawable(`${image.width}x${image.height}, not ${width}x${height}`);
      return { width, height, rgba: image.pixels };
    } finally {
      image.free();
    }
  } finally {
    picture.free();
  }
}

/** The rasteriser, loaded once however many wait for it; after a failure the next caller tries again. */
function resvg(): Promise<Resvg> {
  loaded ??= load().catch((cause: unknown) => {
    loaded = null;
    throw new RasterFault('The rasteriser for screens cannot be loaded', {
      code: 'rasteriser-missing',
      found: (cause as Error).message,
      remedy: 'Install tilld again; in a checkout, run `npm ci`.',
      cause,
    });
  });
  return loaded;
}

async function load(): Promise<Resvg> {
  const module = await import('@resvg/resvg-wasm');
  await module.initWasm(await readFileAt(programPath('node_modules/@resvg/resvg-wasm/index_bg.wasm')));
  return module;
}

/** Text of an SVG: what stands between its tags. */
const WORDS = />([^<]+)</g;

/** The scripts a picture has words in. Fonts that are not needed would cost up to 3 ms a frame. */
function scriptsOf(svg: string): Script[] {
  const words = [...svg.matchAll(WORDS)].map(([, text]) => text).join('');
  return ['latin', ...(['thai', 'han'] as const).filter((script) => words.search(SCRIPT_RUNS[script]) >= 0)];
}

/**
 * Each run of another script gets its family: resvg looks for a missing letter in any font and takes the regular one
 * also for bold text. Widths need not be held to Noto Sans, and held ones would squeeze such runs.
 */
function withScripts(svg: string): string {
  return svg
    .replace(/ textLength="[^"]*" lengthAdjust="\w+"/g, '')
    .replace(WORDS, (_, words: string) => `>${familyRun(familyRun(saraAm(words), 'thai'), 'han')}<`);
}

const familyRun = (words: string, script: Exclude<Script, 'latin'>): string =>
  words.replace(SCRIPT_RUNS[script], (run) => `<tspan font-family="${SCRIPT_FONTS[script].family}">${run}</tspan>`);

/** SARA AM as the two signs it stands for, around a tone mark: resvg draws it whole without the room it takes. */
const saraAm = (words: string): string => words.replace(/([\u{e48}-\u{e4b}]?)\u{e33}/gu, '\u{e4d}$1\u{e32}');

const notDrawable = (found: string, cause?: unknown): RasterFault =>
  new RasterFault('The picture of a screen cannot be drawn', { code: 'svg-not-drawable', found, cause });
