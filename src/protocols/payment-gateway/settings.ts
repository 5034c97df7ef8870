import type { HttpEndpoint } from '../../net/endpoint.ts';

/** Everything the payment-gateway dialect needs, secrets already read. */
export interface PaymentGatewaySettings {
  readonly http: HttpEndpoint;
  /** Sent as `x-api-key`. */
  readonly apiKey: string;
  /** Time limit for one HTTP request, and for its turn within the rate limit before that, milliseconds. */
  readonly timeoutMs: number;
  /**
   * What a transfer is for, as payer and bank statement show it; `{order}`, `{description}` and `{serial}` stand for the
   * order code, the description of the sale and the serial number of the box. It is cut to 50 characters.
   */
  readonly descriptionTemplate: string;
}

/** With the order code it stays under the 25 characters that PayOS itself allows, and every bank can write it. */
export const PAYMENT_GATEWAY_DEFAULTS = { timeoutMs: 10_000, descriptionTemplate: 'TT {order}' } as const;
