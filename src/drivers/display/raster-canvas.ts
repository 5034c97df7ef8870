import type { Screen } from '../../domain/screen.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ShownPicture } from '../../ports/display.ts';
import type { Log } from '../../ports/log.ts';
import type { Raster } from './raster.ts';
import type { Canvas } from './screen-loop.ts';
import type { RenderOptions } from './screen-svg.ts';

/** How screens look, apart from what the display itself decides. */
export type Look = Omit<RenderOptions, 'width' | 'height' | 'nowMonotonicMs'>;

/** What every display of pixels is given. */
export interface PixelDisplayOptions {
  /** Asked for each frame, so that a new language counts from the next one on. */
  readonly look: () => Look | Promise<Look>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Where pixels go. */
export interface Surface {
  readonly name: string;
  readonly shared: boolean;
  /** Of the picture it takes, pixels. @throws Fault */
  size(): Promise<{ readonly width: number; readonly height: number }>;
  /** Shows a picture of that size; `afresh` where its pixels may have been drawn over. @throws Fault */
  paint(raster: Raster, afresh: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Draws screens as pixels on a surface. What draws them is loaded with the first screen. */
export class RasterCanvas implements Canvas {
  readonly name: string;
  readonly counts = true;
  readonly shared: boolean;
  readonly #surface: Surface;
  readonly #look: PixelDisplayOptions['look'];
  /** What the surface shows. */
  #svg = '';

  constructor(surface: Surface, look: PixelDisplayOptions['look']) {
    this.name = surface.name;
    this.shared = surface.shared;
    this.#surface = surface;
    this.#look = look;
  }

  async draw(screen: Screen, nowMonotonicMs: number, afresh: boolean): Promise<ShownPicture> {
    const size = await this.#surface.size();
    const [{ renderScreen }, { rasterise }] = await Promise.all([import('./screen-svg.ts'), import('./raster.ts')]);
    const look = await this.#look();
    const { svg, touch } = await renderScreen(screen, { ...look, ...size, nowMonotonicMs });
    if (svg !== this.#svg || afresh) {
      this.#svg = '';
      await this.#surface.paint(await rasterise(svg, size.width, size.height), afresh);
      this.#svg = svg;
    }
    return { ...size, touch };
  }

  async close(): Promise<void> {
    this.#svg = '';
    await this.#surface.close();
  }
}
