import type { Board } from '../domain/board.ts';
import { CallerFault } from '../domain/fault.ts';
import type { Origin, Recorded } from '../domain/journal.ts';
import type { SalePolicy, SaleTimings } from '../domain/policy.ts';
import type { Screen } from '../domain/screen.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { Acceptor } from '../ports/acceptor.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Display } from '../ports/display.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Radio } from '../ports/radio.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Counters, LedgerQuery, Store } from '../ports/store.ts';
import { Actuate } from './actuate.ts';
import { Announce } from './announce.ts';
import type { Box, BoxStatus, PairingView, SellRequest } from './box.ts';
import { Cash } from './cash.ts';
import { Confirm } from './confirm.ts';
import { HealthService } from './health.ts';
import { Heartbeat } from './heartbeat.ts';
import { Keypad } from './keypad.ts';
import { Outbox } from './outbox.ts';
import { Pair } from './pair.ts';
import { Picture } from './picture.ts';
import { retries } from './retry.ts';
import { SaleDesk } from './sale-desk.ts';
import { Sell } from './sell.ts';
import { Status } from './status.ts';
import { TillService } from './till.ts';

/** Everything a box is made of, as ports and plain settings. */
export interface BoxParts {
  readonly version: string;
  readonly device: { readonly serial: string; readonly mac: string; readonly model: string };
  readonly protocol: string;
  readonly board: Board;
  readonly policy: SalePolicy;
  readonly timings: SaleTimings;
  readonly autoPair: boolean;
  readonly stateEveryMs: number;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly gpio: Gpio;
  readonly acceptors: readonly Acceptor[];
  readonly display: Display;
  readonly speaker: Speaker;
  readonly radio: Radio;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The running box: the use cases wired to each other. See `Box` for what callers may rely on. */
export class BoxService implements Box {
  readonly #parts: BoxParts;
  readonly #till: TillService;
  readonly #health: HealthService;
  readonly #desk: SaleDesk;
  readonly #cash: Cash;
  readonly #confirm: Confirm;
  readonly #sell: Sell;
  readonly #pair: Pair;
  readonly #outbox: Outbox;
  readonly #announce: Announce;
  readonly #heartbeat: Heartbeat;
  readonly #keypad: Keypad;
  readonly #picture: Picture;
  readonly #actuate: Actuate;
  readonly #status: Status;
  #listening = false;

  constructor(parts: BoxParts) {
    this.#parts = parts;
    const { store, gateway, clock, entropy, log, metrics, policy, timings, acceptors } = parts;
    this.#till = new TillService({ store, entropy, log, policy, version: parts.version });
    const till = this.#till;
    const paired = () => this.#pair.paired();
    this.#health = new HealthService({
      store,
      clock,
      log,
      metrics,
      acceptors: acceptors.length,
      requirePairing: policy.requirePairing,
      paired,
    });
    const health = this.#health;
    this.#actuate = new Actuate({ ...parts, till, health, delivery: parts.board.delivery });
    this.#desk = new SaleDesk({ till, store, policy, board: parts.board, ready: () => health.ready() });
    this.#pair = new Pair({
      store,
      gateway,
      clock,
      log,
      retries: retries({ baseMs: 2_000, capMs: 60_000 }, entropy),
      auto: parts.autoPair,
      changed: () => this.#pairingChanged(),
    });
    this.#status = new Status({ parts, till, health, pairing: () => this.#pair.view(), sale: (id) => this.sale(id) });
    this.#cash = new Cash({ till, acceptors, health, log, metrics, cashWhileQr: policy.cashWhileQr });
    this.#confirm = new Confirm({ till, gateway, clock, log, metrics, timings, changed: () => this.#picture.refresh() });
    this.#sell = new Sell({
      till,
      gateway,
      clock,
      log,
      timings,
      confirm: this.#confirm,
      retries: retries({ baseMs: 500, capMs: 5_000 }, entropy),
      cashBusy: () => this.#cash.busy(),
    });
    this.#outbox = new Outbox({
      store,
      gateway,
      health,
      clock,
      log,
      metrics,
      paired,
      retries: retries({ baseMs: 1_000, capMs: 300_000 }, entropy),
    });
    this.#announce = new Announce({ till, store, speaker: parts.speaker, clock, log });
    const healthy = () => health.alarms().length === 0;
    this.#heartbeat = new Heartbeat({ gateway, clock, radio: parts.radio, everyMs: parts.stateEveryMs, healthy });
    this.#keypad = new Keypad({
      till,
      policy,
      log,
      sell: (request) => this.#quietly('sell', () => this.sell(request)),
      cancel: (sale) => this.#quietly('cancel', () => this.cancel(sale, 'keypad')),
      requote: () => this.#quietly('requote', () => this.#till.submit({ type: 'requote' })),
      pair: () => void this.pair().catch((error: unknown) => log.info('key.refused', { what: 'pair', error })),
      changed: () => this.#picture.refresh(),
    });
    this.#picture = new Picture({
      till,
      clock,
      display: parts.display,
      products: policy.products,
      resultMs: timings.resultMs,
      ready: () => health.ready(),
      pairing: () => this.#pair.view(),
      typed: () => this.#keypad.typed(),
      shownUntilMs: (charge) => this.#confirm.shownUntilMs(charge),
    });
  }

  /** Rebuilds the till, brings the acceptors and the gateway up and takes up whatever was left open. Needs no network. */
  async start(): Promise<void> {
    const { gateway, gpio } = this.#parts;
    await gpio.open();
    // Who hears of an entry first matters: the machine before the paperwork, and the picture last, when all the others are up to date.
    this.#actuate.start();
    this.#till.onCommitted((entries) => this.#follow(entries));
    this.#till.start({
      qrPossible: () => this.#health.ready().qr,
      cashPossible: () => this.#health.ready().cash,
      cashBusy: () => this.#cash.busy(),
    });
    this.#health.start();
    await this.#cash.start();
    // Charges from before the restart are watched before the broker hands out what it kept for the box.
    this.#confirm.start();
    await gateway.start();
    this.#listening = true;
    void this.#listen().finally(() => {
      this.#listening = false;
    });
    this.#sell.start();
    this.#announce.start();
    this.#pair.start();
    this.#outbox.start();
    this.#heartbeat.start();
    this.#picture.start();
    this.#health.onChange(() => this.#picture.refresh());
  }

  /** Ends in order: no more money in, outputs off, what is folded saved. What fails on the way is logged and holds up nothing. */
  async stop(): Promise<void> {
    const { gateway, gpio, store } = this.#parts;
    this.#health.stop();
    const driven = this.#actuate.stop();
    await this.#attempt('acceptors', () => this.#cash.stop());
    this.#heartbeat.stop();
    this.#outbox.stop();
    this.#announce.stop();
    this.#sell.stop();
    this.#confirm.stop();
    this.#picture.stop();
    this.#pair.stop();
    await this.#attempt('gateway', () => gateway.stop());
    await this.#attempt('pins', () => gpio.close());
    await driven;
    await this.#attempt('checkpoint', () => this.#till.checkpoint());
    store.close();
  }

  async #attempt(what: string, task: () => Promise<void> | void): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#parts.log.error('stop.failed', { what, error });
    }
  }

  status(): BoxStatus {
    return this.#status.read();
  }

  sell(request: SellRequest): SaleView {
    return this.#desk.sell(request);
  }

  sale(id: string): SaleView | null {
    return this.#desk.sale(id);
  }

  cancel(id: string, origin: Origin): SaleView {
    return this.#desk.cancel(id, origin);
  }

  ledger(query: LedgerQuery): Recorded[] {
    return this.#parts.store.ledger(query);
  }

  counters(): Counters {
    return this.#parts.store.counters();
  }

  resetCounters(): void {
    this.#till.submit({ type: 'reset-counters' });
  }

  resetOutput(): void {
    this.#health.resetOutput();
  }

  queue(): ReturnType<Box['queue']> {
    const { store } = this.#parts;
    const { waiting: waitingCount, parked: parkedCount } = store.outboxSize();
    return { waiting: store.outbox(100), parked: store.parked(100), waitingCount, parkedCount };
  }

  screen(): Screen {
    return this.#picture.screen();
  }

  async pair(): Promise<PairingView> {
    if (!this.#parts.gateway.capabilities.pairs) {
      throw new CallerFault('This backend needs no pairing', { code: 'pairing-unsupported', found: `protocol ${this.#parts.protocol}` });
    }
    return this.#pair.pair();
  }

  press(button: string): void {
    this.#keypad.press(button);
  }

  onEntries(listener: (entries: readonly Recorded[]) => void): Cancel {
    return this.#till.onCommitted(listener);
  }

  onScreen(listener: (screen: Screen) => void): Cancel {
    return this.#picture.onScreen(listener);
  }

  /** Milliseconds since the box last made sure that it can keep money. */
  sinceProgressMs(): number {
    return this.#health.sinceProbeMs();
  }

  /** Why the ledger cannot be written, or null. */
  ledgerFault(): string | null {
    return this.#health.ledgerFault();
  }

  /** Whether what the backend sends is being received. */
  listening(): boolean {
    return this.#listening;
  }

  #follow(entries: readonly Recorded[]): void {
    for (const { entry } of entries) {
      if (entry.kind === 'report.queued') this.#outbox.kick('sale');
      else if (entry.kind === 'charge.created') this.#pair.proven();
      else if (entry.kind === 'charge.conflict') {
        this.#health.raise('charge-conflict', `the backend contradicts itself about charge ${entry.charge} of sale ${entry.sale}`);
      } else if (entry.kind === 'act.outcome' && entry.result === 'indeterminate') {
        this.#health.deliveryUnknown(`sale ${entry.sale}: ${entry.reason}; look whether the customer was served`);
      }
    }
  }

  async #listen(): Promise<void> {
    const { gateway, log } = this.#parts;
    for await (const inbound of gateway.inbound()) {
      try {
        this.#confirm.receive(inbound);
        if (inbound.kind === 'reconnected') {
          this.#outbox.kick('reconnect');
          this.#heartbeat.beat();
        }
      } catch (error) {
        // Not acknowledged, so it comes again.
        log.error('inbound.not-recorded', { kind: inbound.kind, error });
      }
    }
  }

  #pairingChanged(): void {
    this.#health.reconsider();
    if (this.#pair.paired()) this.#outbox.kick('reconnect');
  }

  /** A key that asks for something impossible changes nothing; the log says why. */
  #quietly(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.log.info('key.refused', { what, error });
    }
  }
}
