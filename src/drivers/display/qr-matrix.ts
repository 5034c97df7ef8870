import { CallerFault } from '../../domain/fault.ts';
import { MAX_CHARACTERS } from '../../domain/qr/tlv.ts';

/** A QR symbol without its quiet zone: `modules` holds `size` rows of `size`, 1 for dark. */
export interface QrMatrix {
  readonly size: number;
  readonly modules: Uint8Array;
}

/** Light modules that must surround a symbol on every side (ISO/IEC 18004). */
export const QUIET_ZONE = 4;

/**
 * The QR symbol of a text of 1 to 512 characters, error correction level M.
 * @throws CallerFault `qr-not-drawable`
 */
export async function qrMatrix(text: string): Promise<QrMatrix> {
  // The bound comes first: the search for the shortest encoding takes its time with long texts.
  const length = text.length > 2 * MAX_CHARACTERS ? text.length : Array.from(text).length;
  if (length === 0 || length > MAX_CHARACTERS) {
    throw new CallerFault('The text cannot be drawn as a QR', {
      code: 'qr-not-drawable',
      found: `${length} characters`,
      expected: `1 to ${MAX_CHARACTERS} characters`,
    });
  }
  const { create } = await import('qrcode/lib/core/qrcode.js');
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  return { size: modules.size, modules: modules.data };
}

/** Whether a module is dark; outside the symbol every module is light. */
export function isDark({ size, modules }: QrMatrix, row: number, column: number): boolean {
  return row >= 0 && column >= 0 && row < size && column < size && modules[row * size + column] === 1;
}
