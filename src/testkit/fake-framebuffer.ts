import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FramebufferShape {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly stride: number;
  /** Rows in memory, where they are more than the panel's. */
  readonly virtualHeight?: number;
}

/** A framebuffer of plain files below a root of its own: sysfs as the kernel writes it, and the bytes of the panel. */
export function fakeFramebuffer({ width, height, bits, stride, virtualHeight = height }: FramebufferShape) {
  const root = mkdtempSync(join(tmpdir(), 'tilld-fb-'));
  const sys = join(root, 'sys/class/graphics/fb0');
  const dev = join(root, 'dev/fb0');
  mkdirSync(sys, { recursive: true });
  mkdirSync(join(root, 'dev'));
  const fact = (name: string, value: string) => writeFileSync(join(sys, name), `${value}\n`);
  fact('virtual_size', `${width},${virtualHeight}`);
  fact('bits_per_pixel', String(bits));
  fact('stride', String(stride));
  fact('modes', `U:${width}x${height}p-0`);
  writeFileSync(dev, Buffer.alloc(stride * virtualHeight));
  const bytes = () => readFileSync(dev);
  return {
    root,
    fact,
    bytes,
    write: (content: Uint8Array) => writeFileSync(dev, content),
    /** A mark of what the panel shows, or null while it is dark or not there. */
    lit(): string | null {
      if (!existsSync(dev)) return null;
      const now = bytes();
      return now.every((byte) => byte === 0) ? null : createHash('sha256').update(now).digest('hex');
    },
    spoil: () => writeFileSync(dev, Buffer.alloc(stride * virtualHeight, 0x55)),
    unplug() {
      renameSync(sys, `${sys}-gone`);
      renameSync(dev, `${dev}-gone`);
    },
    plugIn() {
      renameSync(`${sys}-gone`, sys);
      renameSync(`${dev}-gone`, dev);
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}
