/** What the gateway is told when it is put together. */
export interface PaymentGatewaySettings {
  /** The key of each client, by the client's name: a request_id is the client's own. */
  readonly keys: Readonly<Record<string, string>>;
  /** 32 bytes; PINs and serials are sealed under it. */
  readonly dataKey: Uint8Array;
  /** Shown in version and system info. */
  readonly environment: string;
  /** Origins whose pages may call it from a browser; `*` is any. Default none. */
  readonly corsOrigins: readonly string[];
  /** Where PayOS sends the customer when the request does not say. */
  readonly returnUrl: string;
  readonly cancelUrl: string;
  /** How long a link can be paid, milliseconds. */
  readonly linkLifeMs: number;
  /** Requests in 60 seconds. */
  readonly limits: RateLimits;
  /** Null: none is used, and health calls it disabled. */
  readonly redis: { readonly host: string; readonly port: number } | null;
  /** Which services upstream are simulations, as health says. */
  readonly simulated: { readonly payos: boolean; readonly thesieutoc: boolean };
  /** As system info shows it: a relative path. */
  readonly databasePath: string;
}

export interface RateLimits {
  readonly write: number;
  readonly read: number;
  /** Callbacks from the services upstream. */
  readonly callback: number;
}

/** What clients use by default to reach the reference gateway. Published, so it protects nothing. */
export const REFERENCE_GATEWAY = { client: 'reference', key: 'pk_00000000000000000000000000000000' } as const;

export const DEFAULT_GATEWAY_SETTINGS: Omit<PaymentGatewaySettings, 'dataKey'> = {
  keys: { [REFERENCE_GATEWAY.client]: REFERENCE_GATEWAY.key },
  environment: 'simulation',
  corsOrigins: [],
  returnUrl: 'https://example.com/success',
  cancelUrl: 'https://example.com/cancel',
  linkLifeMs: 86_400_000,
  limits: { write: 5, read: 100, callback: 600 },
  redis: null,
  simulated: { payos: true, thesieutoc: true },
  databasePath: ':memory:',
};

/** As the document names it. */
export const GATEWAY_NAME = 'Payment Gateway API';
export const GATEWAY_VERSION = '1.0.0';
