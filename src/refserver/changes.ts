/** What changed, so that an open page knows what to fetch again. */
export type Change = 'devices' | 'charges' | 'logs' | 'states' | 'faults' | 'ds50' | 'qris' | 'kiosk' | 'gateway' | 'tms';

/** Tells whoever listens that something changed. A listener must not throw. */
export class Changes {
  readonly #listeners = new Set<(change: Change) => void>();

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  listeners(): number {
    return this.#listeners.size;
  }

  tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
