import type { Board } from '../domain/board.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Store } from '../ports/store.ts';
import type { BoxStatus, PairingView } from './box.ts';
import type { HealthService } from './health.ts';
import type { Preferences } from './preferences.ts';
import type { TillService } from './till.ts';

export interface StatusOptions {
  readonly parts: Pick<BoxStatus, 'version' | 'device' | 'protocol'> & {
    readonly board: Pick<Board, 'name'>;
    readonly store: Store;
    readonly clock: Clock;
    readonly gateway: Gateway;
  };
  readonly till: TillService;
  readonly health: HealthService;
  readonly pairing: () => PairingView;
  readonly preferences: Preferences;
  readonly sale: (id: string) => SaleView | null;
}

/** How the box is doing, for whoever serves it. */
export class Status {
  readonly #o: StatusOptions;
  readonly #startedMs: number;

  constructor(options: StatusOptions) {
    this.#o = options;
    this.#startedMs = options.parts.clock.monotonicMs();
  }

  read(): BoxStatus {
    const { parts, health, pairing, sale } = this.#o;
    const { version, device, protocol, board, store, clock, gateway } = parts;
    const till = this.#o.till.state;
    return {
      version,
      device,
      protocol,
      board: board.name,
      boot: store.boot,
      uptimeSeconds: Math.floor((clock.monotonicMs() - this.#startedMs) / 1_000),
      clockTrusted: clock.wallTrusted(),
      ready: health.ready(),
      pairing: pairing(),
      links: gateway.links(),
      rejections: gateway.rejections(),
      sale: till.sale ? sale(till.sale.id) : null,
      creditMinor: till.creditMinor,
      currency: till.currency,
      queue: store.outboxSize(),
      orders: till.orders.length,
      volume: this.#o.preferences.volume(),
      language: this.#o.preferences.language(),
      watching: Object.values(till.charges).filter((charge) => charge.state !== 'shown').length,
      alarms: health.alarms(),
    };
  }
}
