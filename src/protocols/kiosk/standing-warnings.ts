import { isLoopback } from '../../domain/loopback.ts';
import type { LinkFault } from '../../ports/gateway.ts';
import { unverified } from '../ds50/standing-warnings.ts';
import type { KioskSettings } from './settings.ts';

/** What a person must know of these settings although the link works. */
export function warningsOf({ url, insecure }: KioskSettings): LinkFault[] {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'wss:') return insecure === true ? [unverified('websocket', 'insecure is set')] : [];
  // Loopback is no network.
  if (isLoopback(hostname)) return [];
  const detail = 'The token and every message go over the network for everybody to read and change. Use a wss:// url.';
  return [{ link: 'websocket', code: 'not-encrypted', severity: 'warning', detail }];
}
