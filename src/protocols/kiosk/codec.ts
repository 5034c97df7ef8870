import { MessageFault as FieldFault } from '../../domain/json-fields.ts';
import type { KioskAction, KioskEvent, KioskScreen } from '../../domain/kiosk.ts';
import type { Currency } from '../../domain/money.ts';
import { actionHead, actionIn } from './actions.ts';
import { decodeKnown, encodeEnvelope } from './envelope.ts';
import { lineIn, reading } from './message.ts';
import { SCREEN_IDENTIFIERS, screenData, screenIn } from './screens.ts';

export { decodeEnvelope, type Envelope, encodeEnvelope } from './envelope.ts';
export { MAX_MESSAGE_BYTES, MessageFault } from './message.ts';
export { SCREEN_IDENTIFIERS } from './screens.ts';

/** What a box says. `screen` is the contract's identifier of the screen it answers. */
export type ClientMessage =
  | { readonly kind: 'action'; readonly action: KioskAction; readonly transaction: string; readonly screen: string; readonly atMs: number }
  /** Nothing that must be acted on: a status nobody here needs, or a type of message that is not known. */
  | { readonly kind: 'ignored' };

/**
 * What a server says; null for a STATUS_UPDATE and for a type of message that is not known: both are tolerated.
 * @throws MessageFault
 */
export function decodeServerMessage(text: string, currency: Currency): KioskEvent | null {
  return reading(() => {
    const envelope = decodeKnown(text);
    if (envelope === null || envelope.messageType === 'STATUS_UPDATE') return null;
    const { messageType, screen, data, transactionId: transaction } = envelope;
    if (messageType === 'SCREEN_CHANGE') return { event: 'screen', screen: screenIn(screen, data, currency), transaction };
    if (messageType === 'ERROR') return { event: 'error', code: lineIn(data.errorCode), message: lineIn(data.errorMessage), transaction };
    throw new FieldFault('messageType', messageType, 'one of SCREEN_CHANGE, ERROR, STATUS_UPDATE');
  });
}

/** What a box says. @throws MessageFault, which explains itself in words that can be sent back */
export function decodeClientMessage(text: string, currency: Currency): ClientMessage {
  return reading(() => {
    const envelope = decodeKnown(text);
    const action = envelope === null ? null : actionIn(envelope, currency);
    if (envelope === null || action === null) return { kind: 'ignored' };
    return { kind: 'action', action, transaction: envelope.transactionId, screen: envelope.screen, atMs: envelope.timestamp };
  });
}

/** @param atMs wall time, milliseconds since 1970 */
export const encodeAction = (action: KioskAction, transaction: string, atMs: number): string =>
  encodeEnvelope({ ...actionHead(action), transactionId: transaction, timestamp: atMs });

/** @param atMs wall time, milliseconds since 1970 @param currency written with its sign, also where the screen has no amount */
export const encodeScreen = (screen: KioskScreen, transaction: string, atMs: number, currency: Currency): string =>
  encodeEnvelope({
    messageType: 'SCREEN_CHANGE',
    screen: SCREEN_IDENTIFIERS[screen.screen],
    data: screenData(screen, currency),
    transactionId: transaction,
    timestamp: atMs,
  });

export interface WireError {
  readonly code: string;
  readonly message: string;
  /** The screen it is about by the contract's identifier, or CURRENT_SCREEN. */
  readonly screen: string;
}

/** @param atMs wall time, milliseconds since 1970 */
export const encodeError = ({ code, message, screen }: WireError, transaction: string, atMs: number): string =>
  encodeEnvelope({
    messageType: 'ERROR',
    screen,
    data: { errorMessage: message, errorCode: code },
    transactionId: transaction,
    timestamp: atMs,
  });
