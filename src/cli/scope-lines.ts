import { PIECE_OVER_MS } from '../domain/cash/scope.ts';
import { ScopeTrains } from '../domain/cash/scope-trains.ts';
import type { Clock } from '../ports/clock.ts';
import type { Edge } from '../ports/gpio.ts';
import type { Io } from './command.ts';

/** What happens on a line, one JSON value a line, for programs: each train when it is over, each loss of edges. */
export class ScopeLines {
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #trains: ScopeTrains;
  #cancel: () => void = () => undefined;

  constructor(io: Io, clock: Clock) {
    this.#io = io;
    this.#clock = clock;
    this.#trains = new ScopeTrains((train) => io.json({ event: 'train', ...train }));
  }

  /** `edge` null: some were lost. */
  changed(edge: Edge | null): void {
    if (edge === null) {
      this.#io.json({ event: 'loss' });
      return;
    }
    this.#trains.edge(edge);
    this.#cancel();
    this.#cancel = this.#clock.after(PIECE_OVER_MS, () => this.#trains.end());
  }

  end(): void {
    this.#cancel();
    this.#trains.end();
  }
}
