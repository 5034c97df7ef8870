import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import { makeKeyPair } from '../ota/package/keys.ts';

/** The addresses the box's configuration must agree on with the rest of the simulation. */
export interface BoxAddresses {
  readonly apiPort: number;
  readonly httpUrl: string;
  readonly mqttUrl: string;
}

/** What a configuration that is there already says of ports: null where it says nothing, or speaks of another machine's backend. */
export interface KnownPorts {
  readonly api: number | null;
  readonly http: number | null;
  readonly mqtt: number | null;
}

/** The dialects a virtual box can speak with the reference backend. */
export const SIMULATED_PROTOCOLS = ['promptpay', 'ds50'] as const;
export type SimulatedProtocol = (typeof SIMULATED_PROTOCOLS)[number];

const POSPARAM = 'posparam.ini';
const PRIVATE_KEY = 'ota.key';
const PUBLIC_KEY = 'ota.pub';
/** What beside box.json belongs to a ds50 box; removed with it. */
export const DS50_FILES = [POSPARAM, PRIVATE_KEY, PUBLIC_KEY];

/** Looks only; whatever is wrong with the file is found and explained when it is loaded. */
export function portsIn(configFile: string): KnownPorts {
  const config = readJson(configFile);
  const port = at(config, ['api', 'port']);
  const posparam = readJson(join(dirname(configFile), POSPARAM));
  return {
    api: typeof port === 'number' && port > 0 ? port : null,
    http: ownPort(at(config, ['promptpay', 'http', 'url'])) ?? ownPort(at(config, ['ds50', 'tms', 'url'])),
    mqtt: ownPort(at(config, ['promptpay', 'mqtt', 'url'])) ?? ownPort(brokerOf(posparam)),
  };
}

/**
 * Writes the configuration of a new box, or brings the addresses in the one that is there up to date. Everything else in
 * it is its owner's, and so are the addresses of a backend on another machine.
 * @throws ConfigurationFault `protocol-differs` when the box that is there speaks another dialect
 */
export function writeBoxConfig(configFile: string, addresses: BoxAddresses, protocol: SimulatedProtocol = 'promptpay'): void {
  const present = readJson(configFile);
  if (present === undefined && existsSync(configFile)) return;
  const spoken = at(present, ['protocol']);
  if (present !== undefined && spoken !== protocol) throw otherProtocol(configFile, spoken, protocol);
  const { apiPort, httpUrl, mqttUrl } = addresses;
  const config = present ?? (protocol === 'ds50' ? newDs50(dirname(configFile), addresses) : newPromptPay(addresses));
  update(configFile, config, present !== undefined, () => {
    put(config, ['api', 'port'], apiPort);
    for (const [path, url] of [
      [['promptpay', 'http', 'url'], httpUrl],
      [['promptpay', 'mqtt', 'url'], mqttUrl],
      [['ds50', 'tms', 'url'], httpUrl],
    ] as const) {
      if (ownPort(at(config, path)) !== null) put(config, path, url);
    }
  });
  const posparamFile = join(dirname(configFile), POSPARAM);
  const posparam = readJson(posparamFile);
  if (protocol !== 'ds50' || posparam === undefined) return;
  update(posparamFile, posparam, true, () => {
    if (ownPort(brokerOf(posparam)) !== null) putEndpoint(posparam, ['mqtt', 'mqtt'], mqttUrl);
    if (ownPort(`${at(posparam, ['payment', 'pgw_endpoint'])}:${at(posparam, ['payment', 'pgw_port'])}`) !== null) {
      putEndpoint(posparam, ['payment', 'pgw'], httpUrl);
    }
  });
}

/** Writes a file if it is new or changed; aside and renamed, so that a cut in the middle leaves the old file whole. */
function update(file: string, value: unknown, present: boolean, change: () => void): void {
  const before = JSON.stringify(value);
  change();
  if (present && JSON.stringify(value) === before) return;
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${file}.new`, file);
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

/** The public keys that packages for a virtual payment speaker are signed with; the pair is made the first time. */
export function signingKeys(configFile: string, protocol: SimulatedProtocol): readonly string[] {
  if (protocol !== 'ds50') return [];
  const folder = dirname(configFile);
  const file = join(folder, PUBLIC_KEY);
  if (!existsSync(file)) {
    const { privateKey, publicKey } = makeKeyPair();
    writeFileSync(join(folder, PRIVATE_KEY), privateKey, { mode: 0o600 });
    writeFileSync(file, publicKey);
  }
  return [readFileSync(file, 'utf8')];
}

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
function putEndpoint(posparam: unknown, [section, prefix]: readonly [string, string], url: string): void {
  const { protocol, hostname, port } = new URL(url);
  put(posparam, [section, `${prefix}_endpoint`], `${protocol}//${hostname}`);
  put(posparam, [section, `${prefix}_port`], port);
}

const brokerOf = (posparam: unknown): string => `${at(posparam, ['mqtt', 'mqtt_endpoint'])}:${at(posparam, ['mqtt', 'mqtt_port'])}`;

function otherProtocol(configFile: string, spoken: unknown, wanted: string): ConfigurationFault {
  return new ConfigurationFault('The virtual box in this folder speaks another protocol', {
    code: 'protocol-differs',
    found: `${JSON.stringify(spoken)} in ${configFile}`,
    expected: JSON.stringify(wanted),
    remedy: 'Give that protocol with --protocol, another folder with --state, or start over with --fresh.',
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);

/** Puts a value where its section is there or missing; a section that is something else is left for the check to find. */
function put(value: unknown, [key, ...rest]: readonly string[], wanted: unknown): void {
  if (!isObject(value) || key === undefined) return;
  if (rest.length === 0) value[key] = wanted;
  else {
    if (value[key] === undefined) value[key] = {};
    put(value[key], rest, wanted);
  }
}

/** The port in a URL that leads to this very machine, else null. */
function ownPort(url: unknown): number | null {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || parsed.port === '') return null;
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const own = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
  return own || host === 'localhost' || host.startsWith('127.') ? Number(parsed.port) : null;
}
