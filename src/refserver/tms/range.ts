/** The bytes `start` to `end`, both included, of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a request asks for: all of it, a part, or a part that is not there (416). */
export type Wanted = 'whole' | 'unsatisfiable' | ByteRange;

/**
 * Which part of a file of `size` bytes (1 or more) a request wants, by RFC 9110: the headers `Range` and `If-Range`
 * as they came. What is not one range of bytes, and a range of another version of the file, means all of it.
 */
export function wantedRange(range: string | undefined, ifRange: string | undefined, etag: string, size: number): Wanted {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return 'whole';
  const match = /^bytes=\s*(\d{0,16})-(\d{0,16})\s*$/i.exec(range);
  if (!match || (match[1] === '' && match[2] === '')) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '') {
    const length = Number(last);
    return length === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
