import mqtt from 'mqtt';
import type { SignerSettings } from '../protocols/promptpay/settings.ts';
import { createSigner, type SignedRequest } from '../protocols/promptpay/signing.ts';
import { seededEntropy } from './entropy.ts';

/** A reply as it came over the wire. */
export interface WireReply {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** A bare box on the wire: signs and sends exactly the bytes it is given, and understands nothing of the answers. */
export interface WireBox {
  post(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<WireReply>;
  get(path: string): Promise<WireReply>;
  /** Registers, claims with the PIN, and returns the device id. */
  pair(): Promise<string>;
}

export const SYNTHETIC_MAC = '02:00:5E:00:53:01';
export const REGISTER_PATH = '/api/vi/device/need-register';
export const PAYMENTS_PATH = '/api/v1/payment-gateway/payments';
export const UPLOADS_PATH = '/api/v1/device-event-logs/uploads';

/** The documented registration with a MAC that is one. */
export const registerBody = (mac = SYNTHETIC_MAC): string =>
  JSON.stringify({ chip_id: 'chip-0001', mac_address: mac, firmware_version: '0.1.0' });

export const paymentBody = (deviceId: string, amountMinor: number, description = 'Car wash payment'): string =>
  JSON.stringify({ device_id: deviceId, amount: amountMinor, payment_method: 'QR_PROMPT_PAY', description });

/** A box that speaks to the backend at `httpUrl`. `nowMs` dates its signatures. */
export function wireBox(
  httpUrl: string,
  nowMs: () => number,
  { mac = SYNTHETIC_MAC, signer = { profile: 'crc32' } as SignerSettings } = {},
): WireBox {
  const signing = createSigner(signer, mac, { wallMs: nowMs }, seededEntropy(Number.parseInt(mac.slice(-2), 16)));
  const send = async (method: 'GET' | 'POST', path: string, text: string, extra: Readonly<Record<string, string>>): Promise<WireReply> => {
    const purpose: SignedRequest['purpose'] = path.endsWith('need-register') ? 'register' : 'other';
    const signed = signing.headers({ purpose, method, path, body: new TextEncoder().encode(text) });
    const type: Record<string, string> = method === 'POST' ? { 'content-type': 'application/json' } : {};
    const headers = { ...type, ...signed, ...extra };
    return wireReply(await fetch(httpUrl + path, method === 'POST' ? { method, headers, body: text } : { method, headers }));
  };
  const post: WireBox['post'] = (path, body, headers = {}) => send('POST', path, body, headers);
  return {
    post,
    get: (path) => send('GET', path, '', {}),
    pair: async () => {
      const { pin, device_id } = JSON.parse((await post(REGISTER_PATH, registerBody(mac))).text).data as Record<string, string>;
      await control(httpUrl, 'POST', `devices/${device_id}/claim`, { pin });
      return device_id ?? '';
    },
  };
}

/** Calls the reference backend's control API. */
export async function control(httpUrl: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<WireReply> {
  const json = { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return wireReply(await fetch(`${httpUrl}/ref/${path}`, body === undefined ? { method } : json));
}

async function wireReply(response: Response): Promise<WireReply> {
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text(), headers: response.headers };
}

interface HeardMessage {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
  readonly qos: number;
}

/** An MQTT client that keeps what it hears in order. */
export interface Listener {
  readonly client: mqtt.MqttClient;
  /** The next message, waiting for it if need be. */
  next(): Promise<HeardMessage>;
  /** Messages that were heard and not taken by `next`. */
  readonly unread: readonly HeardMessage[];
  stop(): Promise<void>;
}

/** Connects and subscribes with QoS 1. */
export const listenTo = (mqttUrl: string, ...topics: string[]): Promise<Listener> => listenAs(mqttUrl, {}, ...topics);

/** As `listenTo`, as a client of one's choice: with an id, with a session that stays. */
export async function listenAs(mqttUrl: string, options: mqtt.IClientOptions, ...topics: string[]): Promise<Listener> {
  const client = mqtt.connect(mqttUrl, { reconnectPeriod: 0, ...options });
  const unread: HeardMessage[] = [];
  const waiting: ((message: HeardMessage) => void)[] = [];
  client.on('message', (topic, payload, { retain, qos }) => {
    const message = { topic, text: payload.toString(), retain, qos };
    const taker = waiting.shift();
    if (taker) taker(message);
    else unread.push(message);
  });
  // What a session has kept may come with the broker's first word: it is listened for before.
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
  });
  for (const topic of topics) await client.subscribeAsync(topic, { qos: 1 });
  return {
    client,
    unread,
    next: () => {
      const first = unread.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => void waiting.push(resolve));
    },
    stop: () => client.endAsync(true),
  };
}
