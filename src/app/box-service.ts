import { CallerFault } from '../domain/fault.ts';
import type { Origin, Recorded } from '../domain/journal.ts';
import type { PackageType, UpdateState } from '../domain/ota/update.ts';
import type { Screen } from '../domain/screen.ts';
import type { Language } from '../domain/speech/language.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { TopUpCard } from '../domain/top-up.ts';
import type { Cancel } from '../ports/clock.ts';
import type { Inbound } from '../ports/gateway.ts';
import { type Counters, LANES, type LedgerQuery } from '../ports/store.ts';
import type { FileTerms } from '../ports/updates.ts';
import type { Box, BoxStatus, PairingView, SellRequest, TicketResult } from './box.ts';
import { alarmsIn, chargeUnresolved } from './standing-alarms.ts';
import type { UpdateService } from './update-service.ts';
import { type BoxParts, type UseCases, useCases } from './use-cases.ts';

/** The running box: the use cases wired to each other. See `Box` for what callers may rely on. */
export class BoxService implements Box {
  readonly #parts: BoxParts;
  readonly #use: UseCases;
  #listening = false;

  constructor(parts: BoxParts) {
    this.#parts = parts;
    this.#use = useCases(parts, {
      sell: (request) => this.sell(request),
      cancel: (sale, origin) => this.cancel(sale, origin),
      pair: () => this.pair(),
      listening: () => this.#listening,
      pairingChanged: () => this.#pairingChanged(),
      inDoubt: (charge) => {
        for (const alarm of chargeUnresolved(charge, this.#use.till.state)) this.#use.health.stand(alarm);
      },
    });
  }

  /** Rebuilds the till, brings the acceptors and the gateway up and takes up whatever was left open. Needs no network. */
  async start(): Promise<void> {
    const { gateway, gpio } = this.#parts;
    await gpio.open();
    // Who hears of an entry first matters: the machine before the paperwork, and the picture last, when all the others are up to date.
    this.#use.actuate.start();
    this.#use.till.onCommitted((entries) => this.#follow(entries));
    this.#use.till.start({
      qrPossible: () => this.#use.health.ready().qr,
      cashPossible: () => this.#use.health.ready().cash,
      cashBusy: () => this.#use.moneyBusy(),
    });
    this.#use.health.start();
    this.#use.preferences.start();
    await this.#use.cash.start();
    // Charges from before the restart are watched before the broker hands out what it kept for the box.
    this.#use.confirm.start();
    // The transaction that was under way is named when the gateway connects: what became of it is said only to who asks.
    this.#use.kiosk?.start();
    await gateway.start();
    this.#listening = true;
    void this.#listen().finally(() => {
      this.#listening = false;
    });
    this.#use.sell.start();
    this.#use.cards?.start();
    this.#use.topUps?.dialogue.start();
    this.#use.announce.start();
    this.#use.payments.start();
    this.#use.orders.start();
    this.#use.pair.start();
    this.#use.outbox.start();
    this.#use.reports.start();
    this.#use.acks.start();
    this.#use.commands.start();
    this.#use.tickets.start();
    this.#use.updates?.start();
    this.#use.heartbeat.start();
    this.#use.picture.start();
    this.#use.health.onChange(() => this.#use.picture.refresh());
  }

  /** Ends in order: no more money in, outputs off, what is folded saved. What fails on the way is logged and holds up nothing. */
  async stop(): Promise<void> {
    const { gateway, gpio, store } = this.#parts;
    this.#use.health.stop();
    const driven = this.#use.actuate.stop();
    await this.#attempt('acceptors', () => this.#use.cash.stop());
    this.#use.heartbeat.stop();
    this.#use.outbox.stop();
    this.#use.commands.stop();
    this.#use.acks.stop();
    this.#use.reports.stop();
    this.#use.exhibit.stop();
    await this.#attempt('updates', () => this.#use.updates?.stop());
    this.#use.announce.stop();
    this.#use.orders.stop();
    this.#use.cards?.stop();
    this.#use.topUps?.desk.stop();
    this.#use.topUps?.dialogue.stop();
    this.#use.kiosk?.stop();
    this.#use.sell.stop();
    this.#use.confirm.stop();
    this.#use.picture.stop();
    this.#use.pair.stop();
    await this.#attempt('gateway', () => gateway.stop());
    await this.#attempt('pins', () => gpio.close());
    await driven;
    await this.#attempt('tickets', () => this.#use.tickets.stop());
    await this.#attempt('checkpoint', () => this.#use.till.checkpoint());
    store.close();
  }

  async #attempt(what: string, task: () => Promise<void> | void | undefined): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#parts.log.error('stop.failed', { what, error });
    }
  }

  status(): BoxStatus {
    return this.#use.status.read();
  }

  sell(request: SellRequest): SaleView {
    return this.#use.desk.sell(request);
  }

  sale(id: string): SaleView | null {
    return this.#use.desk.sale(id);
  }

  cancel(id: string, origin: Origin): SaleView {
    return this.#use.desk.cancel(id, origin);
  }

  topUp(sale: string, card: TopUpCard): SaleView {
    const { topUps, desk } = this.#use;
    if (!topUps) throw topUpsUnsupported(this.#parts.protocol);
    desk.known(sale);
    topUps.desk.enter(sale, card);
    return desk.known(sale);
  }

  ledger(query: LedgerQuery): Recorded[] {
    return this.#parts.store.ledger(query);
  }

  counters(): Counters {
    return this.#parts.store.counters();
  }

  resetCounters(): void {
    this.#use.till.submit({ type: 'reset-counters' }, this.#use.cards ? { facts: this.#use.cards.nextBatch() } : {});
    this.#use.health.booksClosed();
  }

  resetOutput(): void {
    this.#use.health.resetOutput();
  }

  updates(): UpdateState {
    return this.#update().state();
  }

  async installUpdate(file: string, terms: FileTerms): Promise<void> {
    await this.#update().install(file, terms);
  }

  async rollBackUpdate(type: PackageType): Promise<void> {
    await this.#update().rollBack(type);
  }

  queue(): ReturnType<Box['queue']> {
    const { store } = this.#parts;
    const { waiting: waitingCount, parked: parkedCount } = store.outboxSize();
    return {
      waiting: LANES.flatMap((lane) => store.outbox(lane, 100)),
      parked: store.parked(100),
      waitingCount,
      parkedCount,
    };
  }

  language(): Language {
    return this.#use.preferences.language();
  }

  screen(): Screen {
    return this.#use.picture.screen();
  }

  async pair(): Promise<PairingView> {
    if (!this.#parts.gateway.capabilities.pairs) {
      throw new CallerFault('This backend needs no pairing', { code: 'pairing-unsupported', found: `protocol ${this.#parts.protocol}` });
    }
    return this.#use.pair.pair();
  }

  printTicket(sale: string): Promise<TicketResult> {
    return this.#use.tickets.reprint(sale);
  }

  press(button: string): void {
    this.#use.press(button);
  }

  onEntries(listener: (entries: readonly Recorded[]) => void): Cancel {
    return this.#use.till.onCommitted(listener);
  }

  onScreen(listener: (screen: Screen) => void): Cancel {
    return this.#use.picture.onScreen(listener);
  }

  /** Milliseconds since the box last made sure that it can keep money. */
  sinceProgressMs(): number {
    return this.#use.health.sinceProbeMs();
  }

  /** For how long an acceptor has not done what it was told, milliseconds. */
  acceptorsWaitingMs(): number {
    return this.#use.cash.waitingMs();
  }

  /** Why the ledger cannot be written, or null. */
  ledgerFault(): string | null {
    return this.#use.health.ledgerFault();
  }

  /** Whether what the backend sends is being received. */
  listening(): boolean {
    return this.#listening;
  }

  #follow(entries: readonly Recorded[]): void {
    for (const { entry } of entries) {
      if (entry.kind === 'report.queued') this.#use.outbox.kick('sale');
      else if (entry.kind === 'charge.created') this.#use.pair.proven();
      else if (entry.kind === 'charge.conflict') {
        this.#use.health.raise('charge-conflict', `the backend contradicts itself about charge ${entry.charge} of sale ${entry.sale}`);
      }
      for (const { code } of alarmsIn([entry], this.#use.till.state)) this.#use.health.recall(code);
    }
  }

  async #listen(): Promise<void> {
    const { gateway, log } = this.#parts;
    for await (const inbound of gateway.inbound()) {
      try {
        if (inbound.kind === 'order') this.#use.orders.receive(inbound);
        else if (inbound.kind === 'update') this.#updateOffered(inbound);
        else if (inbound.kind === 'payment') this.#use.payments.receive(inbound);
        else if (inbound.kind === 'settings') this.#use.preferences.receive(inbound);
        else if (inbound.kind === 'command') this.#use.commands.receive(inbound);
        else if (inbound.kind === 'kiosk') this.#use.kiosk?.receive(inbound.event);
        else this.#use.confirm.receive(inbound);
        if (inbound.kind === 'reconnected') {
          this.#use.outbox.kick('reconnect');
          this.#use.reports.kick();
          this.#use.acks.kick();
          this.#use.updates?.reconnected();
          this.#use.heartbeat.beat();
        }
      } catch (error) {
        // Not acknowledged, so it comes again.
        log.error('inbound.not-recorded', { kind: inbound.kind, error });
      }
    }
  }

  #updateOffered(inbound: Extract<Inbound, { kind: 'update' }>): void {
    if (this.#use.updates) {
      this.#use.updates.receive(inbound);
      return;
    }
    this.#parts.log.warn('update.unsupported', { name: inbound.offer.name });
    inbound.done();
  }

  /** @throws CallerFault `updates-unsupported` */
  #update(): UpdateService {
    if (this.#use.updates) return this.#use.updates;
    throw new CallerFault('This box takes no updates', {
      code: 'updates-unsupported',
      remedy: 'Add the section "ota" to its configuration.',
    });
  }

  #pairingChanged(): void {
    this.#use.health.reconsider();
    if (this.#use.pair.paired()) this.#use.outbox.kick('reconnect');
  }
}

const topUpsUnsupported = (protocol: string): CallerFault =>
  new CallerFault('This backend takes no top-up cards', { code: 'top-ups-unsupported', found: `protocol ${protocol}` });
