import { inflateSync } from 'node:zlib';

/** A picture as four bytes a pixel: red, green, blue, alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const SIGNATURE = '89504e470d0a1a0a';

/** Bytes a pixel by colour type, PNG specification 11.2.1: 2 is RGB (what browsers take pictures in), 6 is RGBA. */
const PIXEL_BYTES: Readonly<Record<string, number>> = { '0802000000': 3, '0806000000': 4 };

/** Reads a PNG of 8-bit RGB or RGBA pixels without interlacing (what a test expects to find), independently of the library that wrote it. */
export function readPng(file: Buffer): Picture {
  if (file.subarray(0, 8).toString('hex') !== SIGNATURE) throw new TypeError('not a PNG');
  const chunks = [...chunksOf(file)];
  const header = chunks[0]?.data ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const pixelBytes = PIXEL_BYTES[header.subarray(8, 13).toString('hex')];
  if (pixelBytes === undefined) throw new TypeError('not 8-bit RGB or RGBA without interlacing');
  const idat = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
  const samples = unfilter(inflateSync(Buffer.concat(idat)), width * pixelBytes, height, pixelBytes);
  return { width, height, data: pixelBytes === 4 ? samples : opaque(samples) };
}

function* chunksOf(file: Buffer) {
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    yield { type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

/** PNG specification, section 9: every row says how it was predicted from its left, upper and upper left neighbours. */
function unfilter(raw: Buffer, stride: number, height: number, pixelBytes: number): Uint8ClampedArray {
  const out = new Uint8ClampedArray(stride * height);
  const at = (row: number, x: number): number => (row < 0 || x < 0 ? 0 : (out[row * stride + x] ?? 0));
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const [left, up, corner] = [at(row, x - pixelBytes), at(row - 1, x), at(row - 1, x - pixelBytes)];
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      out[row * stride + x] = ((raw[row * (stride + 1) + 1 + x] ?? 0) + predicted) & 0xff;
    }
  }
  return out;
}

/** RGB with an alpha byte after every pixel. */
function opaque(rgb: Uint8ClampedArray): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) rgba.set(rgb.subarray(from, from + 3), to);
  return rgba;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
