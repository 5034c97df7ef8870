import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import type { Raster } from './raster.ts';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** 8 bits a sample, red, green and blue, not interlaced (PNG specification, 11.2.1). */
const FORMAT = [8, 2, 0, 0, 0];
/** Prediction from the row above (9.2): most rows of a screen are like it. */
const UP = 2;

/** A PNG of a picture without transparency. The same picture gives the same bytes. */
export async function encodePng({ width, height, rgba }: Raster): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(FORMAT, 8);
  const pixels = await promisify(deflate)(predicted(rgba, width, height));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** Rows of three bytes a pixel, each with the byte that names its prediction before it. */
function predicted(rgba: Uint8Array, width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  let to = 0;
  for (let y = 0; y < height; y++) {
    rows[to++] = UP;
    for (let from = 4 * y * width; from < 4 * (y + 1) * width; from += 4) {
      for (let i = from; i < from + 3; i++) rows[to++] = (rgba[i] ?? 0) - (y === 0 ? 0 : (rgba[i - 4 * width] ?? 0));
    }
  }
  return rows;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}
