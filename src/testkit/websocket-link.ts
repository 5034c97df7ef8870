import { WebSocketLink, type WebSocketLinkOptions } from '../net/websocket.ts';
import type { WebSocketFault } from '../net/websocket-fault.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';

type LinkEvent =
  | { readonly kind: 'up' }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'down'; readonly fault: WebSocketFault; readonly retryMs: number };

export const PING_MS = 10_000;

/** A link to a server on this machine, on a clock of its own, that writes down all it says. Stop it at the end. */
export function testWebSocketLink(url: string, options: Partial<WebSocketLinkOptions> = {}, onMessage: (text: string) => void = () => {}) {
  const clock = new FakeClock();
  const events = eventLog<LinkEvent>();
  const made = new WebSocketLink(
    { endpoint: { url }, pingMs: PING_MS, maxMessageBytes: 65_536, clock, entropy: seededEntropy(), ...options },
    {
      up: () => events.add({ kind: 'up' }),
      message: (text) => {
        events.add({ kind: 'message', text });
        onMessage(text);
      },
      down: (fault, retryMs) => events.add({ kind: 'down', fault, retryMs }),
    },
  );
  /** Waits for the next loss and lets the time pass until the next try. */
  const retry = async () => {
    const down = await events.next('down');
    clock.advance(down.retryMs);
    return down;
  };
  return { link: made, clock, events, retry };
}
