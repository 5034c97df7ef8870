import { MqttLink, type MqttLinkOptions } from '../net/mqtt.ts';
import type { PushMessage } from '../net/mqtt-connection.ts';
import type { MqttFault } from '../net/mqtt-fault.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';

type LinkEvent =
  | { readonly kind: 'message'; readonly message: PushMessage; readonly text: string; readonly done: () => void }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly fault: MqttFault; readonly retryMs: number }
  | { readonly kind: 'refused'; readonly topic: string };

/** A link to a broker on this machine, on a clock of its own, that writes down all it says. Stop it at the end. */
export function testLink(port: number, options: Partial<MqttLinkOptions> = {}, onMessage: (done: () => void) => void = () => {}) {
  const clock = new FakeClock();
  const events = eventLog<LinkEvent>();
  const made = new MqttLink(
    {
      endpoint: { url: `mqtt://127.0.0.1:${port}` },
      clientId: 'tilld-0001',
      will: () => ({ topic: 'server/d-1/streaming', payload: Buffer.from('gone') }),
      clock,
      entropy: seededEntropy(),
      ...options,
    },
    {
      message: (message, done) => {
        events.add({ kind: 'message', message, text: Buffer.from(message.payload).toString(), done });
        onMessage(done);
      },
      up: () => events.add({ kind: 'up' }),
      down: (fault, retryMs) => events.add({ kind: 'down', fault, retryMs }),
      refusedTopic: (topic) => events.add({ kind: 'refused', topic }),
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
