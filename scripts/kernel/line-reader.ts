import type { Readable } from 'node:stream';

/** The lines of a stream as they come; whoever waits for one is answered as soon as it is there, whether before or after the question. */
export class LineReader {
  readonly lines: string[] = [];
  #rest = '';
  #ended = false;
  #listeners = new Set<() => void>();

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const parts = (this.#rest + text).split(/\r?\n/);
      this.#rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.#tell();
    });
    stream.on('close', () => {
      this.#ended = true;
      this.#tell();
    });
  }

  /** The first line from `from` on that the pattern fits, and where it stands. Rejects when the stream ends first, or the time is over. */
  async next(pattern: RegExp, withinMs: number, from = 0): Promise<{ readonly line: string; readonly at: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ line: string; at: number }>();
    let seen = from;
    const look = () => {
      for (; seen < this.lines.length; seen++) {
        const line = this.lines[seen] ?? '';
        if (pattern.test(line)) return resolve({ line, at: seen });
      }
      if (this.#ended) reject(this.#missed(pattern, 'the stream ended'));
    };
    const timer = setTimeout(() => reject(this.#missed(pattern, `nothing within ${withinMs} ms`)), withinMs);
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  #missed(pattern: RegExp, why: string): Error {
    return new Error(`${pattern} did not come: ${why}. The last lines:\n${this.lines.slice(-40).join('\n')}`);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
