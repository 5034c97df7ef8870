import type { SaleReport } from '../domain/journal.ts';
import type { Money } from '../domain/money.ts';

/** What is wanted of the backend: a QR for exactly this amount. */
export interface QrIntent {
  /** The same id for every try of the same charge: the backend must not make two of it. */
  readonly request: string;
  readonly amount: Money;
  readonly description: string;
}

/** A QR the dialect has already validated on the box (CRC, scheme, currency, amount). */
export interface QrOffer {
  readonly charge: string;
  readonly qr: string;
  /** By the backend's clock, milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** What the backend says of a charge; `unresolved` is every answer that does not settle it. */
export type ChargeAnswer =
  | { readonly state: 'paid' }
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'unresolved'; readonly reason: string };

export type Delivery =
  /** The backend itself confirmed that it keeps every record of the batch. */
  | { readonly state: 'acked' }
  /** Try again later; `afterMs` is the backend's wish (Retry-After). */
  | { readonly state: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** The backend will never take this batch as it is. */
  | { readonly state: 'refused'; readonly reason: string };

export interface Registration {
  /** What a person types on the backend's page to claim the box. */
  readonly pin: string;
  readonly deviceId: string;
}

/** What the box tells the backend of itself from time to time. */
export interface BoxState {
  readonly status: 'normal' | 'error';
  readonly uptimeMinutes: number;
  /** Signal strength in dBm, or null on a wired box. */
  readonly rssiDbm: number | null;
}

/** What a backend says unasked. */
export type Inbound =
  | { readonly kind: 'confirmation'; readonly charge: string; readonly answer: ChargeAnswer; readonly done: () => void }
  /** The push link is up again after an absence: whatever was missed must be asked for. */
  | { readonly kind: 'reconnected' };

export type LinkState = 'up' | 'down' | 'off';

/** Why a link is down, in words for the person who serves the box. `code` is stable. */
export interface LinkFault {
  readonly link: string;
  readonly code: string;
  readonly detail: string;
}

/** What a dialect can do; the use cases ask here, never for the dialect's name. */
interface Capabilities {
  readonly pairs: boolean;
  readonly pushes: boolean;
  readonly queries: boolean;
}

/**
 * One backend dialect. Start never fails for want of a network: a link that is down is a state, not an error.
 * Requests that get no usable answer throw PeerFault; `retryable` on it says whether the same request may be sent
 * again. `done` of a confirmation is called when its effect is committed: only then is the message acknowledged.
 */
export interface Gateway {
  readonly capabilities: Capabilities;
  start(): Promise<void>;
  /** One consumer; ends when the gateway stops. */
  inbound(): AsyncIterable<Inbound>;
  register(signal: AbortSignal): Promise<Registration>;
  /** Takes the identity from a registration into use (topics, will message). */
  identify(deviceId: string): Promise<void>;
  requestQr(intent: QrIntent, signal: AbortSignal): Promise<QrOffer>;
  /** Resolves once the broker has granted the subscription, or false when it did not within its time limit. */
  watch(charge: string): Promise<boolean>;
  unwatch(charge: string): Promise<void>;
  queryPayment(charge: string, signal: AbortSignal): Promise<ChargeAnswer>;
  deliver(reports: readonly DatedReport[], signal: AbortSignal): Promise<Delivery>;
  publishState(state: BoxState): void;
  /** The backend's wall clock as far as its last reply tells, else the box's own. Milliseconds since 1970. */
  backendNowMs(): number;
  links(): Readonly<Record<string, LinkState>>;
  /** Standing faults of the links that a person must mend (refused certificate, wrong password); empty when there are none. */
  faults(): readonly LinkFault[];
  stop(): Promise<void>;
}

export interface DatedReport extends SaleReport {
  readonly atMs: number;
}
