import { excerpt } from '../../domain/card-data.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asObject, asOneOf, asPattern, MessageFault } from '../../domain/json-fields.ts';
import { type Currency, fractionDigits } from '../../domain/money.ts';
import type { Order } from '../../domain/order.ts';
import type { PackageOffer } from '../../domain/ota/update.ts';
import { MAX_MQTT_BYTES, toBytes } from './message.ts';
import { instructionIn } from './tms.ts';

export { MAX_BODY_BYTES } from './message.ts';
export {
  amountMatches,
  type DetailsReply,
  type DetailsRequest,
  decodeDetailsReply,
  decodeDetailsRequest,
  decodeSaleReply,
  decodeSaleRequest,
  encodeDetailsReply,
  encodeDetailsRequest,
  encodeSaleReply,
  encodeSaleRequest,
  type SaleRecord,
  type SaleReply,
  type SaleRequest,
} from './payment.ts';

const TRANS_TYPES = { sale: '00', announcement: '99' } as const;
/** 12 digits of cents: what fits below MAX_MINOR. */
const MOST_CENTS = 999_999_999_999;
/** As long as the description of a sale may be, characters. */
const MOST_MESSAGE = 200;

/** An order as a message brought it; `notices` say what was accepted although the guide writes it otherwise. */
export interface OrderMessage {
  readonly order: Order;
  readonly notices: readonly string[];
}

/** What comes on a box's topic: an order, or the TMS's instruction to install a package. */
export type InboundMessage = ({ readonly kind: 'order' } & OrderMessage) | { readonly kind: 'update'; readonly offer: PackageOffer };

/** The topic a box listens to: the configured prefix and its serial number (guide 3.2.1). */
export const topicOf = (prefix: string, serial: string): string => `${prefix}/${serial}`;

/** An order as the guide writes it (3.4). The amount goes out in hundredths, whatever decimals the currency has. */
export const encodeMessage = ({ id, purpose, amountMinor, message }: Order, currency: Currency): Uint8Array =>
  toBytes({ message, amount: String(amountMinor * centsPerMinor(currency)), transType: TRANS_TYPES[purpose], orderId: id });

/** One order (guide 3.4); fields it does not know are left alone. @throws PeerFault `json-…`, `message-invalid` */
export const decodeMessage = (raw: Uint8Array, currency: Currency): OrderMessage => orderIn(objectIn(raw), currency);

/** An order, or an update by its field `update`. @throws PeerFault `json-…`, `message-invalid` */
export function decodeInbound(raw: Uint8Array, currency: Currency): InboundMessage {
  const object = objectIn(raw);
  if (object.update === undefined) return { kind: 'order', ...orderIn(object, currency) };
  if (object.transType !== undefined) throw new MessageFault('update', object.update, 'an order or an update, not both');
  return { kind: 'update', offer: instructionIn(object) };
}

const objectIn = (raw: Uint8Array): JsonObject => asObject(parseJson(raw, MAX_MQTT_BYTES), '');

function orderIn(object: JsonObject, currency: Currency): OrderMessage {
  const type = asOneOf(object.transType, 'transType', Object.values(TRANS_TYPES));
  const cents = centsIn(object.amount);
  if (cents % centsPerMinor(currency) !== 0) throw new MessageFault('amount', object.amount, `a whole amount: ${currency} has no cents`);
  if (type === TRANS_TYPES.sale && cents === 0) throw new MessageFault('amount', object.amount, 'more than 0 for a sale');
  const notices: string[] = [];
  if (typeof object.amount === 'number') notices.push('amount is a number; the guide writes a text of cents');
  if (typeof object.orderId === 'number') notices.push('orderId is a number; the guide writes a text');
  return {
    order: {
      id: orderIdIn(object.orderId),
      purpose: type === TRANS_TYPES.sale ? 'sale' : 'announcement',
      amountMinor: cents / centsPerMinor(currency),
      message: messageIn(object.message, notices),
    },
    notices,
  };
}

/** A text that only goes with the amount: no fault of it is worth losing a payment's announcement for. */
function messageIn(value: JsonValue | undefined, notices: string[]): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') {
    notices.push('message is no text and is left out');
    return '';
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  const clean = value.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (clean !== value) notices.push('message holds control characters or blanks around it, which are left out');
  if (clean.length <= MOST_MESSAGE) return clean;
  notices.push(`message has ${clean.length} characters and is cut to ${MOST_MESSAGE}`);
  return excerpt(clean, MOST_MESSAGE);
}

/** Cents as a text of up to 12 digits, none meaning 0; a number is a common mistake of senders and as good. */
function centsIn(value: JsonValue | undefined): number {
  const expected = 'a text of up to 12 digits: the amount in cents';
  if (typeof value !== 'number') return Number(asPattern(value, 'amount', /^\d{0,12}$/, expected));
  if (!Number.isSafeInteger(value) || value < 0 || value > MOST_CENTS) throw new MessageFault('amount', value, expected);
  return value;
}

function orderIdIn(value: JsonValue | undefined): string {
  const id = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? String(value) : value;
  return asPattern(id, 'orderId', /^[\x21-\x7e]{1,64}$/, '1 to 64 visible ASCII characters');
}

const centsPerMinor = (currency: Currency): number => 10 ** (2 - fractionDigits(currency));
