import CRC32 from 'crc-32';
import { withoutCardData } from '../domain/card-data.ts';

/**
 * A stranger's identifier as a database row may hold it. One that could be, or has in it, a card number is kept by its
 * checksum alone, which tells it from others: beside the first and last digits a checksum would give the rest away.
 */
export function storableId(id: string): string {
  return withoutCardData(id) === id ? id : `hidden~${(CRC32.str(id) >>> 0).toString(16).padStart(8, '0')}`;
}
