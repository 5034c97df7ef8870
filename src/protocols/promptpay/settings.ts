import type { HttpEndpoint, MqttEndpoint } from '../../net/endpoint.ts';

/** How requests are signed; the first three guard against accidents only, `hmac-sha256` against people. */
export type SignerSettings =
  | { readonly profile: 'crc32' | 'mac-sha256' }
  | { readonly profile: 'shared-secret-sha256'; readonly secret: string }
  /** `key` is the device's own secret, at least 16 bytes of text. */
  | { readonly profile: 'hmac-sha256'; readonly keyId: string; readonly key: string };

/** Everything the promptpay dialect needs, secrets already read. */
export interface PromptPaySettings {
  readonly http: HttpEndpoint;
  readonly mqtt: MqttEndpoint;
  readonly signer: SignerSettings;
  /** The document writes `/api/vi/…`; some backends serve `/api/v1/…`. */
  readonly registerPath: string;
  readonly paymentsPath: string;
  readonly uploadsPath: string;
  /** Whether a QR without an amount in it may be shown. */
  readonly allowStaticQr: boolean;
  /** Time limit for one HTTP request, milliseconds. */
  readonly timeoutMs: number;
}

export const PROMPTPAY_DEFAULTS = {
  signer: { profile: 'crc32' },
  registerPath: '/api/vi/device/need-register',
  paymentsPath: '/api/v1/payment-gateway/payments',
  uploadsPath: '/api/v1/device-event-logs/uploads',
  allowStaticQr: false,
  timeoutMs: 10_000,
} as const;
