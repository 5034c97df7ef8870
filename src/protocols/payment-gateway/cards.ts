import { CardSecret } from '../../domain/card.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asInteger, asOneOf, asText, MessageFault } from '../../domain/json-fields.ts';
import { asHidden, bodyObject, toBytes } from '../ds50/message.ts';
import { asAmount, isoText, numberIn, successData, textIn, timeIn } from './message.ts';

export const CARDS_PATH = '/api/thesieutoc';
export const CARD_STATUS_PATH = '/api/thesieutoc/status';

export const CARD_TYPES = ['Viettel', 'Vinaphone', 'Mobifone', 'Vietnamobile', 'Zing'] as const;
type CardType = (typeof CARD_TYPES)[number];
/** Face values a card may be said to have, VND. */
export const CARD_AMOUNTS = [10_000, 20_000, 50_000, 100_000, 200_000, 500_000] as const;
type CardAmount = (typeof CARD_AMOUNTS)[number];

/** A top-up card (1.1): the one message that carries its PIN and serial. */
export interface CardSubmitRequest {
  readonly username: string;
  readonly type: CardType;
  readonly amount: CardAmount;
  /** 10 to 15 letters and digits. */
  readonly pin: CardSecret;
  /** 10 to 20 letters and digits. */
  readonly serial: CardSecret;
  /** The same one again with the same card is the same submission. */
  readonly requestId: string | null;
}

export const encodeCardSubmitRequest = ({ username, type, amount, pin, serial, requestId }: CardSubmitRequest): Uint8Array =>
  toBytes({
    username,
    card_type: type,
    card_amount: String(amount),
    pin: pin.reveal(),
    serial: serial.reveal(),
    ...(requestId === null ? {} : { request_id: requestId }),
  });

/** No error says more of PIN and serial than kind and size. @throws PeerFault `json-…`, `message-invalid` */
export function decodeCardSubmitRequest(raw: Uint8Array): CardSubmitRequest {
  const request = bodyObject(raw);
  const amount = CARD_AMOUNTS.find((known) => String(known) === request.card_amount);
  if (amount === undefined) throw new MessageFault('card_amount', request.card_amount, `one of ${CARD_AMOUNTS.join(', ')} as a text`);
  return {
    username: asText(request.username, 'username', 64),
    type: asOneOf(request.card_type, 'card_type', CARD_TYPES),
    amount,
    pin: new CardSecret(asHidden(request.pin, 'pin', /^[A-Za-z0-9]{10,15}$/, '10 to 15 letters and digits')),
    serial: new CardSecret(asHidden(request.serial, 'serial', /^[A-Za-z0-9]{10,20}$/, '10 to 20 letters and digits')),
    requestId:
      request.request_id === undefined
        ? null
        : asHidden(request.request_id, 'request_id', /^[\x21-\x7e]{1,100}$/, '1 to 100 visible ASCII characters'),
  };
}

const WIRE = { pending: [0, 'PENDING'], success: [1, 'SUCCESS'], failed: [2, 'FAILED'], 'wrong-amount': [3, 'WRONG_AMOUNT'] } as const;
type KnownCardStatus = keyof typeof WIRE;
const KNOWN = Object.keys(WIRE) as KnownCardStatus[];

/** `unclear` is a number nobody knows, one that its own words contradict, or one the amounts beside it do: it settles nothing. */
type CardStatus = KnownCardStatus | 'unclear';

/** The answer to a submission (1.1). */
interface CardSubmitReply<Status = CardStatus> {
  readonly message: string;
  readonly transaction: string;
  readonly status: Status;
  readonly type: string;
  /** Face value as it was declared. */
  readonly amount: number;
  readonly createdAtMs: number | null;
}

export const encodeCardSubmitReply = (reply: CardSubmitReply<KnownCardStatus>): Uint8Array =>
  toBytes({
    success: true,
    message: reply.message,
    data: {
      transaction_id: reply.transaction,
      status: WIRE[reply.status][0],
      status_text: WIRE[reply.status][1],
      card_type: reply.type,
      amount: reply.amount,
      created_at: isoText(reply.createdAtMs),
    },
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeCardSubmitReply(raw: Uint8Array): CardSubmitReply {
  const data = successData(raw);
  return {
    message: textIn(bodyObject(raw).message),
    transaction: asTransaction(data.transaction_id, 'data.transaction_id'),
    status: statusIn(data),
    type: textIn(data.card_type),
    amount: asAmount(data.amount, 'data.amount', 1),
    createdAtMs: timeIn(data.created_at),
  };
}

/** Asks what a card has come to (1.3). */
export const encodeCardStatusRequest = (transaction: string): Uint8Array => toBytes({ transaction_id: transaction });

/** @throws PeerFault `json-…`, `message-invalid` */
export const decodeCardStatusRequest = (raw: Uint8Array): string => asTransaction(bodyObject(raw).transaction_id, 'transaction_id');

/** What a card has come to (1.3). Amounts in whole VND. */
interface CardStatusReply<Status = CardStatus> {
  readonly transaction: string;
  readonly status: Status;
  readonly type: string;
  readonly declaredAmount: number;
  /** Face value the operator found; known for `success` and `wrong-amount`. */
  readonly actualAmount: number | null;
  /** What is credited after fee and penalty; known for `success` and `wrong-amount`. */
  readonly receivedAmount: number | null;
  readonly feePercent: number | null;
  readonly penaltyPercent: number | null;
  readonly message: string;
  readonly updatedAtMs: number | null;
}

export const encodeCardStatusReply = (reply: CardStatusReply<KnownCardStatus>): Uint8Array =>
  toBytes({
    success: true,
    data: {
      transaction_id: reply.transaction,
      status: WIRE[reply.status][0],
      status_text: WIRE[reply.status][1],
      card_type: reply.type,
      declared_amount: reply.declaredAmount,
      actual_amount: reply.actualAmount,
      received_amount: reply.receivedAmount,
      fee_percent: reply.feePercent,
      ...(reply.status === 'wrong-amount' ? { penalty_percent: reply.penaltyPercent } : {}),
      message: reply.message,
      updated_at: isoText(reply.updatedAtMs),
    },
  });

/** More credited than the card is worth is not believed. @throws PeerFault `json-…`, `message-invalid` */
export function decodeCardStatusReply(raw: Uint8Array): CardStatusReply {
  const data = successData(raw);
  return {
    transaction: asTransaction(data.transaction_id, 'data.transaction_id'),
    ...cardStateIn(data, 'data'),
    type: textIn(data.card_type),
    feePercent: numberIn(data.fee_percent),
    penaltyPercent: numberIn(data.penalty_percent),
    message: textIn(data.message),
    updatedAtMs: timeIn(data.updated_at),
  };
}

/** What settles a card. */
export type CardState = Pick<CardStatusReply, 'status' | 'declaredAmount' | 'actualAmount' | 'receivedAmount'>;

/** The same as status and logs of a transaction have it. @throws MessageFault */
export function cardStateIn(data: JsonObject, path: string): CardState {
  const said = statusIn(data);
  const settled = said === 'success' || said === 'wrong-amount';
  const amount = (name: string) => (data[name] === undefined || data[name] === null ? null : asAmount(data[name], `${path}.${name}`));
  const declaredAmount = asAmount(data.declared_amount, `${path}.declared_amount`, 1);
  const actualAmount = settled ? asAmount(data.actual_amount, `${path}.actual_amount`, 1) : amount('actual_amount');
  const receivedAmount = settled
    ? asInteger(data.received_amount, `${path}.received_amount`, 0, actualAmount ?? 0)
    : amount('received_amount');
  const status = agrees(said, declaredAmount, actualAmount, receivedAmount) ? said : 'unclear';
  return { status, declaredAmount, actualAmount, receivedAmount };
}

function agrees(status: CardStatus, declared: number, actual: number | null, received: number | null): boolean {
  if (status === 'success') return actual === declared;
  if (status === 'wrong-amount') return actual !== declared;
  return (received ?? 0) === 0;
}

function statusIn(data: JsonObject): CardStatus {
  const code = asInteger(data.status, 'data.status', 0, 999);
  const status = KNOWN.find((known) => WIRE[known][0] === code);
  if (status === undefined) return 'unclear';
  return data.status_text === undefined || data.status_text === WIRE[status][1] ? status : 'unclear';
}

/** @throws MessageFault */
export const asTransaction = (value: JsonValue | undefined, path: string): string =>
  asHidden(value, path, /^[\x21-\x7e]{1,64}$/, '1 to 64 visible ASCII characters');
