/** What a payment link is made from. Amounts in whole VND. */
export interface LinkRequest {
  /** 1 to 2^53 - 1; one link for each, for ever. */
  readonly orderCode: number;
  readonly amount: number;
  readonly description: string;
  readonly returnUrl: string;
  readonly cancelUrl: string;
  readonly buyerName?: string;
  readonly buyerEmail?: string;
  readonly buyerPhone?: string;
  readonly items?: readonly { readonly name: string; readonly quantity: number; readonly price: number }[];
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface PaymentLink {
  readonly paymentLinkId: string;
  readonly bin: string;
  readonly accountNumber: string;
  readonly accountName: string;
  readonly amount: number;
  readonly description: string;
  readonly orderCode: number;
  readonly qrCode: string;
  readonly checkoutUrl: string;
  readonly status: LinkStatus;
}

/** PENDING and PROCESSING are open; of the others UNDERPAID may still become PAID. */
export const LINK_STATUSES = ['PENDING', 'PROCESSING', 'PAID', 'CANCELLED', 'EXPIRED', 'UNDERPAID', 'FAILED'] as const;
export type LinkStatus = (typeof LINK_STATUSES)[number];

export interface LinkTransfer {
  readonly reference: string;
  readonly amount: number;
  readonly accountNumber: string;
  readonly description: string;
  readonly atMs: number;
}

export interface LinkState {
  readonly orderCode: number;
  readonly paymentLinkId: string;
  readonly amount: number;
  readonly amountPaid: number;
  /** Never below 0, also when more than `amount` was paid. */
  readonly amountRemaining: number;
  readonly status: LinkStatus;
  readonly createdAtMs: number;
  readonly transfers: readonly LinkTransfer[];
}

/** A transfer that PayOS told of by itself, its signature checked. */
export interface LinkNotice {
  readonly orderCode: number;
  readonly paymentLinkId: string;
  readonly amount: number;
  readonly reference: string;
  readonly atMs: number;
}

/**
 * PayOS. Every method rejects with PeerFault: `upstream-unreachable` (may be tried again; a link may have been made),
 * `upstream-refused` (its own code and words in `found`), `upstream-invalid` (an answer that cannot be used, a wrong signature).
 */
export interface PayOsUpstream {
  createLink(request: LinkRequest, signal: AbortSignal): Promise<PaymentLink>;
  /** Null for an order it does not know. */
  link(orderCode: number, signal: AbortSignal): Promise<LinkState | null>;
  cancelLink(orderCode: number, reason: string, signal: AbortSignal): Promise<LinkState>;
  /** Reads a webhook body; null when its signature is not PayOS's. @throws PeerFault `upstream-invalid` for a body that is no webhook */
  readNotice(body: unknown): LinkNotice | null;
  /** Whether it answers; never throws. */
  probe(signal: AbortSignal): Promise<boolean>;
}

export const CARD_TYPES = ['Viettel', 'Vinaphone', 'Mobifone', 'Vietnamobile', 'Zing'] as const;
export type CardType = (typeof CARD_TYPES)[number];
/** Face values of top-up cards, VND. */
export const CARD_AMOUNTS = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000] as const;

export interface CardSubmission {
  /** The gateway's transaction id: TheSieuToc calls it `content`. The same one again is the same submission. */
  readonly id: string;
  readonly type: CardType;
  readonly amount: number;
  readonly pin: string;
  readonly serial: string;
}

/** 0 to 3 as the document's table of card statuses. */
export const CARD_STATUS = { PENDING: 0, SUCCESS: 1, FAILED: 2, WRONG_AMOUNT: 3 } as const;
export type CardStatus = (typeof CARD_STATUS)[keyof typeof CARD_STATUS];

export interface CardState {
  readonly status: CardStatus;
  /** Face value the operator found; null while unknown. */
  readonly actualAmount: number | null;
  /** What is credited after fee and penalty; null while unknown. */
  readonly receivedAmount: number | null;
  /** TheSieuToc's words. */
  readonly message: string;
}

export interface CardFee {
  readonly type: CardType;
  readonly value: number;
  /** Percent, may have decimals. */
  readonly fees: number;
  readonly penalty: number;
}

/** TheSieuToc. Faults as PayOsUpstream. */
export interface TheSieuTocUpstream {
  submit(card: CardSubmission, signal: AbortSignal): Promise<CardState>;
  /** What became of a submission; null for one it does not know. The card again, because its API asks by pin and serial. */
  status(card: CardSubmission, signal: AbortSignal): Promise<CardState | null>;
  fees(account: string | null, signal: AbortSignal): Promise<readonly CardFee[]>;
  probe(signal: AbortSignal): Promise<boolean>;
}

export interface Upstreams {
  readonly payos: PayOsUpstream;
  readonly thesieutoc: TheSieuTocUpstream;
}
