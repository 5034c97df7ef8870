import { join } from 'node:path';
import { programPath, readFileAt } from '../../program-files.ts';
import { RasterFault } from './raster-fault.ts';

/** The fonts that come with tilld; `npm run fonts` makes them. */
export const FONT_FOLDER = programPath('assets/fonts');

/** A writing system with a family of its own, each in a regular and a bold face. */
export type Script = 'latin' | 'thai' | 'han';

interface ScriptFont {
  /** As SVG and the font's own name table say it. */
  readonly family: string;
  readonly files: readonly [regular: string, bold: string];
}

/** Which characters are another script's: Thai with the baht sign, which Noto Sans lacks; Chinese with its punctuation. */
export const SCRIPT_RUNS: Readonly<Record<Exclude<Script, 'latin'>, RegExp>> = {
  thai: /[\u{e01}-\u{e3a}\u{e3f}-\u{e5b}]+/gu,
  han: /[\p{Script=Han}\u{3000}-\u{303f}\u{ff00}-\u{ffef}]+/gu,
};

export const SCRIPT_FONTS: Readonly<Record<Script, ScriptFont>> = {
  latin: { family: 'Noto Sans', files: ['NotoSans-Regular.ttf', 'NotoSans-Bold.ttf'] },
  thai: { family: 'Noto Sans Thai', files: ['NotoSansThai-Regular.ttf', 'NotoSansThai-Bold.ttf'] },
  han: { family: 'Noto Sans SC', files: ['NotoSansSC-Regular.ttf', 'NotoSansSC-Bold.ttf'] },
};

/** Font files, each read once, when a text first needs it. */
export class FontShelf {
  readonly #folder: string;
  readonly #read = new Map<string, Promise<Uint8Array>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Both faces of each script. @throws RasterFault `font-missing`; the next call tries again */
  async facesOf(scripts: readonly Script[]): Promise<Uint8Array[]> {
    const faces: Uint8Array[] = [];
    for (const file of scripts.flatMap((script) => SCRIPT_FONTS[script].files)) faces.push(await this.#face(file));
    return faces;
  }

  #face(file: string): Promise<Uint8Array> {
    const known = this.#read.get(file);
    if (known) return known;
    const path = join(this.#folder, file);
    const face = readFileAt(path).catch((cause: NodeJS.ErrnoException) => {
      this.#read.delete(file);
      throw new RasterFault(`The font ${path} cannot be read`, {
        code: 'font-missing',
        found: cause.code ?? cause.message,
        remedy: 'Install tilld again; in a checkout, `npm run fonts` makes the fonts anew.',
        cause,
      });
    });
    this.#read.set(file, face);
    return face;
  }
}
