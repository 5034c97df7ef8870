import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KIOSK_PATH, REFERENCE_KIOSK } from '../refserver/kiosk/tokens.ts';
import { REFERENCE_GATEWAY } from '../refserver/payment-gateway/settings.ts';
import { put } from './json-path.ts';

/** The addresses the box's configuration must agree on with the rest of the simulation. */
export interface BoxAddresses {
  readonly apiPort: number;
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Of the payment gateway; null or absent where none runs. */
  readonly gatewayUrl?: string | null;
}

/** The dialects a virtual box can speak with the reference backend. */
export const SIMULATED_PROTOCOLS = ['promptpay', 'ds50', 'qris-soundbox', 'kiosk', 'payment-gateway'] as const;
export type SimulatedProtocol = (typeof SIMULATED_PROTOCOLS)[number];

export const POSPARAM = 'posparam.ini';
export const PUBLIC_KEY = 'ota.pub';

/** The configuration of a new virtual box; what else it needs is written into `folder`. */
export function newBox(protocol: SimulatedProtocol, folder: string, addresses: BoxAddresses): unknown {
  switch (protocol) {
    case 'promptpay':
      return newPromptPay(addresses);
    case 'ds50':
      return newDs50(folder, addresses);
    case 'qris-soundbox':
      return newQrisSoundbox(addresses);
    case 'kiosk':
      return newKiosk(addresses);
    case 'payment-gateway':
      return newPaymentGateway(addresses);
  }
}

const newPromptPay = ({ apiPort, httpUrl, mqttUrl }: BoxAddresses): unknown => ({
  device: { serial: 'SIM-0001', mac: '02:00:00:00:00:01', chipId: 'SIM-CHIP-0001', model: 'tilld-sim' },
  board: 'sim',
  protocol: 'promptpay',
  promptpay: { http: { url: httpUrl }, mqtt: { url: mqttUrl } },
  api: { port: apiPort },
  sale: {
    products: [
      { button: 'p1', label: 'Quick wash', priceMinor: 2_000, drive: { mode: 'hold', holdMs: 4_000 } },
      { button: 'p2', label: 'Standard', priceMinor: 4_000, drive: { mode: 'hold', holdMs: 8_000 } },
      { button: 'p3', label: 'Deluxe', priceMinor: 6_000, drive: { mode: 'pulses', count: 6, pulseMs: 500, gapMs: 500 } },
    ],
  },
  log: { level: 'warn' },
});

/** A soundbox on a shop's counter: the keypad asks for a QR, and whatever else the shop is paid is announced. */
const newQrisSoundbox = ({ apiPort, mqttUrl }: BoxAddresses): unknown => ({
  device: { serial: 'SIM-SBX-0001', mac: '02:00:00:00:00:0b', chipId: 'SIM-CHIP-000B', model: 'tilld-soundbox' },
  board: 'soundbox-sim',
  protocol: 'qris-soundbox',
  'qris-soundbox': { mqtt: { url: mqttUrl }, deviceId: 'sbx_001', terminalId: 'term_001' },
  api: { port: apiPort },
  language: 'id',
  sale: { currency: 'IDR', minMinor: 1, maxMinor: 10_000_000, resultMs: 4_000 },
  log: { level: 'warn' },
});

/** A kiosk with a touch screen and a ticket printer, whose screens the backend drives. */
const newKiosk = ({ apiPort, httpUrl }: BoxAddresses): unknown => ({
  device: { serial: 'SIM-KIOSK-0001', mac: '02:00:00:00:00:0c', chipId: 'SIM-CHIP-000C', model: 'tilld-kiosk' },
  board: 'kiosk-sim',
  protocol: 'kiosk',
  kiosk: { url: kioskUrl(httpUrl), token: REFERENCE_KIOSK.token },
  api: { port: apiPort },
  sale: { currency: 'GBP', maxMinor: 100_000 },
  printer: { driver: 'png', directory: 'tickets' },
  ticket: { title: 'tilld kiosk', notes: ['A virtual box'] },
  log: { level: 'warn' },
});

/** A machine in Viet Nam that sells by VietQR over the payment gateway. */
const newPaymentGateway = ({ apiPort, gatewayUrl }: BoxAddresses): unknown => ({
  device: { serial: 'SIM-VND-0001', mac: '02:00:00:00:00:0d', chipId: 'SIM-CHIP-000D', model: 'tilld-sim' },
  board: 'vending-sim',
  protocol: 'payment-gateway',
  'payment-gateway': { http: { url: gatewayUrl ?? '' }, apiKey: REFERENCE_GATEWAY.key },
  api: { port: apiPort },
  language: 'vi',
  sale: {
    currency: 'VND',
    minMinor: 1_000,
    maxMinor: 10_000_000,
    products: [
      { button: 'p1', label: 'Nước suối', priceMinor: 10_000 },
      { button: 'p2', label: 'Trà đào', priceMinor: 25_000 },
      { button: 'p3', label: 'Cà phê sữa', priceMinor: 30_000 },
    ],
  },
  log: { level: 'warn' },
});

/** Where the reference backend takes kiosks. */
export const kioskUrl = (httpUrl: string): string => `${httpUrl.replace(/^http/, 'ws')}${KIOSK_PATH}`;

/** A payment speaker, with parameters for the reference backend; it believes packages that are signed with `signingKeys`. */
function newDs50(folder: string, { apiPort, httpUrl, mqttUrl }: BoxAddresses): unknown {
  const apiKey = `sk_${'0'.repeat(32)}`;
  const posparam = {
    mqtt: { mqtt_auth_cert: 0, mqtt_username: 'sim', mqtt_password: 'sim', mqtt_topic: 'pos/message' },
    payment: {
      pgw_auth_type: 'api_key',
      pgw_ssl_cert: 1,
      pgw_api_key: apiKey,
      pgw_api_key_expiry: '20991231',
      pgw_api_sale: '/functions/v1/request-online-result-pos',
      pgw_api_details: '/functions/v1/get-transaction-records-pos',
    },
  };
  putEndpoint(posparam, ['mqtt', 'mqtt'], mqttUrl);
  putEndpoint(posparam, ['payment', 'pgw'], httpUrl);
  writeFileSync(join(folder, POSPARAM), `${JSON.stringify(posparam, null, 2)}\n`);
  return {
    device: { serial: 'SIM-DS50-0001', mac: '02:00:00:00:00:50', chipId: 'SIM-CHIP-0050', model: 'DS50' },
    board: 'ds50-sim',
    protocol: 'ds50',
    ds50: { posparam: { file: POSPARAM }, tms: { url: httpUrl, apiKey } },
    ota: { trustedKeys: [{ file: PUBLIC_KEY }], trialSeconds: 60 },
    api: { port: apiPort },
    keypad: 'minor',
    sale: { currency: 'USD', minMinor: 1, maxMinor: 99_999_999, resultMs: 2_000 },
    log: { level: 'warn' },
  };
}

/** Endpoint with its scheme, and port, as posparam.ini writes an address. */
export function putEndpoint(posparam: unknown, [section, prefix]: readonly [string, string], url: string): void {
  const { protocol, hostname, port } = new URL(url);
  put(posparam, [section, `${prefix}_endpoint`], `${protocol}//${hostname}`);
  put(posparam, [section, `${prefix}_port`], port);
}
