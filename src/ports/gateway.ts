import type { CardSecret, PresentedCard } from '../domain/card.ts';
import type { SaleReport } from '../domain/journal.ts';
import type { KioskAction, KioskEvent } from '../domain/kiosk.ts';
import type { Money } from '../domain/money.ts';
import type { Order } from '../domain/order.ts';
import type { PackageOffer, UpdateReport } from '../domain/ota/update.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import type { Ack, PaymentNotice, RemoteCommand, SettingsPush } from '../domain/remote.ts';
import type { TopUpTerms } from '../domain/top-up.ts';

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

/**
 * What the backend says of a charge; `unresolved` is every answer that does not settle it. `paidMinor` is all that was
 * paid on it so far, where the backend says so: more than was asked for, or only a part. `worthMinor` is the face value of a
 * top-up card, where another one was declared. `kept`: the backend has it and it is not over, so it is asked about until it
 * is: it works on it, or what it says of it cannot be. `over`: nobody should pay it any more, but money may be on its way:
 * its QR leaves the screen, and it is watched on as one that has run out.
 */
export type ChargeAnswer =
  | { readonly state: 'paid'; readonly paidMinor?: number; readonly worthMinor?: number }
  | { readonly state: 'failed'; readonly reason: string }
  | {
      readonly state: 'unresolved';
      readonly reason: string;
      readonly paidMinor?: number;
      readonly kept?: 'pending' | 'unclear';
      readonly over?: true;
    };

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
  /** What it is busy with. */
  readonly activity: 'idle' | 'awaiting-payment' | 'delivering' | 'updating';
  readonly uptimeMinutes: number;
  /** Signal strength in dBm, or null on a wired box. */
  readonly rssiDbm: number | null;
}

/** What a backend says unasked. */
export type Inbound =
  | { readonly kind: 'confirmation'; readonly charge: string; readonly answer: ChargeAnswer; readonly done: () => void }
  /** The push link is up again after an absence: whatever was missed must be asked for. */
  | { readonly kind: 'reconnected' }
  | { readonly kind: 'order'; readonly order: Order; readonly done: () => void }
  | { readonly kind: 'update'; readonly offer: PackageOffer; readonly done: () => void }
  | { readonly kind: 'payment'; readonly payment: PaymentNotice; readonly done: () => void }
  | { readonly kind: 'settings'; readonly push: SettingsPush; readonly done: () => void }
  | { readonly kind: 'command'; readonly command: RemoteCommand; readonly done: () => void }
  | { readonly kind: 'kiosk'; readonly event: KioskEvent };

export type LinkState = 'up' | 'down' | 'off';

/** Why a link is down, in words for the person who serves the box. `code` is stable. */
export interface LinkFault {
  readonly link: string;
  readonly code: string;
  readonly detail: string;
  /** A warning is for a person to read; everything works while it stands. Default `error`. */
  readonly severity?: 'error' | 'warning';
}

/** Messages of the backend that could not be used since the start. */
export interface Rejections {
  readonly count: number;
  /** The newest: a stable code and the reason in words, without anything secret. */
  readonly last: { readonly code: string; readonly detail: string; readonly atMs: number } | null;
}

/** One card payment. Charge, trace and batch number are in the journal before it is sent. */
export interface CardRequest {
  /** Id of the charge: date of the sale, batch and trace number, `YYYYMMDD-BBBBBB-TTTTTT`. `queryPayment` asks by it. */
  readonly charge: string;
  readonly amount: Money;
  readonly card: PresentedCard;
  /** Wall time of the sale by the box, milliseconds since 1970. */
  readonly atMs: number;
}

/** What a dialect with cards can do besides. */
export interface CardGateway {
  /** Id of the charge of a sale at this wall time (milliseconds since 1970); batch and trace from 1 to 999,999. */
  charge(sale: { readonly atMs: number; readonly batch: number; readonly trace: number }): string;
  /**
   * Sends the sale request ONCE. `unresolved` when there is no answer that settles it: then only `queryPayment` may be
   * asked, and a second request is never sent. Throws nothing but what is a bug.
   */
  authorise(request: CardRequest, signal: AbortSignal): Promise<ChargeAnswer>;
}

/** A top-up card to be sent. Its charge is in the journal before. */
export interface TopUpRequest {
  readonly charge: string;
  readonly operator: string;
  /** Its face value as the customer said it. */
  readonly declared: Money;
  readonly serial: CardSecret;
  readonly pin: CardSecret;
}

/** What a dialect can do besides that takes top-up cards. What became of one is asked by `queryPayment`, as of any charge. */
export interface TopUpGateway extends TopUpTerms {
  /** Id of the charge of a card; `id` is unique for ever. */
  charge(id: string): string;
  /**
   * Sends a card, under the id of its charge: the same request again is the same submission, and a card that may have arrived
   * before is asked for first. `unresolved`: the backend has it. `failed`: it has not taken it and will not.
   * @throws RequestFault when nobody knows; retryable: the same request may be sent again. Says nothing of serial and PIN,
   * whatever the backend does; CallerFault `top-up-invalid`
   */
  submit(request: TopUpRequest, signal: AbortSignal): Promise<ChargeAnswer>;
}

export interface PackageRange {
  readonly path: string;
  /** First byte, from 0. */
  readonly from: number;
  /** 1 to 1,048,576. */
  readonly length: number;
  /** The file the earlier parts came from; a server that has another one now says so. */
  readonly etag: string | null;
}

export type PackagePart =
  | { readonly state: 'part'; readonly bytes: Uint8Array; readonly etag: string | null; readonly total: number }
  /** The server has another file under this path than the one the download began with. */
  | { readonly state: 'changed' };

/** What a dialect with a TMS can do besides. */
export interface UpdateGateway {
  /** @throws RequestFault */
  fetchPart(range: PackageRange, signal: AbortSignal): Promise<PackagePart>;
  report(reports: readonly DatedUpdateReport[], signal: AbortSignal): Promise<Delivery>;
}

/** What a dialect can do whose backend sets and commands the box from afar. */
export interface RemoteGateway {
  /** Acked when every one of them has been taken by the other side, as far as the dialect can know. */
  acknowledge(acks: readonly DatedAck[], signal: AbortSignal): Promise<Delivery>;
  /** The time the backend says it is, milliseconds since 1970; from then on `backendNowMs` goes by it. */
  setTime(atMs: number): void;
}

/** What a dialect can do whose backend drives the dialogue with the customer, screen by screen. */
export interface KioskGateway {
  /** Tells the backend about a transaction; false when there is no connection to send it over. */
  send(action: KioskAction, transaction: string): boolean;
  /** The transaction to go on with whenever the connection is made anew; null: none. */
  resume(transaction: string | null): void;
  /** Asks for the screen anew, by making the connection anew. */
  reconnect(): void;
}

/** What a dialect can do that takes its addresses and certificates from a package. */
export interface ParameterGateway {
  /** Links are closed and made anew with these. @throws ConfigurationFault when a certificate cannot be used; then nothing has changed */
  apply(files: BackendFiles): Promise<void>;
  /** Whether the whole backend answers by the parameters in use: broker and payment server. Never throws. */
  probe(signal: AbortSignal): Promise<boolean>;
}

/** What a dialect can do; the use cases ask here, never for the dialect's name. */
interface Capabilities {
  readonly pairs: boolean;
  readonly pushes: boolean;
  readonly queries: boolean;
  /** It hands out QRs for charges. */
  readonly qr: boolean;
  /** It takes sale reports. */
  readonly reports: boolean;
}

/**
 * One backend dialect. Start never fails for want of a network: a link that is down is a state, not an error.
 * Requests that get no usable answer throw PeerFault; `retryable` on it says whether the same request may be sent
 * again. `done` of a confirmation is called when its effect is committed: only then is the message acknowledged.
 */
export interface Gateway {
  readonly capabilities: Capabilities;
  /** Null where the dialect has no such thing. */
  readonly cards: CardGateway | null;
  readonly topUps: TopUpGateway | null;
  readonly updates: UpdateGateway | null;
  readonly parameters: ParameterGateway | null;
  readonly remote: RemoteGateway | null;
  readonly kiosk: KioskGateway | null;
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
  /** `amount` is what the charge is for: where the backend tells the amount, an answer about another one settles nothing. */
  queryPayment(charge: string, signal: AbortSignal, amount?: Money): Promise<ChargeAnswer>;
  deliver(reports: readonly DatedReport[], signal: AbortSignal): Promise<Delivery>;
  publishState(state: BoxState): void;
  /** The backend's wall clock as far as its last reply tells, else the box's own. Milliseconds since 1970. */
  backendNowMs(): number;
  links(): Readonly<Record<string, LinkState>>;
  /** Standing faults of the links that a person must mend (refused certificate, wrong password); empty when there are none. */
  faults(): readonly LinkFault[];
  rejections(): Rejections;
  stop(): Promise<void>;
}

export interface DatedReport extends SaleReport {
  readonly atMs: number;
}

export interface DatedUpdateReport extends UpdateReport {
  readonly atMs: number;
}

export interface DatedAck extends Ack {
  readonly atMs: number;
}
