import { type QrMatrix, QUIET_ZONE } from './qr-matrix.ts';

/** A PNG with `unit` whole pixels a module (1 to 40), the quiet zone included. */
export async function qrPng({ size, modules }: QrMatrix, unit: number): Promise<Uint8Array> {
  const { renderToBuffer } = await import('qrcode/lib/renderer/png.js');
  return new Promise((resolve, reject) => {
    renderToBuffer({ modules: { size, data: modules } }, { margin: QUIET_ZONE, scale: unit }, (error, png) =>
      error ? reject(error) : resolve(png),
    );
  });
}
