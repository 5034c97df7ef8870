import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';
import { makeKeyPair } from '../ota/package/keys.ts';
import { at, put } from './json-path.ts';
import { type BoxAddresses, kioskUrl, newBox, POSPARAM, PUBLIC_KEY, putEndpoint, type SimulatedProtocol } from './simulate-new-box.ts';

/** What a configuration that is there already says of ports: null where it says nothing, or speaks of another machine's backend. */
export interface KnownPorts {
  readonly api: number | null;
  readonly http: number | null;
  readonly mqtt: number | null;
  readonly gateway: number | null;
}

const PRIVATE_KEY = 'ota.key';
/** What beside box.json belongs to a ds50 box; removed with it. */
export const DS50_FILES = [POSPARAM, PRIVATE_KEY, PUBLIC_KEY];

/** Looks only; whatever is wrong with the file is found and explained when it is loaded. */
export function portsIn(configFile: string): KnownPorts {
  const config = readJson(configFile);
  const port = at(config, ['api', 'port']);
  const posparam = readJson(join(dirname(configFile), POSPARAM));
  return {
    api: typeof port === 'number' && port > 0 ? port : null,
    http:
      ownPort(at(config, ['promptpay', 'http', 'url'])) ??
      ownPort(at(config, ['ds50', 'tms', 'url'])) ??
      ownPort(at(config, ['kiosk', 'url'])),
    mqtt:
      ownPort(at(config, ['promptpay', 'mqtt', 'url'])) ??
      ownPort(at(config, ['qris-soundbox', 'mqtt', 'url'])) ??
      ownPort(brokerOf(posparam)),
    gateway: ownPort(at(config, ['payment-gateway', 'http', 'url'])),
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
  const { apiPort, httpUrl, mqttUrl, gatewayUrl } = addresses;
  const config = present ?? newBox(protocol, dirname(configFile), addresses);
  update(configFile, config, present !== undefined, () => {
    put(config, ['api', 'port'], apiPort);
    for (const [path, url] of [
      [['promptpay', 'http', 'url'], httpUrl],
      [['promptpay', 'mqtt', 'url'], mqttUrl],
      [['ds50', 'tms', 'url'], httpUrl],
      [['qris-soundbox', 'mqtt', 'url'], mqttUrl],
      [['kiosk', 'url'], kioskUrl(httpUrl)],
      [['payment-gateway', 'http', 'url'], gatewayUrl ?? null],
    ] as const) {
      if (url !== null && ownPort(at(config, path)) !== null) put(config, path, url);
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

/** The port in a URL that leads to this very machine, else null. */
function ownPort(url: unknown): number | null {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || parsed.port === '') return null;
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const own = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
  return own || host === 'localhost' || host.startsWith('127.') ? Number(parsed.port) : null;
}
