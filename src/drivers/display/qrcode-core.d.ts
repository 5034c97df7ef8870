/** The parts of `qrcode` that are used one by one: its main module would load every renderer. */
declare module 'qrcode/lib/core/qrcode.js' {
  export { create } from 'qrcode';
}

declare module 'qrcode/lib/renderer/png.js' {
  export function renderToBuffer(
    symbol: { readonly modules: { readonly size: number; readonly data: Uint8Array } },
    options: { readonly margin: number; readonly scale: number },
    done: (error: Error | null, png: Buffer) => void,
  ): void;
}
