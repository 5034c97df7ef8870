import { CallerFault, Fault } from '../domain/fault.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { Log } from '../ports/log.ts';
import type { Printer, TicketImage } from '../ports/printer.ts';
import type { Store } from '../ports/store.ts';
import type { TicketResult } from './box.ts';
import type { HealthService } from './health.ts';
import type { SaleDesk } from './sale-desk.ts';
import type { TillService } from './till.ts';

/** What a box with a printer has. */
export interface TicketParts {
  readonly printer: Printer;
  /** Draws the ticket of a sale as wide as the printer's paper; a copy says that it is one. */
  readonly draw: (sale: SaleView, copy: boolean) => Promise<TicketImage>;
  /** Whether every sale that was paid gets a ticket, without anybody asking. */
  readonly always: boolean;
}

export interface TicketsOptions {
  readonly till: TillService;
  readonly store: Pick<Store, 'ledger'>;
  readonly desk: Pick<SaleDesk, 'known'>;
  readonly health: Pick<HealthService, 'raise' | 'clear'>;
  readonly log: Log;
  /** Null on a box without a printer. */
  readonly parts: TicketParts | null;
}

/** Entries one sale can have: far more than any real one. */
const SALE_ENTRIES = 1_000;
/** Longest a ticket takes: a slow serial line needs minutes for a picture. */
const PRINT_MS = 300_000;

/**
 * Prints the tickets of sales, one after the other. Each is intent, act, outcome in the journal: a sale stands whatever
 * becomes of its ticket, and a ticket that failed can be printed again, as a copy where the first may be on paper.
 */
export class Tickets {
  readonly #o: TicketsOptions;
  readonly #stopping = new AbortController();
  /** The end of the newest job. */
  #last: Promise<unknown> = Promise.resolve();
  /** The newest job of each sale whose ticket is being printed or waits for that. */
  readonly #jobs = new Map<string, Promise<TicketResult>>();

  constructor(options: TicketsOptions) {
    this.#o = options;
  }

  start(): void {
    const { till, parts } = this.#o;
    if (!parts?.always) return;
    till.onCommitted((entries) => {
      for (const { entry } of entries) if (entry.kind === 'sale.settled') void this.once(entry.sale);
    });
  }

  /** Cuts off what is being printed, and resolves when its outcome is in the journal. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#last;
  }

  /**
   * Prints the ticket of a sale; a second one says that it is a copy. Resolves with the outcome, which is in the journal.
   * @throws CallerFault `printer-missing`, `sale-unknown`, `ticket-unpaid`; StoreFault when the intent cannot be written down
   */
  async reprint(sale: string): Promise<TicketResult> {
    if (!this.#o.parts) throw noPrinter();
    const { state, id } = this.#o.desk.known(sale);
    if (UNPAID.has(state)) {
      throw new CallerFault('There is no ticket for a sale that was not paid', {
        code: 'ticket-unpaid',
        found: `sale ${id}, ${state}`,
        expected: 'a sale that was paid',
      });
    }
    return this.#queue(sale);
  }

  /** As `reprint`, unless it is on paper or on its way there already; every refusal is a result: for whoever can only report it. */
  async once(sale: string): Promise<TicketResult> {
    try {
      return this.#isPrinted(sale) ? PRINTED : await (this.#jobs.get(sale) ?? this.reprint(sale));
    } catch (error) {
      this.#o.log.error('ticket.not-begun', { sale, error });
      return failed(error);
    }
  }

  #queue(sale: string): Promise<TicketResult> {
    const job = this.#last.then(() => this.#act(sale));
    this.#jobs.set(sale, job);
    this.#last = job
      .catch(() => undefined)
      .then(() => {
        if (this.#jobs.get(sale) === job) this.#jobs.delete(sale);
      });
    return job;
  }

  async #act(sale: string): Promise<TicketResult> {
    const { till, desk, parts, health, log } = this.#o;
    if (!parts || this.#stopping.signal.aborted) throw noPrinter();
    const ticket = till.newId();
    const copy = this.#tried(sale).length > 0;
    till.submit({ type: 'ticket', sale, ticket, copy });
    let outcome = PRINTED;
    try {
      const image = await parts.draw(desk.known(sale), copy);
      await parts.printer.print(image, AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(PRINT_MS)]));
      health.clear('printer');
    } catch (error) {
      outcome = failed(error);
      log.error('ticket.not-printed', { sale, ticket, error });
      if (!this.#stopping.signal.aborted) health.raise('printer', outcome.reason, 'warning');
    }
    till.submit({ type: 'ticket-done', ticket, result: outcome.result, reason: outcome.reason });
    return outcome;
  }

  #isPrinted(sale: string): boolean {
    return this.#tried(sale).some((entry) => entry.kind === 'ticket.outcome' && entry.result === 'done');
  }

  #tried(sale: string) {
    return this.#o.store
      .ledger({ sale, limit: SALE_ENTRIES })
      .map(({ entry }) => entry)
      .filter((entry) => entry.kind === 'ticket.intent' || entry.kind === 'ticket.outcome');
  }
}

const UNPAID: ReadonlySet<SaleView['state']> = new Set(['requesting', 'qr', 'authorising', 'cash', 'cancelled']);

const PRINTED: TicketResult = { result: 'done', code: '', reason: '' };

const noPrinter = (): CallerFault =>
  new CallerFault('This box prints no tickets', {
    code: 'printer-missing',
    expected: 'the section "printer" in its configuration',
  });

const failed = (error: unknown): TicketResult => ({
  result: 'failed',
  code: error instanceof Fault ? error.code : 'printer-failed',
  reason: error instanceof Fault ? error.explain() : String(error),
});
