/** How a device guards its frames: all bytes add up to nothing, or a CRC that also takes the place of the sender's address. */
export type CcTalkChecksum = 'simple' | 'crc';

/** The byte that makes all bytes add up to 0 (mod 256). */
export const simpleChecksum = (bytes: Iterable<number>): number => -sumOf(bytes) & 0xff;

const sumOf = (bytes: Iterable<number>): number => {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum;
};

/** CRC-16, polynomial 0x1021, first value 0, over destination, length, header and data. */
export function crcChecksum(bytes: Iterable<number>): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
