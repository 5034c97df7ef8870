import fs from 'node:fs';
import { join } from 'node:path';
import type { BoxStatus } from '../app/box.ts';
import { makeKeyPair } from '../ota/package/keys.ts';
import { REFERENCE_DS50 } from '../refserver/ds50/api-key.ts';
import { cardLeaks, cardLeaksBelow } from './card-leaks.ts';
import { DETAILS_PATH, SALE_PATH } from './ds50-gateway.ts';
import { TilldProcess } from './run-process.ts';

export const WATCHED_SERIAL = 'WATCHED-1';
const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;
const READINGS = [
  '/v1/status',
  '/v1/ledger?limit=1000',
  '/v1/queue',
  '/v1/counters',
  '/v1/screen',
  '/v1/screen.svg',
  '/v1/updates',
  '/healthz',
  '/metrics',
  '/sim/outputs',
  '/sim/speaker',
];

interface Servers {
  readonly httpUrl: string;
  readonly mqttUrl: string;
}

/** A whole ds50 box as a process of its own, at log level debug, of which every output is kept and searched for card data. */
export class WatchedBox {
  readonly folder: string;
  readonly state: string;
  readonly keys = makeKeyPair();
  /** Card data that came out, one line each. */
  readonly leaks: string[] = [];
  /** Outputs that were searched. */
  searched = 0;
  url = '';
  #process: TilldProcess | null = null;
  #streams: Promise<void>[] = [];

  constructor(folder: string, servers: Servers) {
    this.folder = folder;
    this.state = join(folder, 'state');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(join(folder, 'ota.pub'), this.keys.publicKey);
    fs.writeFileSync(join(folder, 'posparam.ini'), JSON.stringify(parameters(servers)));
    fs.writeFileSync(join(folder, 'box.json'), JSON.stringify(configuration(servers.httpUrl)));
  }

  async start(): Promise<void> {
    this.#process = new TilldProcess(['run', '--config', join(this.folder, 'box.json'), '--state', this.state]);
    this.url = (await this.#process.says(/Local API: (\S+)/))[1] ?? '';
    this.#streams.push(this.#follow());
  }

  /** Ends it; whatever it ever wrote and all it left on the disk is searched. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { out = '', err = '' } = (await this.#process?.end(signal)) ?? {};
    this.#process = null;
    await Promise.all(this.#streams.splice(0));
    this.search('stdout', out);
    this.search('log', err);
    this.leaks.push(...cardLeaksBelow(this.state));
  }

  /** What it remembers of updates now. The package itself lies on the disk as it came, until it is checked. */
  searchUpdateState(): void {
    for (const name of ['state.json', 'state.prev.json']) {
      const file = join(this.state, 'ota', name);
      if (fs.existsSync(file)) this.leaks.push(...cardLeaks(name, fs.readFileSync(file)));
    }
  }

  search(where: string, text: string): void {
    this.searched++;
    this.leaks.push(...cardLeaks(where, text));
  }

  /** One request; the reply with its headers is searched. */
  async ask(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(this.url + path, init);
    // A stream that is let in never ends by itself.
    const streams = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const text = streams ? await beginning(response) : await response.text();
    this.search(`reply to ${init.method ?? 'GET'} ${path}`, `${JSON.stringify([...response.headers])} ${text}`);
    return { status: response.status, text };
  }

  post(path: string, body: unknown): Promise<{ readonly status: number; readonly text: string }> {
    return this.ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  }

  async status(): Promise<BoxStatus> {
    return JSON.parse((await this.ask('/v1/status')).text) as BoxStatus;
  }

  /** Everything there is to read, searched. */
  async read(): Promise<void> {
    for (const path of READINGS) await this.ask(path);
  }

  /** Looks again and again until it is so. @throws RangeError after 30 s */
  async until(what: string, so: (status: BoxStatus) => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status();
      if (await so(status)) return;
      if (performance.now() > deadline) throw new RangeError(`not ${what}: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Sells by card to its end, or to where the payment server leaves it. */
  async sellByCard(amountMinor: number, card: 'visa' | 'amex', answered: () => boolean | Promise<boolean>): Promise<void> {
    await this.until('idle', ({ sale }) => sale === null);
    const { status, text } = await this.post('/v1/sales', { amountMinor, description: 'by card' });
    if (status !== 201) throw new RangeError(`not sold: ${text}`);
    const { id } = JSON.parse(text) as { id: string };
    await this.until('reading', async () => (await this.post('/sim/card', { card })).status === 200);
    await this.until('answered', answered);
    await this.until('over', async ({ sale }) => sale?.id !== id || (await this.post(`/v1/sales/${id}/cancel`, {})).status === 200);
  }

  /** Screens and entries as they come, until the box ends. */
  async #follow(): Promise<void> {
    const response = await fetch(`${this.url}/v1/stream?after=0`);
    let text = '';
    try {
      for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) text += chunk;
    } catch {
      // A box that is killed cuts it.
    }
    this.search('stream', text);
  }
}

async function beginning(response: Response): Promise<string> {
  const reader = (response.body ?? new ReadableStream()).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

function parameters({ httpUrl, mqttUrl }: Servers) {
  const [http, mqtt] = [new URL(httpUrl), new URL(mqttUrl)];
  return {
    mqtt: {
      mqtt_endpoint: `mqtt://${mqtt.hostname}`,
      mqtt_port: mqtt.port,
      mqtt_auth_cert: 0,
      mqtt_username: 'box',
      mqtt_password: 'synthetic',
      mqtt_topic: REFERENCE_DS50.topicPrefix,
    },
    payment: {
      pgw_endpoint: `http://${http.hostname}`,
      pgw_port: http.port,
      pgw_auth_type: 'api_key',
      pgw_ssl_cert: 1,
      pgw_api_key: REFERENCE_DS50.apiKey,
      pgw_api_key_expiry: '20991231',
      pgw_api_sale: SALE_PATH,
      pgw_api_details: DETAILS_PATH,
    },
  };
}

const configuration = (httpUrl: string) => ({
  device: { serial: WATCHED_SERIAL, mac: '02:00:00:00:00:51', chipId: 'chip-51', model: 'DS50' },
  board: 'ds50-sim',
  protocol: 'ds50',
  ds50: {
    posparam: { file: 'posparam.ini' },
    tms: { url: httpUrl, apiKey: REFERENCE_DS50.apiKey },
    timeoutMs: 2_000,
    saleTimeoutMs: 2_000,
  },
  ota: { customer: 'ACME', trustedKeys: [{ file: 'ota.pub' }], trialSeconds: 10 },
  api: { port: 0 },
  keypad: 'minor',
  sale: {
    currency: 'THB',
    maxMinor: 99_999_999,
    latePayment: 'refund',
    overpayment: 'refund',
    resultMs: 100,
    cardAnswerMs: 400,
    firstPollMs: 100,
    pollMinMs: 100,
    pollMaxMs: 200,
    graceMs: 1_000,
  },
  log: { level: 'debug' },
});
