import fs from 'node:fs';
import { damaged } from './result-codes.ts';

/** Layout of SQLite's write-ahead log: sqlite.org/fileformat2.html#the_write_ahead_log. */
const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

/**
 * Looks through the log a crash left behind before SQLite opens it and would, at the first frame that does not add up, quietly drop
 * that and everything after it. A power cut can only tear the last transaction, because each one is synced before the next begins;
 * whole transactions behind a torn one were acknowledged. A log whose end is simply missing cannot be told from one that was shorter.
 * @throws StoreFault `store-damaged`; the files are left as they are
 */
export function checkLog(file: string): void {
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
  if (bytes.length < HEADER + FRAME_HEADER) return;
  const log = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = log.getUint32(0);
  const little = magic === MAGIC_LITTLE;
  const pageBytes = log.getUint32(8);
  let sums = add(log, 0, HEADER - 8, little, { a: 0, b: 0 });
  // The header is synced before the first frame is written.
  if ((!little && magic !== MAGIC_BIG) || sums.a !== log.getUint32(24) || sums.b !== log.getUint32(28)) {
    if (bytes.subarray(HEADER, HEADER + FRAME_HEADER).every((byte) => byte === 0)) return;
    throw damaged('a transaction log with a wrong header');
  }
  let intact = true;
  let commitsBehind = 0;
  for (let at = HEADER; at + FRAME_HEADER + pageBytes <= bytes.length; at += FRAME_HEADER + pageBytes) {
    const current = log.getUint32(at + 8) === log.getUint32(16) && log.getUint32(at + 12) === log.getUint32(20);
    if (intact && current) {
      sums = add(log, at, 8, little, sums);
      sums = add(log, at + FRAME_HEADER, pageBytes, little, sums);
      intact = sums.a === log.getUint32(at + 16) && sums.b === log.getUint32(at + 20);
    } else intact = false;
    if (intact || !current) continue;
    // The number of pages is set in the last frame of a transaction only. The first such frame may be the torn one's own; leftovers of
    // a transaction that found no room have none.
    if (log.getUint32(at + 4) !== 0) commitsBehind += 1;
    if (commitsBehind === 2) throw damaged('acknowledged transactions behind a damaged one in the transaction log');
  }
}

interface Sums {
  readonly a: number;
  readonly b: number;
}

function add(log: DataView, from: number, length: number, little: boolean, { a, b }: Sums): Sums {
  for (let at = from; at < from + length; at += 8) {
    a = (a + log.getUint32(at, little) + b) >>> 0;
    b = (b + log.getUint32(at + 4, little) + a) >>> 0;
  }
  return { a, b };
}
