/** Follows the fixed headers of an MQTT byte stream and tells when a packet announces more than it may hold. */
export class PacketMeter {
  readonly #maxBytes: number;
  /** Bytes of the current packet's body still to come. */
  #left = 0;
  /** Place in the length field: -1 stands before a packet's first byte. */
  #place = -1;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False as soon as a packet is longer than allowed or its length field than MQTT allows; the stream is then of no more use. */
  takes(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      if (!this.#header(chunk[at] ?? 0)) return false;
      at += 1;
    }
    return true;
  }

  #header(byte: number): boolean {
    if (this.#place < 0) {
      this.#place = 0;
      this.#length = 0;
      return true;
    }
    this.#length += (byte & 0x7f) * 128 ** this.#place;
    if (this.#length > this.#maxBytes) return false;
    if ((byte & 0x80) !== 0) {
      this.#place += 1;
      return this.#place < 4;
    }
    this.#left = this.#length;
    this.#place = -1;
    return true;
  }
}
