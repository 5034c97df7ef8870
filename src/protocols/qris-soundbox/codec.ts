import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asInteger, asObject, asOneOf, asText } from '../../domain/json-fields.ts';
import type { Money } from '../../domain/money.ts';
import type { PaymentNotice, RemoteCommand } from '../../domain/remote.ts';
import {
  amountIn,
  asDeviceId,
  asId,
  asTime,
  lineIn,
  MAX_DOWNLINK_BYTES,
  MAX_UPLINK_BYTES,
  messageIn,
  timeText,
  toBytes,
} from './message.ts';

export {
  type CommandAck,
  type ConfigAck,
  decodeCommandAck,
  decodeConfigAck,
  encodeAck,
  encodeCommandAck,
  encodeConfigAck,
} from './acknowledgement.ts';
export { isDeviceId, MAX_UPLINK_BYTES } from './message.ts';
export { decodeConfigPush, encodeConfigPush, MAX_VERSION } from './settings-push.ts';
export { DOWNLINKS, type Downlink, downlinkTopic, kindOfTopic, UPLINKS, type Uplink, uplinkTopic } from './topics.ts';

const STATES = ['idle', 'awaiting_payment', 'delivering', 'updating', 'error'] as const;

export interface Heartbeat {
  readonly deviceId: string;
  /** Milliseconds since 1970; whole seconds go out. */
  readonly atMs: number;
  readonly firmwareVersion: string;
  readonly state: (typeof STATES)[number];
  /** Percent; null on a wired box. */
  readonly networkStrength: number | null;
  /** Percent; null on a box without a battery. */
  readonly batteryLevel: number | null;
}

/** Contract 3. */
export const encodeHeartbeat = ({ deviceId, atMs, firmwareVersion, state, networkStrength, batteryLevel }: Heartbeat): Uint8Array =>
  toBytes({
    message_type: 'heartbeat',
    device_id: deviceId,
    timestamp: timeText(atMs),
    firmware_version: firmwareVersion,
    state,
    network_strength: networkStrength,
    battery_level: batteryLevel,
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeHeartbeat(raw: Uint8Array): Heartbeat {
  const message = messageIn(raw, 'heartbeat', MAX_UPLINK_BYTES);
  return {
    deviceId: asDeviceId(message.device_id, 'device_id'),
    atMs: asTime(message.timestamp, 'timestamp'),
    firmwareVersion: asText(message.firmware_version, 'firmware_version', 64),
    state: asOneOf(message.state, 'state', STATES),
    networkStrength: percentIn(message.network_strength, 'network_strength'),
    batteryLevel: percentIn(message.battery_level, 'battery_level'),
  };
}

const percentIn = (value: JsonValue | undefined, path: string): number | null =>
  value === undefined || value === null ? null : asInteger(value, path, 0, 100);

export interface QrRequest {
  /** The same for every try of one charge. */
  readonly request: string;
  readonly deviceId: string;
  readonly terminalId: string;
  readonly amount: Money;
  /** Milliseconds since 1970; whole seconds go out. */
  readonly atMs: number;
}

/** Contract 4. */
export const encodeQrRequest = ({ request, deviceId, terminalId, amount, atMs }: QrRequest): Uint8Array =>
  toBytes({
    message_type: 'dynamic_qr_request',
    request_id: request,
    device_id: deviceId,
    terminal_id: terminalId,
    amount: amount.minor,
    currency: amount.currency,
    created_at: timeText(atMs),
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeQrRequest(raw: Uint8Array): QrRequest {
  const message = messageIn(raw, 'dynamic_qr_request', MAX_UPLINK_BYTES);
  return {
    request: asId(message.request_id, 'request_id'),
    deviceId: asDeviceId(message.device_id, 'device_id'),
    terminalId: asDeviceId(message.terminal_id, 'terminal_id'),
    amount: amountIn(message),
    atMs: asTime(message.created_at, 'created_at'),
  };
}

/** `correlation` is the request's id. A refusal's code and words are the backend's own, and may be empty. */
export type QrResponse =
  | {
      readonly correlation: string;
      readonly status: 'success';
      readonly charge: string;
      readonly qr: string;
      /** Milliseconds since 1970, by the backend's clock. */
      readonly expiresAtMs: number;
    }
  | { readonly correlation: string; readonly status: 'refused'; readonly code: string; readonly reason: string };

/** Contract 5, which knows only success; a refusal goes out as `error`, with `error_code` and `message`. */
export function encodeQrResponse(response: QrResponse): Uint8Array {
  const { correlation, status } = response;
  const head = { message_type: 'dynamic_qr_response', correlation_id: correlation };
  if (status === 'refused') return toBytes({ ...head, status: 'error', error_code: response.code, message: response.reason });
  const { charge, qr, expiresAtMs } = response;
  return toBytes({ ...head, transaction_id: charge, status, qr_payload: qr, expires_at: timeText(expiresAtMs) });
}

/** Every status but `success` is a refusal. What the QR says is not looked at here. @throws PeerFault `json-…`, `message-invalid` */
export function decodeQrResponse(raw: Uint8Array): QrResponse {
  const message = messageIn(raw, 'dynamic_qr_response', MAX_DOWNLINK_BYTES);
  const correlation = asId(message.correlation_id, 'correlation_id');
  if (asText(message.status, 'status', 40) !== 'success') {
    return { correlation, status: 'refused', code: lineIn(message.error_code), reason: lineIn(message.message) };
  }
  return {
    correlation,
    status: 'success',
    charge: asId(message.transaction_id, 'transaction_id'),
    qr: asText(message.qr_payload, 'qr_payload', 512),
    expiresAtMs: asTime(message.expires_at, 'expires_at'),
  };
}

/** A payment as a backend announces it, with what it says beside for boxes that read texts aloud. */
export interface PaymentSuccess extends PaymentNotice {
  readonly merchantName: string;
  readonly audioText: string;
}

/** Contract 6. */
export const encodePaymentSuccess = ({ event, charge, merchantName, amount, paidAtMs, audioText, text }: PaymentSuccess): Uint8Array =>
  toBytes({
    message_type: 'payment_success',
    event_id: event,
    transaction_id: charge,
    merchant_name: merchantName,
    amount: amount.minor,
    currency: amount.currency,
    paid_at: timeText(paidAtMs),
    audio_text: audioText,
    display_text: text,
  });

/** The texts are for people: however they look, they are no reason to lose a payment. @throws PeerFault `json-…`, `message-invalid` */
export function decodePaymentSuccess(raw: Uint8Array): PaymentNotice {
  const message = messageIn(raw, 'payment_success', MAX_DOWNLINK_BYTES);
  return {
    event: asId(message.event_id, 'event_id'),
    charge: asId(message.transaction_id, 'transaction_id'),
    amount: amountIn(message),
    text: lineIn(message.display_text),
    paidAtMs: asTime(message.paid_at, 'paid_at'),
  };
}

/** Contract 8. */
export const encodeCommand = ({ id, name, parameters }: RemoteCommand): Uint8Array =>
  toBytes({ message_type: 'command', command_id: id, command_name: name, parameters });

/** Which commands there are, and what they take, is not known here. @throws PeerFault `json-…`, `message-invalid` */
export function decodeCommand(raw: Uint8Array): RemoteCommand {
  const message = messageIn(raw, 'command', MAX_DOWNLINK_BYTES);
  const none: JsonObject = {};
  return {
    id: asId(message.command_id, 'command_id', 64),
    name: asId(message.command_name, 'command_name', 64),
    parameters: message.parameters === undefined ? none : asObject(message.parameters, 'parameters'),
  };
}
