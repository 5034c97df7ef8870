import type { Rejections } from '../ports/gateway.ts';

/** Counts the messages a dialect could not use, and keeps why for the last one. */
export class RejectionLog {
  #count = 0;
  #last: Rejections['last'] = null;

  /** @param detail in words, without anything secret */
  note(code: string, detail: string, atMs: number): void {
    this.#count++;
    this.#last = { code, detail, atMs };
  }

  view(): Rejections {
    return { count: this.#count, last: this.#last };
  }
}
