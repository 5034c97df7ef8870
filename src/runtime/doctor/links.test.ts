import { expect, it } from 'vitest';
import type { Settings } from '../config.ts';
import { hostOf, linksOf, portOf } from './links.ts';

const MQTT = { url: 'mqtts://broker.example', username: 'box', password: 'synthetic-password' };
const HTTP = { url: 'https://backend.example/v1' };
const POSPARAM = {
  mqtt: {
    url: 'mqtts://[2001:db8::1]:8884',
    auth: { kind: 'password', username: 'box', password: 'synthetic-password' },
    topicPrefixes: ['t'],
  },
  payment: { url: 'https://pay.example:444', verifyTls: false },
};

it.each<[string, unknown, readonly (readonly [string, string, number, boolean])[]]>([
  [
    'promptpay',
    { promptpay: { mqtt: MQTT, http: { url: 'http://backend.example' } } },
    [
      ['broker', 'broker.example', 8883, true],
      ['backend', 'backend.example', 80, false],
    ],
  ],
  ['qris-soundbox', { qrisSoundbox: { mqtt: { url: 'mqtt://broker.example' } } }, [['broker', 'broker.example', 1883, false]]],
  ['payment-gateway', { paymentGateway: { http: HTTP } }, [['backend', 'backend.example', 443, true]]],
  ['kiosk', { kiosk: { url: 'wss://kiosk.example/v1', token: 'synthetic-token' } }, [['backend', 'kiosk.example', 443, true]]],
  [
    'ds50',
    { ds50: { files: { posparam: POSPARAM, ca: null, clientCertificate: null }, settings: { tms: { ...HTTP, apiKey: 'synthetic-key' } } } },
    [
      ['broker', '2001:db8::1', 8884, true],
      ['backend', 'pay.example', 444, true],
      ['tms', 'backend.example', 443, true],
    ],
  ],
])('the links of %s', async (protocol, sections, expected) => {
  const links = await linksOf({ backend: { protocol, ...(sections as object) } } as unknown as Settings);
  expect(links.map(({ code, url, tls }) => [code, hostOf(url), portOf(url), tls !== null])).toEqual(expected);
});
