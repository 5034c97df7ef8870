import { isDeviceId } from './message.ts';

/** What a box says, by the end of its topic. */
export const UPLINKS = ['heartbeat', 'dynamic-qr/request', 'config/ack', 'command/ack'] as const;
/** What a backend says to one box. */
export const DOWNLINKS = ['dynamic-qr/response', 'payment/success', 'config/push', 'command'] as const;

export type Uplink = (typeof UPLINKS)[number];
export type Downlink = (typeof DOWNLINKS)[number];

/** Where a message belongs: each topic is about one box and one kind of message. */
type TopicMeaning =
  | { readonly deviceId: string; readonly direction: 'uplink'; readonly kind: Uplink }
  | { readonly deviceId: string; readonly direction: 'downlink'; readonly kind: Downlink };

/** Topic on which a box says this (contract 2). */
export const uplinkTopic = (deviceId: string, kind: Uplink): string => `devices/${deviceId}/uplink/${kind}`;
/** Topic on which a box is told this (contract 2). */
export const downlinkTopic = (deviceId: string, kind: Downlink): string => `devices/${deviceId}/downlink/${kind}`;

/** What a topic is about, or null when it is none of the contract's. */
export function kindOfTopic(topic: string): TopicMeaning | null {
  const [, deviceId = '', direction, rest] = /^devices\/([^/]+)\/(uplink|downlink)\/(.+)$/s.exec(topic) ?? [];
  if (!isDeviceId(deviceId)) return null;
  const up = UPLINKS.find((kind) => kind === rest);
  if (direction === 'uplink' && up !== undefined) return { deviceId, direction, kind: up };
  const down = DOWNLINKS.find((kind) => kind === rest);
  return direction === 'downlink' && down !== undefined ? { deviceId, direction, kind: down } : null;
}
