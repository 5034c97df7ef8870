/** Work that is done for one thing by one at a time: who comes meanwhile waits for the same. */
export class Once<Key> {
  readonly #running = new Map<Key, Promise<void>>();

  run(key: Key, work: () => Promise<void>): Promise<void> {
    const before = this.#running.get(key);
    if (before) return before;
    const running = work().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
