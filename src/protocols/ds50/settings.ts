import type { HttpEndpoint } from '../../net/endpoint.ts';

/** What the ds50 dialect needs besides posparam.ini, secrets already read. */
export interface Ds50Settings {
  /** How the API key travels; the guide does not say (facts: `x-api-key` is the usual one). */
  readonly apiKeyHeader: 'x-api-key' | 'authorization-bearer';
  /** Private key (PEM) of the certificate in `key/client.pem`; needed when mqtt_auth_cert is 1. */
  readonly clientKey?: string;
  /** The TMS the box reports to and downloads from; without one there are no remote updates. */
  readonly tms?: HttpEndpoint & { readonly apiKey: string };
  /** Time limit for one HTTP request other than a sale, milliseconds. */
  readonly timeoutMs: number;
  /** Time limit for the answer to a sale request, milliseconds. */
  readonly saleTimeoutMs: number;
}

export const DS50_DEFAULTS = { apiKeyHeader: 'x-api-key', timeoutMs: 10_000, saleTimeoutMs: 60_000 } as const;
