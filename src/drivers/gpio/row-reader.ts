/** Longer than any line of gpiomon; what is longer is cut off, and is none. */
const ROW_MOST = 128;

/** Puts rows together from chunks that end anywhere. */
export class RowReader {
  #rest = '';

  *read(chunk: string): Generator<string> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf('\n', from);
      const part = chunk.slice(from, end < 0 ? undefined : end);
      const row = this.#rest.length > ROW_MOST ? this.#rest : this.#rest + part.slice(0, ROW_MOST + 1);
      this.#rest = end < 0 ? row : '';
      if (end < 0) return;
      yield row;
      from = end + 1;
    }
  }
}
