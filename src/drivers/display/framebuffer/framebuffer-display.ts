import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { DisplayTarget } from '../../../ports/display.ts';
import type { Raster } from '../raster.ts';
import { type PixelDisplayOptions, RasterCanvas, type Surface } from '../raster-canvas.ts';
import { ScreenLoop } from '../screen-loop.ts';
import { gone, notOpened } from './faults.ts';
import { type Geometry, readGeometry } from './geometry.ts';
import { changedRows, framebufferBytes, type Rotation, turnedSize } from './pixels.ts';

export interface FramebufferDisplayOptions extends PixelDisplayOptions {
  /** `fb0`. */
  readonly device: string;
  readonly rotation: Rotation;
  /** In front of /sys and /dev; `/` on a box. */
  readonly root: string;
}

/**
 * A panel by Linux's framebuffer, in the size and the pixels its driver says. Only rows that change are written; once a
 * minute all are, for a console may write over them and another driver may take the panel over. Dark after `stop`: a
 * QR that nobody waits for must not be paid.
 */
export function framebufferDisplay(options: FramebufferDisplayOptions): DisplayTarget {
  const { look, clock, log } = options;
  return new ScreenLoop({ canvas: new RasterCanvas(new Framebuffer(options), look), clock, log });
}

class Framebuffer implements Surface {
  readonly name: string;
  readonly shared = true;
  readonly #o: FramebufferDisplayOptions;
  #panel: { readonly geometry: Geometry; readonly file: FileHandle } | null = null;
  /** What the panel shows as far as is known. */
  #bytes: Uint8Array | null = null;

  constructor(options: FramebufferDisplayOptions) {
    this.#o = options;
    this.name = `framebuffer ${options.device}`;
  }

  async size() {
    return turnedSize((await this.#open()).geometry, this.#o.rotation);
  }

  async paint(raster: Raster, afresh: boolean): Promise<void> {
    if (!this.#panel) throw gone(this.#o.device, new RangeError('it was let go'));
    const { geometry } = this.#panel;
    await this.#write(framebufferBytes(raster, geometry, this.#o.rotation), afresh ? null : this.#bytes, geometry.stride);
  }

  async close(): Promise<void> {
    if (!this.#panel) return;
    const { stride, height } = this.#panel.geometry;
    await this.#write(new Uint8Array(stride * height), this.#bytes, stride).finally(() => this.#drop());
  }

  /** Asks for the geometry each time: a monitor that is plugged in changes it, and a panel that goes away has none. */
  async #open() {
    const { root, device } = this.#o;
    const geometry = await readGeometry(root, device).catch(async (error: unknown) => {
      await this.#drop();
      throw error;
    });
    if (this.#panel && isDeepStrictEqual(this.#panel.geometry, geometry)) return this.#panel;
    await this.#drop();
    const path = join(root, '/dev', device);
    // Not made where it is missing: a plain file in /dev would take the pictures and show none.
    const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
      throw notOpened(path, error);
    });
    this.#panel = { geometry, file };
    return this.#panel;
  }

  async #write(bytes: Uint8Array, before: Uint8Array | null, stride: number): Promise<void> {
    this.#bytes = null;
    try {
      for (const [from, to] of changedRows(bytes, before, stride)) {
        for (let at = from; at < to; ) {
          const { bytesWritten = 0 } = (await this.#panel?.file.write(bytes, at, to - at, at)) ?? {};
          if (bytesWritten === 0) throw new RangeError(`nothing is taken at byte ${at}`);
          at += bytesWritten;
        }
      }
    } catch (cause) {
      await this.#drop();
      throw gone(this.#o.device, cause as NodeJS.ErrnoException);
    }
    this.#bytes = bytes;
  }

  /** The next picture opens the device anew: another one may stand in its place then. */
  async #drop(): Promise<void> {
    const panel = this.#panel;
    this.#panel = null;
    this.#bytes = null;
    await panel?.file.close().catch(() => {
      // Of a device that is gone there is nothing left to close.
    });
  }
}
