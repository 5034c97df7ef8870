import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DisplayFault } from '../display-fault.ts';

/** Both with the lowest byte first: 5 bits red, 6 green, 5 blue; or a byte each and one that means nothing, red on top. */
export type PixelFormat = 'rgb565' | 'xrgb8888';

/** How the picture lies in a framebuffer's memory. */
export interface Geometry {
  /** Pixels of the panel as the kernel sees it, before any rotation. */
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next; more than the pixels need where the hardware wants rows aligned. */
  readonly stride: number;
  readonly format: PixelFormat;
}

const FORMATS: Readonly<Record<string, PixelFormat>> = { 16: 'rgb565', 32: 'xrgb8888' };
const LARGEST = 8_192;

/**
 * What the kernel says of a framebuffer in `{root}/sys/class/graphics/{device}`. The virtual size may be a multiple of
 * the panel's, for drivers that flip pages: then the mode tells the panel's own.
 * @throws DisplayFault `display-missing` or `display-unusable`
 */
export async function readGeometry(root: string, device: string): Promise<Geometry> {
  const folder = join(root, '/sys/class/graphics', device);
  const read = (file: string) => readFile(join(folder, file), 'latin1').then((text) => text.trim());
  const [virtual, bits, strideText, mode] = await Promise.all([
    ...['virtual_size', 'bits_per_pixel', 'stride'].map((file) => read(file).catch((error: unknown) => missing(join(folder, file), error))),
    Promise.all([read('mode').catch(() => ''), read('modes').catch(() => '')]).then(([now, first]) => now || first),
  ]);
  const [, virtualWidth, virtualHeight] = (/^(\d{1,5}),(\d{1,5})$/.exec(virtual ?? '') ?? []).map(Number);
  const format = FORMATS[bits ?? ''];
  const stride = Number(strideText);
  if (virtualWidth === undefined || virtualHeight === undefined || format === undefined) throw unusable(folder, virtual, bits, strideText);
  // "U:800x480p-60"
  const [, modeWidth = virtualWidth, modeHeight = virtualHeight] = (/^\w:(\d{1,5})x(\d{1,5})/.exec(mode ?? '') ?? []).map(Number);
  const width = Math.min(virtualWidth, modeWidth);
  const height = Math.min(virtualHeight, modeHeight);
  const fits = Number.isInteger(stride) && stride >= (width * Number(bits)) / 8 && stride <= 4 * LARGEST;
  if (!fits || width < 1 || height < 1 || width > LARGEST || height > LARGEST) throw unusable(folder, virtual, bits, strideText);
  return { width, height, stride, format };
}

function missing(file: string, cause: unknown): never {
  throw new DisplayFault('There is no such framebuffer', {
    code: 'display-missing',
    found: `${file}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
    remedy: 'Look under /sys/class/graphics which framebuffers there are; without a monitor at boot there may be none.',
    cause,
  });
}

const unusable = (folder: string, virtual = '', bits = '', stride = ''): DisplayFault =>
  new DisplayFault('The framebuffer is of a kind that cannot be drawn on', {
    code: 'display-unusable',
    found: `virtual_size ${virtual}, bits_per_pixel ${bits}, stride ${stride} in ${folder}`.slice(0, 300),
    expected: 'a width and height, 16 (RGB565) or 32 (XRGB8888) bits a pixel, and a stride that holds a row',
    remedy: 'Set the depth of the framebuffer to 16 or 32 bits, on a Raspberry Pi with framebuffer_depth in config.txt.',
  });
