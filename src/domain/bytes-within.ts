/**
 * All bytes of a body that comes in chunks, whatever length it claims to have; null as soon as there are more than
 * `most`, and then the rest is not read. The error of the source is passed on.
 */
export async function bytesWithin(chunks: AsyncIterable<Uint8Array> | null, most: number): Promise<Uint8Array | null> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks ?? []) {
    size += chunk.byteLength;
    if (size > most) return null;
    kept.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of kept) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
