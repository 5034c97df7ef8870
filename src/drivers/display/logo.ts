import { ConfigurationFault } from '../../domain/fault.ts';

const MOST_BYTES = 256 * 1024;
const MOST_PIXELS = 4_096;
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** What may stand before the root element: a byte order mark, white space, an XML declaration, comments. */
const SVG_START = /^\uFEFF?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--(?:(?!-->)[\s\S]){0,4000}-->\s*)*<svg[\s>]/;

/** A picture that has been looked at and can be drawn on a screen. */
export interface Logo {
  /** `data:image/png;base64,…` or `data:image/svg+xml;base64,…`. */
  readonly uri: string;
  /** Width over height; null when the picture does not say. */
  readonly ratio: number | null;
}

/**
 * Checks the operator's picture: a PNG of 1 to 4,096 pixels a side or an SVG, of at most 256 KiB. Displays draw it as a
 * picture in a picture, in which nothing runs and nothing is loaded.
 * @throws ConfigurationFault `logo-unusable`
 */
export function readLogo(bytes: Uint8Array): Logo {
  if (bytes.length > MOST_BYTES) throw unusable(`${bytes.length} bytes`, `at most ${MOST_BYTES}`);
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return pngLogo(bytes);
  return svgLogo(bytes);
}

function pngLogo(bytes: Uint8Array): Logo {
  // The header chunk comes first and is 13 bytes long, width and height leading (PNG specification 11.2.2).
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length >= 33 && view.getUint32(8) === 13 && view.getUint32(12) === 0x49484452;
  if (!whole) throw unusable('a PNG signature without a header behind it', 'a whole PNG file');
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (![width, height].every((side) => side >= 1 && side <= MOST_PIXELS)) {
    throw unusable(`a PNG of ${width} x ${height} pixels`, `1 to ${MOST_PIXELS} in width and height`);
  }
  return { uri: dataUri('image/png', bytes), ratio: width / height };
}

function svgLogo(bytes: Uint8Array): Logo {
  const source = utf8(bytes);
  if (source === null || !SVG_START.test(source)) throw unusable('neither a PNG nor an SVG', 'a PNG file, or an SVG in UTF-8');
  // Entities can grow a small file beyond any memory.
  if (/<!(DOCTYPE|ENTITY)/i.test(source)) throw unusable('an SVG with a document type', 'an SVG without <!DOCTYPE> and entities');
  const [, width, height] = /<svg[^>]*?\sviewBox="\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*"/.exec(source) ?? [];
  const ratio = Number(width) / Number(height);
  return { uri: dataUri('image/svg+xml', bytes), ratio: Number.isFinite(ratio) && ratio > 0 ? ratio : null };
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const dataUri = (type: string, bytes: Uint8Array): string => `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

const unusable = (found: string, expected: string) =>
  new ConfigurationFault('The logo cannot be shown', {
    code: 'logo-unusable',
    found,
    expected,
    remedy: 'Put another picture into ui/ of the resource package.',
  });
