import type { Fault } from '../../domain/fault.ts';
import type { Cancel } from '../../ports/clock.ts';
import type { Edge } from '../../ports/gpio.ts';
import type { Level } from './text.ts';

interface Watcher {
  readonly onEdge: (edge: Edge) => void;
  readonly onLoss: (count: number) => void;
}

/** Two edges the same way this near to each other are a spike between them, too short for the kernel to see its other edge. */
const SPIKE_NS = 1_000_000n;

/**
 * One input as it was told so far. gpiomon says nothing of the edges it could not get, so they are told by what cannot
 * be: two edges the same way in a row. An even number lost in a row leaves no trace.
 */
export class InputLine {
  readonly #name: string;
  readonly #watchers = new Set<Watcher>();
  #level: Level | null = null;
  #fault: Fault | null = null;
  #lastNs = 0n;
  #seqno = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** As it is now; null while nobody knows. */
  get level(): Level | null {
    return this.#fault ? null : this.#level;
  }

  /** Why nobody watches it, where that is known. */
  get fault(): Fault | null {
    return this.#fault;
  }

  watch(watcher: Watcher): Cancel {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  unwatch(): void {
    this.#watchers.clear();
  }

  /** The level was read; edges are told from here on. */
  found(level: Level): void {
    this.#level = level;
  }

  /** Somebody watches it. */
  watched(): void {
    this.#fault = null;
  }

  edge(level: Level, timestampNs: bigint): void {
    if (level === this.#level) {
      if (timestampNs - this.#lastNs < SPIKE_NS) return;
      this.lost(1);
    }
    this.#level = level;
    this.#lastNs = timestampNs;
    this.#seqno += 1;
    const edge: Edge = { line: this.#name, level, timestampNs, seqno: this.#seqno };
    for (const { onEdge } of [...this.#watchers]) onEdge(edge);
  }

  /** Edges were lost; 0 when it is not known how many, and whether. The next number leaves a gap. */
  lost(count: number): void {
    this.#seqno += Math.max(1, count);
    for (const { onLoss } of [...this.#watchers]) onLoss(count);
  }

  /** Nobody watches the line now, and why; null when nobody is to. */
  forget(why: Fault | null): void {
    this.#level = null;
    this.#fault = why;
  }
}
