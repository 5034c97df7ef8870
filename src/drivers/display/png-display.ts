import { rename, rm, writeFile } from 'node:fs/promises';
import type { DisplayTarget } from '../../ports/display.ts';
import { DisplayFault } from './display-fault.ts';
import { encodePng } from './png.ts';
import type { Raster } from './raster.ts';
import { type PixelDisplayOptions, RasterCanvas, type Surface } from './raster-canvas.ts';
import { ScreenLoop } from './screen-loop.ts';

export interface PngDisplayOptions extends PixelDisplayOptions {
  readonly file: string;
  /** Pixels, 160 to 4,096 each. */
  readonly width: number;
  readonly height: number;
}

/** A PNG file that always holds the newest screen, whole: whoever reads it never sees half a picture. It stays after `stop`. */
export function pngDisplay(options: PngDisplayOptions): DisplayTarget {
  const { look, clock, log } = options;
  return new ScreenLoop({ canvas: new RasterCanvas(pngFile(options), look), clock, log });
}

function pngFile({ file, width, height }: PngDisplayOptions): Surface {
  return {
    name: `png ${file}`,
    shared: false,
    size: async () => ({ width, height }),
    paint: (raster) => replace(file, raster),
    close: async () => {},
  };
}

/** No fsync: the picture of a box that lost its power is of no use. */
async function replace(file: string, raster: Raster): Promise<void> {
  const beside = `${file}.tmp`;
  try {
    await writeFile(beside, await encodePng(raster));
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => {
      // What made the write fail is what its owner has to hear of.
    });
    throw new DisplayFault(`The picture ${file} cannot be written`, {
      code: 'picture-not-written',
      found: (cause as Error).message,
      remedy: 'Name a file in a folder that exists and may be written to.',
      cause,
    });
  }
}
