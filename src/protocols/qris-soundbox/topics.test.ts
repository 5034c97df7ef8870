import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as codec from './codec.ts';

describe('topics', () => {
  test.each([
    ['devices/sbx_001/uplink/heartbeat', 'uplink', 'heartbeat'],
    ['devices/sbx_001/uplink/dynamic-qr/request', 'uplink', 'dynamic-qr/request'],
    ['devices/sbx_001/uplink/config/ack', 'uplink', 'config/ack'],
    ['devices/sbx_001/uplink/command/ack', 'uplink', 'command/ack'],
    ['devices/sbx_001/downlink/dynamic-qr/response', 'downlink', 'dynamic-qr/response'],
    ['devices/sbx_001/downlink/payment/success', 'downlink', 'payment/success'],
    ['devices/sbx_001/downlink/config/push', 'downlink', 'config/push'],
    ['devices/sbx_001/downlink/command', 'downlink', 'command'],
  ])('%s', (topic, direction, kind) => expect(codec.kindOfTopic(topic)).toEqual({ deviceId: 'sbx_001', direction, kind }));

  test('are written as they are read', () => {
    for (const kind of codec.UPLINKS) {
      expect(codec.kindOfTopic(codec.uplinkTopic('a-b_C9', kind))).toEqual({ deviceId: 'a-b_C9', direction: 'uplink', kind });
    }
    for (const kind of codec.DOWNLINKS) {
      expect(codec.kindOfTopic(codec.downlinkTopic('a-b_C9', kind))).toEqual({ deviceId: 'a-b_C9', direction: 'downlink', kind });
    }
  });

  test.each([
    '',
    'devices',
    'devices//uplink/heartbeat',
    'devices/sbx_001/uplink',
    'devices/sbx_001/uplink/',
    'devices/sbx_001/uplink/heartbeat/',
    'devices/sbx_001/uplink/heartbeat\n',
    'devices/sbx_001/uplink/payment/success',
    'devices/sbx_001/downlink/heartbeat',
    'devices/sbx_001/sideways/command',
    'devices/a/b/downlink/command',
    'devices/+/downlink/command',
    'devices/#',
    'devices/a b/downlink/command',
    `devices/${'x'.repeat(65)}/downlink/command`,
    'Devices/sbx_001/downlink/command',
    'x/devices/sbx_001/downlink/command',
  ])('%j is none', (topic) => expect(codec.kindOfTopic(topic)).toBe(null));
});

test('any text is a topic or not, and nothing is thrown', () => {
  fc.assert(fc.property(fc.string({ maxLength: 100 }), (topic) => void codec.kindOfTopic(topic)));
});
