import type { MqttEndpoint } from '../../net/endpoint.ts';

/** Everything the qris-soundbox dialect needs, secrets already read. */
export interface QrisSoundboxSettings {
  readonly mqtt: MqttEndpoint;
  /** What the backend calls the box: 1 to 64 of A-Z a-z 0-9 _ -. Part of every topic, and the MQTT client id. */
  readonly deviceId: string;
  /** The terminal that requests for a QR name, of the same form. */
  readonly terminalId: string;
  /** How long the answer to a request for a QR is waited for before the request is sent again, milliseconds. */
  readonly responseTimeoutMs: number;
}

export const QRIS_SOUNDBOX_DEFAULTS = { responseTimeoutMs: 5_000 } as const;
