/** What a device says of itself; null where it does not. */
export interface CcTalkIdentity {
  readonly manufacturer: string | null;
  readonly category: string | null;
  readonly product: string | null;
  readonly serial: string | null;
  /** By position or type, as the device names them: `TH010A`, `TH0020A`. */
  readonly pieces: Readonly<Record<string, string>>;
  /** Of bills: the number in a name times `factor`, with so many decimals. */
  readonly scaling: { readonly factor: number; readonly decimals: number } | null;
}

const TEXT_MOST = 40;
const SERIAL_BYTES_MOST = 8;

/** Text of a reply: printable ASCII, at most 40 characters; null when there is none. */
export function textOf(data: readonly number[]): string | null {
  const printable = data.slice(0, TEXT_MOST).map((byte) => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : ' '));
  const text = printable.join('').trim();
  return text === '' ? null : text;
}

/** A serial number as hexadecimal digits, highest first; on the line it is lowest first. Null when it is none. */
export function serialOf(data: readonly number[]): string | null {
  if (data.length === 0 || data.length > SERIAL_BYTES_MOST) return null;
  return [...data]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** Name of a coin (`CCVVVR`, 6 characters) or bill (`CCVVVVR`, 7); null for a position that nothing is taught to. */
export function pieceNameOf(data: readonly number[], length: 6 | 7): string | null {
  const text = data.length === length ? textOf(data) : null;
  return text?.length === length && /^[A-Z]{2}[0-9A-Z.]+$/.test(text) ? text : null;
}

/** `[low byte, high byte, decimals]`; zeros: the country is not known. */
export function scalingOf(data: readonly number[]): CcTalkIdentity['scaling'] {
  const [low, high, decimals, ...more] = data;
  if (low === undefined || high === undefined || decimals === undefined || more.length > 0) return null;
  const factor = low + high * 256;
  return factor === 0 ? null : { factor, decimals };
}

/** Whether a device that calls itself so takes the other kind of money than `method`: then its address is a wrong one. */
export function isOtherKind(category: string | null, method: 'coin' | 'bill'): boolean {
  return category !== null && (method === 'coin' ? /bill/i : /coin/i).test(category);
}
