const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Text of an identifier from random bytes: Crockford's base 32, lower case, 8 characters for every 5 bytes. */
export function idText(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >>> bits) & 31];
      held &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}
