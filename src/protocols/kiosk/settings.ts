import type { WebSocketEndpoint } from '../../net/endpoint.ts';

/** Everything the kiosk dialect needs, secrets already read. */
export interface KioskSettings extends WebSocketEndpoint {
  /** How long a screen is waited for after connecting before the connection is made anew, milliseconds. */
  readonly firstScreenMs: number;
  /** Time between signs of life, milliseconds; a dead connection is noticed within twice that. */
  readonly pingMs: number;
}

export const KIOSK_DEFAULTS = { firstScreenMs: 5_000, pingMs: 10_000 } as const;
