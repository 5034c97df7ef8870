import { CardSecret, maskPan, type PresentedCard } from '../../domain/card.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asInteger, asList, asObject, MessageFault } from '../../domain/json-fields.ts';
import { type Currency, decimalText, type Money, parseDecimal } from '../../domain/money.ts';
import { asDay, asHidden, asSerial, bodyObject, toBytes } from './message.ts';

/** Most records read from one answer; a box asks for one. */
const MAX_RECORDS = 100;
const SIX_DIGITS = /^\d{6}$/;

/** The one message that carries card data (guide 3.5.1). */
export interface SaleRequest {
  readonly deviceSn: string;
  readonly model: string;
  /** `V1.0.0`. */
  readonly appVersion: string;
  readonly amount: Money;
  readonly card: PresentedCard;
  /** Six digits each. */
  readonly batch: string;
  readonly trace: string;
  /** Day and time of day of the sale by the box: `YYYY-MM-DD`, `HH:MM:SS`. */
  readonly date: string;
  readonly time: string;
}

/** The body of a sale request: the only place where card secrets are revealed. */
export const encodeSaleRequest = ({ card, amount, ...sale }: SaleRequest): Uint8Array =>
  toBytes({
    deviceSn: sale.deviceSn,
    model: sale.model,
    transType: 'SALE',
    appVersion: sale.appVersion,
    payType: 'CARD',
    transAmount: decimalText(amount),
    cardNo: card.maskedPan,
    cardOrg: card.org,
    emvData: card.emvData.reveal(),
    batchNo: sale.batch,
    traceNo: sale.trace,
    track2: card.track2.reveal(),
    pin: card.pinBlock.reveal(),
    date: sale.date,
    time: sale.time,
  });

/** Every field is required and strict; no error says more of a value than its kind and size. @throws PeerFault `json-…`, `message-invalid` */
export function decodeSaleRequest(raw: Uint8Array, currency: Currency): SaleRequest {
  const request = bodyObject(raw);
  asHidden(request.transType, 'transType', /^SALE$/, 'SALE');
  asHidden(request.payType, 'payType', /^CARD$/, 'CARD');
  return {
    deviceSn: asSerial(request.deviceSn, 'deviceSn'),
    model: asHidden(request.model, 'model', /^[\w.-]{1,32}$/, 'the name of a model'),
    appVersion: asHidden(request.appVersion, 'appVersion', /^[\w.+-]{1,32}$/, 'a version, for example V1.0.0'),
    amount: saleAmount(request.transAmount, currency),
    card: cardIn(request),
    batch: asHidden(request.batchNo, 'batchNo', SIX_DIGITS, 'six digits'),
    trace: asHidden(request.traceNo, 'traceNo', SIX_DIGITS, 'six digits'),
    date: asDay(request.date, 'date'),
    time: asHidden(request.time, 'time', /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/, 'a time of day as HH:MM:SS'),
  };
}

function cardIn(request: JsonObject): PresentedCard {
  const secret = (name: string, pattern: RegExp, expected: string) => new CardSecret(asHidden(request[name], name, pattern, expected));
  return {
    org: asHidden(request.cardOrg, 'cardOrg', /^[A-Z0-9]{1,16}$/, '1 to 16 capital letters and digits'),
    maskedPan: asHidden(request.cardNo, 'cardNo', /^\d{6}\*{3,9}\d{4}$/, 'a masked card number: 6 digits, asterisks, 4 digits'),
    emvData: secret('emvData', /^(?:[\dA-Fa-f]{2}){0,2048}$/, 'EMV data in hexadecimal, at most 2048 bytes'),
    track2: secret('track2', /^[\dD=]{1,40}F?$/, 'track 2'),
    pinBlock: secret('pin', /^(?:[\dA-Fa-f]{16}){1,2}$/, 'a PIN block in hexadecimal'),
  };
}

/** Only as `encodeSaleRequest` writes it: exactly the currency's decimals, more than nothing. */
function saleAmount(value: JsonValue | undefined, currency: Currency): Money {
  const expected = `an amount above 0 in ${currency}, for example ${decimalText({ minor: 6_666, currency })}`;
  const amount = typeof value === 'string' ? parseDecimal(value, currency) : null;
  if (amount === null || amount.minor === 0 || decimalText(amount) !== value)
    throw new MessageFault('transAmount', value, expected, 'hidden');
  return amount;
}

/** `unclear` is every word that neither approves nor declines: such a sale stays unresolved. */
type SaleStatus = 'approved' | 'declined' | 'unclear';

/** The answer to a sale request (guide 3.5.2). */
export interface SaleReply {
  readonly status: SaleStatus;
  /** May be empty, as may the response code. */
  readonly authCode: string;
  readonly responseCode: string;
  /** What the issuer has to say to the chip, in hexadecimal; may be empty. */
  readonly emvData: CardSecret;
}

export const encodeSaleReply = ({ status, authCode, responseCode, emvData }: SaleReply): Uint8Array =>
  toBytes({
    acqAuthCode: authCode,
    acqResponseCode: responseCode,
    emvData: emvData.reveal(),
    transStatus: { approved: 'APPROVE', declined: 'DECLINE', unclear: 'UNKNOWN' }[status],
  });

/** A status that its own response code contradicts is `unclear`. @throws PeerFault `json-…`, `message-invalid` */
export function decodeSaleReply(raw: Uint8Array): SaleReply {
  const reply = bodyObject(raw);
  const status = statusIn(reply.transStatus, 'transStatus');
  const responseCode = optional(reply.acqResponseCode, 'acqResponseCode', 16);
  const agrees = responseCode === '' || (status === 'approved') === (responseCode === '00');
  return {
    status: agrees ? status : 'unclear',
    authCode: optional(reply.acqAuthCode, 'acqAuthCode', 32),
    responseCode,
    emvData: new CardSecret(optional(reply.emvData, 'emvData', 4_096)),
  };
}

/** The guide says APPROVE in one place and APPROVED in the other; case is ignored. */
function statusIn(value: JsonValue | undefined, path: string): SaleStatus {
  const word = asHidden(value, path, /^[\x20-\x7e]{1,40}$/, 'APPROVE or DECLINE').toUpperCase();
  if (word === 'APPROVE' || word === 'APPROVED') return 'approved';
  return word === 'DECLINE' || word === 'DECLINED' ? 'declined' : 'unclear';
}

/** A text that servers leave out when they have nothing to say. */
const optional = (value: JsonValue | undefined, path: string, most: number): string =>
  value === undefined || value === null
    ? ''
    : asHidden(value, path, new RegExp(`^[\\x20-\\x7e]{0,${most}}$`), `a text of at most ${most} characters`);

/** Asks for the records of one box and one day, one a page (guide 3.5.3). */
export interface DetailsRequest {
  readonly deviceSn: string;
  /** From 1. */
  readonly page: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

export const encodeDetailsRequest = ({ deviceSn, page, date }: DetailsRequest): Uint8Array =>
  toBytes({ deviceSn, pageNo: String(page), pageSize: '1', date });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeDetailsRequest(raw: Uint8Array): DetailsRequest {
  const request = bodyObject(raw);
  asHidden(request.pageSize, 'pageSize', /^1$/, '1');
  return {
    deviceSn: asSerial(request.deviceSn, 'deviceSn'),
    page: Number(asHidden(request.pageNo, 'pageNo', /^[1-9]\d{0,5}$/, 'a page number from 1, as a text')),
    date: asDay(request.date, 'date'),
  };
}

/** A sale as the payment server remembers it. */
export interface SaleRecord {
  readonly status: SaleStatus;
  readonly authCode: string;
  /** As the server writes it: see `amountMatches`. */
  readonly transAmount: string;
  readonly maskedPan: string;
  readonly org: string;
  readonly trace: string;
  readonly batch: string;
  /** `YYYY-MM-DD HH:MM:SS`, by the server. */
  readonly at: string;
}

export interface DetailsReply {
  /** Records there are, on all pages. */
  readonly total: number;
  /** The sales among those of this page. */
  readonly records: readonly SaleRecord[];
}

export const encodeDetailsReply = ({ total, records }: DetailsReply): Uint8Array =>
  toBytes({
    respCode: '00',
    total,
    transInfo: records.map((record) => ({
      transStatus: { approved: 'APPROVED', declined: 'DECLINED', unclear: 'UNKNOWN' }[record.status],
      acqAuthCode: record.authCode,
      transAmount: record.transAmount,
      transType: 'SALE',
      cardNo: record.maskedPan,
      cardOrg: record.org,
      traceNo: record.trace,
      batchNo: record.batch,
      transDatetime: record.at,
    })),
  });

/**
 * A successful answer. It is JSON: the comma that the guide's example has after its last field is refused. A server that
 * forgets to mask a card number has it masked here. @throws PeerFault `json-…`, `message-invalid`, at `respCode` when it is not 00
 */
export function decodeDetailsReply(raw: Uint8Array): DetailsReply {
  const reply = bodyObject(raw);
  asHidden(reply.respCode, 'respCode', /^00$/, '00');
  const total = asInteger(reply.total, 'total', 0, 1_000_000);
  const listed =
    total === 0 && (reply.transInfo === undefined || reply.transInfo === null) ? [] : asList(reply.transInfo, 'transInfo', MAX_RECORDS);
  const records = listed.map((value, i) => readable(() => recordIn(asObject(value, `transInfo[${i}]`), `transInfo[${i}]`)));
  return { total, records: records.filter((record) => record !== null) };
}

/** What cannot be read is somebody else's: a record of this box carries the numbers the box gave it. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof MessageFault) return null;
    throw error;
  }
}

/** Null for a record of something else: a void may carry the numbers of the sale it undoes. */
function recordIn(record: JsonObject, path: string): SaleRecord | null {
  if (asHidden(record.transType, `${path}.transType`, /^[\x20-\x7e]{1,40}$/, 'SALE').toUpperCase() !== 'SALE') return null;
  const card = optional(record.cardNo, `${path}.cardNo`, 32);
  const digits = card.replaceAll(/\D/g, '');
  return {
    status: statusIn(record.transStatus, `${path}.transStatus`),
    authCode: optional(record.acqAuthCode, `${path}.acqAuthCode`, 32),
    transAmount: asHidden(
      record.transAmount,
      `${path}.transAmount`,
      /^\d{1,13}(\.\d{1,2})?$/,
      'a text of digits, with or without decimals',
    ),
    maskedPan: digits.length > 10 ? maskPan(digits) : card,
    org: optional(record.cardOrg, `${path}.cardOrg`, 16),
    trace: asHidden(record.traceNo, `${path}.traceNo`, SIX_DIGITS, 'six digits'),
    batch: asHidden(record.batchNo, `${path}.batchNo`, SIX_DIGITS, 'six digits'),
    at: optional(record.transDatetime, `${path}.transDatetime`, 40),
  };
}

/**
 * Whether a record's amount can be this one. The guide writes 66.66 in the request and 10000 in the record without
 * saying what that is: with a point it is the amount, without one it may be the amount or its hundredths.
 */
export function amountMatches(transAmount: string, amount: Money): boolean {
  if (parseDecimal(transAmount, amount.currency)?.minor === amount.minor) return true;
  const hundredths = /^\d+$/.test(transAmount) ? `${transAmount.slice(0, -2) || '0'}.${transAmount.slice(-2).padStart(2, '0')}` : '';
  return parseDecimal(hundredths, amount.currency)?.minor === amount.minor;
}
