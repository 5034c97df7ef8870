import { excerpt } from '../domain/card-data.ts';
import { Fault } from '../domain/fault.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Ack, RemoteCommand } from '../domain/remote.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Acks } from './acks.ts';
import { type CommandTable, type Outcome, RESTARTS } from './command-table.ts';
import { storableId } from './storable-id.ts';

export interface CommandsOptions {
  readonly store: Store;
  readonly acks: Acks;
  readonly clock: Clock;
  readonly log: Log;
  readonly table: CommandTable;
}

/** Where the inbox keeps the commands that were ever taken in. */
const SOURCE = 'command';
/** Commands that are not answered yet, oldest first; the first may have begun. */
const OPEN_FACT = 'command.open';
/** The one that has begun: after a restart nobody knows how far it came. */
const BEGUN_FACT = 'command.begun';
const MOST_OPEN = 20;
/** A fact holds 65,536 characters. */
const MOST_OPEN_TEXT = 60_000;
/** Pause before work the journal could not take is done again. */
const AGAIN_MS = 1_000;
/** How long the answer that a restart is coming may take to get away, ms. */
const FLUSH_MS = 5_000;
const COMMAND_MS = 60_000;

type OpenCommand = Omit<RemoteCommand, 'parameters'> & { readonly parameters: RemoteCommand['parameters'] };

/**
 * What a backend wants done, one after the other. Each command is taken in once for ever and begun at most once; that it
 * has begun is committed before, and its answer after. A restart answers before, and confirms when the box is back.
 */
export class Commands {
  readonly #o: CommandsOptions;
  readonly #stopping = new AbortController();
  /** Monotonic time at which a command of this life came. */
  readonly #cameMs = new Map<string, number>();
  #running = false;
  #cancelAgain: Cancel = () => {};

  constructor(options: CommandsOptions) {
    this.#o = options;
  }

  /** Answers what a restart broke off, or was itself. */
  start(): void {
    const begun = this.#o.store.fact(BEGUN_FACT);
    const [first] = this.#open();
    if (begun !== null && first?.id === begun) {
      if (RESTARTS.includes(first.name)) this.#answer(first, { state: 'done', code: '', reason: 'the box is back' });
      else this.#answer(first, { state: 'failed', code: 'command-interrupted', reason: 'the box was restarted while it was carried out' });
    }
    this.#follow();
  }

  stop(): void {
    this.#stopping.abort();
    this.#cancelAgain();
  }

  /** @throws StoreFault: then it is not acknowledged and comes again */
  receive({ command: given, done }: Extract<Inbound, { kind: 'command' }>): void {
    const { store, acks, log, table } = this.#o;
    const command = { ...given, name: excerpt(given.name, given.name.length), parameters: storable(given.parameters) };
    const key = { source: SOURCE, id: storableId(command.id) };
    const about = { kind: 'command', command: command.id, name: command.name } as const;
    const open = this.#open();
    const queue = JSON.stringify([...open, command]);
    if (store.seenAt(key) !== null) log.info('command.duplicate', { command: command.id });
    else if (!table.knows(command.name)) {
      acks.answer(
        { about, state: 'refused', code: 'command-unknown', reason: `this box knows ${table.names.join(', ')}` },
        { inbox: [key] },
      );
    } else if (open.length >= MOST_OPEN || queue.length > MOST_OPEN_TEXT) {
      acks.answer(
        { about, state: 'refused', code: 'command-queue-full', reason: `${open.length} commands wait already` },
        { inbox: [key] },
      );
    } else {
      store.commit({ entries: [], inbox: [key], facts: { [OPEN_FACT]: queue } });
      this.#cameMs.set(command.id, this.#o.clock.monotonicMs());
      this.#follow();
    }
    done();
  }

  #follow(): void {
    if (this.#running || this.#stopping.signal.aborted || this.#open().length === 0) return;
    this.#running = true;
    this.#run().catch((error: unknown) => {
      this.#o.log.error('command.not-recorded', { error });
      if (!this.#stopping.signal.aborted) this.#cancelAgain = this.#o.clock.after(AGAIN_MS, () => this.#follow());
    });
  }

  async #run(): Promise<void> {
    try {
      for (let [command] = this.#open(); command && !this.#stopping.signal.aborted; [command] = this.#open()) {
        const about = { kind: 'command', command: command.id, name: command.name } as const;
        // What has begun is never begun again: a restart is on its way, and of any other the end was lost.
        if (this.#o.store.fact(BEGUN_FACT) === command.id) {
          if (RESTARTS.includes(command.name)) return;
          this.#answer(command, { state: 'failed', code: 'command-interrupted', reason: 'how it ended could not be recorded' });
          continue;
        }
        const begun = { facts: { [BEGUN_FACT]: command.id } };
        if (RESTARTS.includes(command.name)) {
          this.#o.acks.answer({ about, state: 'accepted', code: '', reason: '' }, begun);
          await this.#o.acks.flushed(FLUSH_MS, this.#stopping.signal);
        } else this.#o.store.commit({ entries: [], ...begun });
        const outcome = await this.#carryOut(command);
        // A process that is ending answers when it is back.
        if (outcome === 'restarting' || this.#stopping.signal.aborted) return;
        this.#answer(command, outcome);
      }
    } finally {
      // In the very turn that found nothing more: what comes in the next one is followed.
      this.#running = false;
    }
  }

  async #carryOut({ id, name, parameters }: OpenCommand): Promise<Outcome | 'restarting'> {
    const { table, clock, log } = this.#o;
    let cancel = () => {};
    const late = new Promise<Outcome>((resolve) => {
      cancel = clock.after(COMMAND_MS, () =>
        resolve({ state: 'failed', code: 'command-timeout', reason: `it took more than ${COMMAND_MS / 1_000} s` }),
      );
    });
    try {
      return await Promise.race([table.carryOut(name, parameters, this.#ageMs(id)), late]);
    } catch (error) {
      log.warn('command.failed', { name, error });
      if (error instanceof Fault)
        return { state: error.blame === 'device' ? 'failed' : 'refused', code: error.code, reason: error.explain() };
      return { state: 'failed', code: 'command-failed', reason: 'the box broke it off; its log says why' };
    } finally {
      cancel();
    }
  }

  #answer(command: Pick<RemoteCommand, 'id' | 'name'>, outcome: Pick<Ack, 'state' | 'code' | 'reason' | 'result'>): void {
    const about = { kind: 'command', command: command.id, name: command.name } as const;
    const rest = this.#open().filter(({ id }) => id !== command.id);
    const facts = { [OPEN_FACT]: rest.length === 0 ? null : JSON.stringify(rest), [BEGUN_FACT]: null };
    this.#o.acks.answer({ about, ...outcome }, { facts });
    this.#cameMs.delete(command.id);
  }

  /** How long a command has waited, or null for one of an earlier life. */
  #ageMs(id: string): number | null {
    const cameMs = this.#cameMs.get(id);
    return cameMs === undefined ? null : this.#o.clock.monotonicMs() - cameMs;
  }

  #open(): readonly OpenCommand[] {
    return JSON.parse(this.#o.store.fact(OPEN_FACT) ?? '[]') as OpenCommand[];
  }
}

/** Parameters as a database row may hold them: without card data. A payment QR is digits all over, and stays as it is. */
function storable(parameters: JsonObject): JsonObject {
  const clean = (text: string) => excerpt(text, text.length);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const text = JSON.stringify(value);
      const isQr = name === 'qr_payload' && text.startsWith('"0002');
      return [clean(name), isQr || clean(text) === text ? value : clean(text)];
    }),
  );
}
