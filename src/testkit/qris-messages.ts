import { readFileSync } from 'node:fs';
import * as codec from '../protocols/qris-soundbox/codec.ts';
import { raw, textOf } from './ds50-messages.ts';

/** Every documented message, and ours where the contract leaves them open. */
export const FIXTURES = [
  'heartbeat',
  'dynamic-qr-request',
  'dynamic-qr-response',
  'dynamic-qr-response-refused',
  'payment-success',
  'config-push',
  'command',
  'config-ack',
  'command-ack',
] as const;
export type Fixture = (typeof FIXTURES)[number];

/** The message as the document prints it. */
export const fixture = (name: Fixture): Uint8Array =>
  readFileSync(new URL(`../protocols/qris-soundbox/fixtures/${name}.json`, import.meta.url));
/** The same as a value, to be changed. */
export const documented = (name: Fixture): Record<string, unknown> => JSON.parse(textOf(fixture(name)));
/** The same without the document's line breaks, as it goes over the wire. */
export const compact = (name: Fixture): string => JSON.stringify(documented(name));
/** The same with other fields, or without those that are undefined. */
export const changed = (name: Fixture, change: object) => raw({ ...documented(name), ...change });

/** What reads each of them. */
export const DECODERS: Readonly<Record<Fixture, (raw: Uint8Array) => unknown>> = {
  heartbeat: codec.decodeHeartbeat,
  'dynamic-qr-request': codec.decodeQrRequest,
  'dynamic-qr-response': codec.decodeQrResponse,
  'dynamic-qr-response-refused': codec.decodeQrResponse,
  'payment-success': codec.decodePaymentSuccess,
  'config-push': codec.decodeConfigPush,
  command: codec.decodeCommand,
  'config-ack': codec.decodeConfigAck,
  'command-ack': codec.decodeCommandAck,
};
