import { DOWNLINKS, downlinkTopic, type Uplink, uplinkTopic } from '../protocols/qris-soundbox/codec.ts';
import { type Listener, listenAs } from './promptpay-box.ts';

/** A bare soundbox on the wire: says exactly the bytes it is given, hears all that is said to it, and understands nothing. */
export interface QrisWireBox extends Listener {
  readonly deviceId: string;
  /** Resolves when the broker has it. */
  say(kind: Uplink, payload: Uint8Array | string): Promise<void>;
  /** Of a message it hears next: the end of the topic, and its content. */
  hear(): Promise<{ readonly kind: string; readonly message: Readonly<Record<string, unknown>> }>;
}

/** Connects under the id of the device, with a session that stays. */
export async function qrisBox(mqttUrl: string, deviceId = 'sbx_001'): Promise<QrisWireBox> {
  const topics = DOWNLINKS.map((kind) => downlinkTopic(deviceId, kind));
  const listener = await listenAs(mqttUrl, { clientId: deviceId, clean: false }, ...topics);
  return {
    ...listener,
    deviceId,
    say: async (kind, payload) => void (await listener.client.publishAsync(uplinkTopic(deviceId, kind), Buffer.from(payload), { qos: 1 })),
    hear: async () => {
      const { topic, text } = await listener.next();
      return { kind: topic.split('/').slice(3).join('/'), message: JSON.parse(text) };
    },
  };
}
