import type { CashMethod } from '../domain/journal.ts';
import type { Acceptor, AcceptorEvent, Escrow } from '../ports/acceptor.ts';

/** An acceptor that does what the test says; a bill acceptor holds each bill until it is told what to do. */
export class ScriptedAcceptor implements Acceptor {
  readonly name: string;
  readonly method: CashMethod;
  readonly escrow: Escrow | null;
  enabled = false;
  counting = false;
  /** While set, it does nothing of what it is told. */
  hanging = false;
  /** What it was told to do with the pieces it holds. */
  readonly told: string[] = [];
  /** What it tells at the next start. */
  readonly missed: AcceptorEvent[] = [];
  /** What the last start gave it. */
  mark: string | undefined;
  #trains = 0;
  #onEvent: (event: AcceptorEvent) => void = () => undefined;

  constructor(name: string, method: CashMethod) {
    this.name = name;
    this.method = method;
    const tell = (what: string) => async (piece: string) => void this.told.push(`${what} ${piece}`);
    this.escrow = method === 'bill' ? { stack: tell('stack'), giveBack: tell('give back') } : null;
  }

  start(onEvent: (event: AcceptorEvent) => void, mark?: string): Promise<void> {
    this.#onEvent = onEvent;
    this.mark = mark;
    this.enabled = false;
    for (const event of this.missed.splice(0)) onEvent(event);
    return Promise.resolve();
  }

  enable(): Promise<void> {
    return this.#obey(true);
  }

  disable(): Promise<void> {
    return this.#obey(false);
  }

  #obey(enabled: boolean): Promise<void> {
    if (this.hanging) return new Promise(() => undefined);
    this.enabled = enabled;
    return Promise.resolve();
  }

  busy(): boolean {
    return this.counting;
  }

  stop(): Promise<void> {
    this.enabled = false;
    return Promise.resolve();
  }

  emit(event: AcceptorEvent): void {
    this.#onEvent(event);
  }

  insert(amountMinor: number): void {
    this.emit({ kind: 'credited', train: `${this.name}-${++this.#trains}-${amountMinor}`, amountMinor });
  }
}
