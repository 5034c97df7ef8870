import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asInteger, asObject, asOneOf, asPattern, asText } from '../../domain/json-fields.ts';
import { TRANSACTION_ID } from '../../domain/kiosk.ts';
import { jsonOf, reading } from './message.ts';

const MESSAGE_TYPES = ['SCREEN_CHANGE', 'USER_ACTION', 'ERROR', 'STATUS_UPDATE'] as const;
type MessageType = (typeof MESSAGE_TYPES)[number];

/** What every message is (contract 4, "Message Format"). */
export interface Envelope {
  readonly messageType: MessageType;
  /** An identifier as the contract writes it, such as AMOUNT_SELECT; up to 64 characters. */
  readonly screen: string;
  readonly data: JsonObject;
  readonly transactionId: string;
  /** Milliseconds since 1970 by the sender's clock, up to the year 2100; a box without a clock begins at 0. */
  readonly timestamp: number;
}

const LAST_TIMESTAMP = Date.UTC(2100, 0, 1);

/** Fields beyond the five are passed over; absent or null `data` is an empty one. @throws MessageFault */
export const decodeEnvelope = (text: string): Envelope => reading(() => envelopeIn(asObject(jsonOf(text), '')));

/** As `decodeEnvelope`, or null for a type of message that is not known here. @throws MessageFault */
export const decodeKnown = (text: string): Envelope | null =>
  reading(() => {
    const message = asObject(jsonOf(text), '');
    const type = asText(message.messageType, 'messageType', 64);
    return isKnown(type) ? envelopeIn(message) : null;
  });

const isKnown = (type: string): boolean => MESSAGE_TYPES.some((known) => known === type);

const envelopeIn = ({ messageType, screen, data, transactionId, timestamp }: JsonObject): Envelope => ({
  messageType: asOneOf(messageType, 'messageType', MESSAGE_TYPES),
  screen: asText(screen, 'screen', 64),
  data: dataIn(data),
  transactionId: asPattern(transactionId, 'transactionId', TRANSACTION_ID, '1 to 64 of A-Z a-z 0-9 . _ : -'),
  timestamp: asInteger(timestamp, 'timestamp', 0, LAST_TIMESTAMP),
});

const dataIn = (data: JsonValue | undefined): JsonObject => (data === undefined || data === null ? {} : asObject(data, 'data'));

/** Compact JSON with the fields in the order of the contract. */
export const encodeEnvelope = ({ messageType, screen, data, transactionId, timestamp }: Envelope): string =>
  JSON.stringify({ messageType, screen, data, transactionId, timestamp });
