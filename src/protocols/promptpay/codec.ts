import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asBoolean, asInteger, asObject, asOneOf, asPattern, asText, MessageFault } from '../../domain/json-fields.ts';
import { asId, bodyObject, isId, MAX_MQTT_BYTES, successData, toBytes } from './message.ts';
import { canonicalMac } from './signing.ts';

export { decodeUploadReply, decodeUploadRequest, encodeUploadReply, encodeUploadRequest, type LoggedSale, MAX_BATCH } from './event-log.ts';
export { isId, MAX_BODY_BYTES } from './message.ts';

const PIN = /^[A-Za-z0-9-]{1,16}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const message = (object: JsonObject): string => (object.message === undefined ? '' : asText(object.message, 'message', 500, 0));

export interface RegisterRequest {
  readonly chipId: string;
  /** Uppercase with colons. */
  readonly mac: string;
  readonly firmwareVersion: string;
}

export const encodeRegisterRequest = ({ chipId, mac, firmwareVersion }: RegisterRequest): Uint8Array =>
  toBytes({ chip_id: chipId, mac_address: mac, firmware_version: firmwareVersion });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeRegisterRequest(raw: Uint8Array): RegisterRequest {
  const request = bodyObject(raw);
  const mac = canonicalMac(asText(request.mac_address, 'mac_address', 32));
  if (mac === null) throw new MessageFault('mac_address', request.mac_address, 'six hex bytes, for example 02:00:5E:00:53:01');
  return {
    chipId: asText(request.chip_id, 'chip_id', 64),
    mac,
    firmwareVersion: asText(request.firmware_version, 'firmware_version', 64),
  };
}

export interface RegisterReply {
  readonly pin: string;
  readonly deviceId: string;
}

export const encodeRegisterReply = ({ pin, deviceId }: RegisterReply): Uint8Array =>
  toBytes({ success: true, data: { pin, device_id: deviceId }, message: 'Device registered successfully' });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeRegisterReply(raw: Uint8Array): RegisterReply {
  const data = successData(raw);
  return {
    pin: asPattern(data.pin, 'data.pin', PIN, '1 to 16 letters, digits or dashes'),
    deviceId: asId(data.device_id, 'data.device_id'),
  };
}

export interface PaymentRequest {
  readonly deviceId: string;
  /** Satang. */
  readonly amountMinor: number;
  readonly description: string;
}

export const encodePaymentRequest = ({ deviceId, amountMinor, description }: PaymentRequest): Uint8Array =>
  toBytes({ device_id: deviceId, amount: amountMinor, payment_method: 'QR_PROMPT_PAY', description });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodePaymentRequest(raw: Uint8Array): PaymentRequest {
  const request = bodyObject(raw);
  asOneOf(request.payment_method, 'payment_method', ['QR_PROMPT_PAY']);
  return {
    deviceId: asId(request.device_id, 'device_id'),
    amountMinor: asInteger(request.amount, 'amount', 1, 1_000_000_000_000),
    description: asText(request.description, 'description', 200, 0),
  };
}

export interface PaymentReply {
  readonly charge: string;
  /** The text to make the QR symbol of. */
  readonly qr: string;
  /** RFC 3339 with up to nanoseconds, as the backend writes it. */
  readonly expiry: string;
  /** The backend's own picture of the symbol, base64; the box draws its own. */
  readonly image: string | null;
}

export const encodePaymentReply = ({ charge, qr, expiry, image }: PaymentReply): Uint8Array =>
  toBytes({
    success: true,
    data: {
      chargeId: charge,
      redirect: null,
      encodedImage: { expiry, rawData: qr, imageBase64Encoded: image },
      actionRequired: 'ENCODED_IMAGE',
      paymentMethodType: 'QR_PROMPT_PAY',
    },
    message: 'Payment created successfully',
  });

/** `expiresAtMs` is `expiry` in milliseconds since 1970. The picture is passed on unread. @throws PeerFault `json-…`, `message-invalid` */
export function decodePaymentReply(raw: Uint8Array): PaymentReply & { readonly expiresAtMs: number } {
  const data = successData(raw);
  const image = asObject(data.encodedImage, 'data.encodedImage');
  const expiry = asPattern(image.expiry, 'data.encodedImage.expiry', RFC3339, 'a time in RFC 3339');
  const expiresAtMs = Date.parse(expiry);
  if (!Number.isFinite(expiresAtMs)) throw new MessageFault('data.encodedImage.expiry', expiry, 'a time that exists');
  if (data.paymentMethodType !== undefined) asOneOf(data.paymentMethodType, 'data.paymentMethodType', ['QR_PROMPT_PAY']);
  return {
    charge: asId(data.chargeId, 'data.chargeId'),
    qr: asText(image.rawData, 'data.encodedImage.rawData', 512),
    expiry,
    expiresAtMs,
    image: typeof image.imageBase64Encoded === 'string' ? image.imageBase64Encoded : null,
  };
}

/** The push message of a charge. */
export interface PaymentStatus {
  readonly success: boolean;
  readonly charge: string;
  /** Not in the document; some backends say it ("paid", "pending", …). */
  readonly status: string | null;
  readonly message: string;
}

export const encodePaymentStatus = ({ success, charge, status, message: text }: PaymentStatus): Uint8Array =>
  toBytes({ success, chargeId: charge, ...(status === null ? {} : { status }), message: text });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodePaymentStatus(raw: Uint8Array): PaymentStatus {
  const push = asObject(parseJson(raw, MAX_MQTT_BYTES), '');
  return {
    success: asBoolean(push.success, 'success'),
    charge: asId(push.chargeId, 'chargeId'),
    status: optionalStatus(push.status, 'status'),
    message: message(push),
  };
}

/** The answer to a status query; `charge` is null where the reply names none (the documented failure does not). */
export interface StatusReply extends Omit<PaymentStatus, 'charge'> {
  readonly charge: string | null;
}

export const encodeStatusReply = ({ success, charge, status, message: text }: StatusReply): Uint8Array => {
  const data = charge === null ? {} : { data: { chargeId: charge, ...(status === null ? {} : { status }) } };
  return toBytes({ success, ...data, message: text });
};

/** Takes a `status` beside or inside `data`. @throws PeerFault `json-…`, `message-invalid` */
export function decodeStatusReply(raw: Uint8Array): StatusReply {
  const reply = bodyObject(raw);
  const success = asBoolean(reply.success, 'success');
  const named = success || (reply.data !== undefined && reply.data !== null);
  const data = named ? asObject(reply.data, 'data') : null;
  return {
    success,
    charge: data === null || (!success && data.chargeId === undefined) ? null : asId(data.chargeId, 'data.chargeId'),
    status: optionalStatus(data?.status, 'data.status') ?? optionalStatus(reply.status, 'status'),
    message: message(reply),
  };
}

const optionalStatus = (value: JsonValue | undefined, path: string): string | null =>
  value === undefined || value === null ? null : asText(value, path, 40);

const BOX_STATUSES = ['normal', 'error', 'offline'] as const;

export interface StreamedState {
  /** dBm; null on a wired box, which the document has no value for: it goes out as 0. */
  readonly rssiDbm: number | null;
  readonly status: (typeof BOX_STATUSES)[number];
  readonly uptimeMinutes: number;
  readonly atMs: number;
}

export const encodeState = ({ rssiDbm, status, uptimeMinutes, atMs }: StreamedState): Uint8Array =>
  toBytes({ rssi: rssiDbm ?? 0, status, uptime: uptimeMinutes, timestamp: atMs });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeState(raw: Uint8Array): StreamedState {
  const state = asObject(parseJson(raw, MAX_MQTT_BYTES), '');
  const rssi = asInteger(state.rssi, 'rssi', -200, 100);
  return {
    rssiDbm: rssi === 0 ? null : rssi,
    status: asOneOf(state.status, 'status', BOX_STATUSES),
    uptimeMinutes: asInteger(state.uptime, 'uptime', 0, Number.MAX_SAFE_INTEGER),
    atMs: asInteger(state.timestamp, 'timestamp', 0, 8_640_000_000_000_000),
  };
}

export const encodeErrorReply = (text: string): Uint8Array => toBytes({ success: false, message: text });

/** The message of a `{success:false, message}` reply. @throws PeerFault `json-…`, `message-invalid` */
export function decodeErrorReply(raw: Uint8Array): string {
  const reply = bodyObject(raw);
  if (asBoolean(reply.success, 'success')) throw new MessageFault('success', true, 'false');
  return message(reply);
}

/** Topic on which the backend says how a charge ended. */
export const statusTopic = (charge: string): string => `device/${charge}/payment-status`;
/** Topic on which a box says how it is. */
export const streamingTopic = (deviceId: string): string => `server/${deviceId}/streaming`;
/** The charge a status topic is about, or null. */
export const chargeOfTopic = (topic: string): string | null => idIn(topic, /^device\/([^/]+)\/payment-status$/);
/** The device a streaming topic is about, or null. */
export const deviceOfTopic = (topic: string): string | null => idIn(topic, /^server\/([^/]+)\/streaming$/);
/** Path of the status query of a charge under `paymentsPath`. */
export const statusPath = (paymentsPath: string, charge: string): string => `${paymentsPath}/${encodeURIComponent(charge)}/status`;

function idIn(topic: string, pattern: RegExp): string | null {
  const id = pattern.exec(topic)?.[1];
  return id !== undefined && isId(id) ? id : null;
}
