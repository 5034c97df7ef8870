import type { ActResult, Origin, Recorded } from '../domain/journal.ts';
import type { Currency } from '../domain/money.ts';
import type { PackageType, UpdateState } from '../domain/ota/update.ts';
import type { Readiness } from '../domain/readiness.ts';
import type { Screen } from '../domain/screen.ts';
import type { Language } from '../domain/speech/language.ts';
import type { SaleView } from '../domain/till/view.ts';
import type { TopUpCard } from '../domain/top-up.ts';
import type { Cancel } from '../ports/clock.ts';
import type { LinkState, Rejections } from '../ports/gateway.ts';
import type { Counters, LedgerQuery, OutboxRow } from '../ports/store.ts';
import type { FileTerms } from '../ports/updates.ts';

export type { SaleView } from '../domain/till/view.ts';

export type PairingState = 'unpaired' | 'registering' | 'registered' | 'paired' | 'refused';

export interface PairingView {
  readonly state: PairingState;
  /** What to type on the backend's page; known from `registered` until the box is known to be claimed. */
  readonly pin: string | null;
  readonly deviceId: string | null;
  /** Why the backend refused, or why there was no answer yet. */
  readonly reason: string | null;
}

export interface BoxStatus {
  readonly version: string;
  readonly device: { readonly serial: string; readonly mac: string; readonly model: string };
  readonly protocol: string;
  readonly board: string;
  readonly boot: string;
  readonly uptimeSeconds: number;
  readonly clockTrusted: boolean;
  readonly ready: Readiness;
  readonly pairing: PairingView;
  readonly links: Readonly<Record<string, LinkState>>;
  /** Messages of the backend that could not be used. */
  readonly rejections: Rejections;
  readonly sale: SaleView | null;
  /** Customers' money on the box that no sale has used yet. */
  readonly creditMinor: number;
  readonly currency: Currency;
  readonly queue: { readonly waiting: number; readonly parked: number };
  /** The backend's orders that wait for the box to be free. */
  readonly orders: number;
  /** Percent. */
  readonly volume: number;
  /** Of screen and voice. */
  readonly language: Language;
  /** Charges whose QR is off the screen but may still be paid. */
  readonly watching: number;
  readonly alarms: readonly Alarm[];
}

export interface Alarm {
  /** Stable code. */
  readonly code: string;
  readonly detail: string;
  /** A warning is for a person to read; everything works while it stands. */
  readonly severity: 'error' | 'warning';
  readonly sinceMs: number;
}

export interface SellRequest {
  readonly amountMinor: number;
  readonly description?: string;
  /** The same key again returns the same sale. 1 to 128 printable ASCII characters. */
  readonly idempotencyKey?: string;
  readonly origin: Origin;
  /** The button of the product that is sold, for its own drive rule. */
  readonly product?: string;
  /** The backend's order it fulfils. */
  readonly order?: string;
}

/** What became of a ticket. */
export interface TicketResult {
  readonly result: ActResult;
  /** Empty when it was printed; else the code of the fault. */
  readonly code: string;
  readonly reason: string;
}

/**
 * The running box, as the local API and the board's buttons use it. Everything that changes money is committed before
 * the call returns. Faults: CallerFault `sale-in-progress`, `not-ready`, `amount-invalid`, `amount-out-of-range`,
 * `sale-unknown`, `sale-not-cancellable`, `pairing-unsupported`; DeviceFault `store-…`.
 */
export interface Box {
  status(): BoxStatus;
  sell(request: SellRequest): SaleView;
  sale(id: string): SaleView | null;
  /** Cancels the sale that is in progress; money that is in is kept or refunded by policy. */
  cancel(id: string, origin: Origin): SaleView;
  /**
   * Takes a top-up card for the sale in progress; `sale` says what comes of it. Serial and PIN are kept nowhere.
   * @throws CallerFault `top-ups-unsupported`, `top-up-invalid`, `top-up-impossible`, `sale-unknown`, `not-ready`
   */
  topUp(sale: string, card: TopUpCard): SaleView;
  ledger(query: LedgerQuery): Recorded[];
  counters(): Counters;
  resetCounters(): void;
  /** A person has seen to the machine: ends the alarms `output-faulty` and `delivery-unknown`. */
  resetOutput(): void;
  queue(): {
    readonly waiting: readonly OutboxRow[];
    readonly parked: readonly OutboxRow[];
    readonly waitingCount: number;
    readonly parkedCount: number;
  };
  screen(): Screen;
  /** The language screens are drawn in. */
  language(): Language;
  /** Asks the backend for a new PIN; resolves when it answered or the attempt failed (then `reason` says why). */
  pair(): Promise<PairingView>;
  /** A key by its name: '0'-'9', 'ok', 'cancel', 'clear', 'pair', a product's button, or what the screen offers (see `Screen`). Does nothing where it means nothing. */
  press(button: string): void;
  /** How updates stand. @throws CallerFault `updates-unsupported` */
  updates(): UpdateState;
  /**
   * Takes a package of this machine's disk up, in place of one that is on its way; `updates` says how it goes on.
   * @throws CallerFault `updates-unsupported`, `ota-file`, `ota-busy`, `ota-no-launcher`; OtaFault
   */
  installUpdate(file: string, terms: FileTerms): Promise<void>;
  /** Goes back to the release before. @throws CallerFault `ota-nothing-to-roll-back`, `ota-busy` */
  rollBackUpdate(type: PackageType): Promise<void>;
  /**
   * Prints the ticket of a sale that was paid; one that was printed before is marked as a copy. Resolves with the outcome, which is in the journal.
   * @throws CallerFault `printer-missing`, `sale-unknown`, `ticket-unpaid`
   */
  printTicket(sale: string): Promise<TicketResult>;
  onEntries(listener: (entries: readonly Recorded[]) => void): Cancel;
  onScreen(listener: (screen: Screen) => void): Cancel;
}
