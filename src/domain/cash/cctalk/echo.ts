/**
 * Takes the host's own bytes out of what it hears: on a single wire every request comes back before its reply. An adapter
 * may keep that from the host. Where an echo is sure to come, all that comes before it belongs to something earlier.
 */
export class Echo {
  readonly #sent: Uint8Array;
  readonly #sure: boolean;
  #held: number[] = [];
  #state: 'expected' | 'heard' | 'none' = 'expected';

  constructor(sent: Uint8Array, sure: boolean) {
    this.#sent = sent;
    this.#sure = sure;
  }

  get heard(): boolean {
    return this.#state === 'heard';
  }

  /** The bytes of these that are not the host's own. */
  strip(bytes: Iterable<number>): readonly number[] {
    if (this.#state !== 'expected') return [...bytes];
    this.#held.push(...bytes);
    if (this.#sure) this.#seek();
    const compared = Math.min(this.#held.length, this.#sent.length);
    if (!this.#agrees(0, compared)) this.#state = 'none';
    else if (compared === this.#sent.length) this.#state = 'heard';
    else return [];
    const rest = this.heard ? this.#held.slice(this.#sent.length) : this.#held;
    this.#held = [];
    return rest;
  }

  /** Drops what cannot be the beginning of the echo. */
  #seek(): void {
    let at = 0;
    while (!this.#agrees(at, Math.min(this.#held.length - at, this.#sent.length))) at++;
    this.#held = this.#held.slice(at);
  }

  #agrees(at: number, count: number): boolean {
    for (let i = 0; i < count; i++) if (this.#held[at + i] !== this.#sent[i]) return false;
    return true;
  }
}
