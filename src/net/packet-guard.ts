/**
 * Watches an MQTT byte stream for packets longer than `maxBytes`, before any of it is collected: the packet's length
 * stands in its first bytes (MQTT 3.1.1, 2.2). The returned function takes the stream chunk by chunk and returns false
 * once such a packet begins.
 */
export function packetGuard(maxBytes: number): (chunk: Uint8Array) => boolean {
  let part: 'type' | 'length' | 'rest' = 'type';
  let length = 0;
  let shift = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (part === 'type') {
        part = 'length';
        length = 0;
        shift = 0;
      } else if (part === 'length') {
        length += (byte & 127) * 2 ** shift;
        shift += 7;
        if (length > maxBytes) return false;
        // A length of more than four bytes is malformed; the parser behind says so.
        if ((byte & 128) === 0 || shift === 28) part = length === 0 ? 'type' : 'rest';
      } else {
        const skipped = Math.min(length, chunk.length - at);
        length -= skipped;
        at += skipped - 1;
        if (length === 0) part = 'type';
      }
    }
    return true;
  };
}
