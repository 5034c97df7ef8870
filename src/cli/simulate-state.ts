import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { ConfigurationFault } from '../domain/fault.ts';

/** Says that a folder is one of ours, and to a person what may be deleted. */
const MARK = 'tilld-simulate.txt';
const MARK_TEXT = `tilld simulate made box.json, box/ and refserver.sqlite in this folder.
box.json is the configuration of the virtual box: change it as you like. tilld simulate --fresh starts over without all three.
`;
const CONFIG = 'box.json';
const BOX = 'box';
const BACKEND = ['refserver.sqlite', 'refserver.sqlite-wal', 'refserver.sqlite-shm', 'refserver.sqlite-journal'];

/** Where a simulation keeps what it must not forget. */
export interface SimulationFiles {
  readonly configFile: string;
  readonly boxState: string;
  readonly backendState: string;
}

/**
 * Makes the state folder, or finds the one made before; `fresh` first removes what was made there, and nothing else.
 * @throws ConfigurationFault `state-folder`, `state-not-ours` when the names are taken by files tilld did not make
 */
export function openStateFolder(folder: string, fresh: boolean): SimulationFiles {
  const files = { configFile: join(folder, CONFIG), boxState: join(folder, BOX), backendState: join(folder, 'refserver.sqlite') };
  try {
    mkdirSync(folder, { recursive: true });
    const ours = existsSync(join(folder, MARK));
    const taken = [CONFIG, BOX].filter((name) => existsSync(join(folder, name)));
    if (!ours && taken.length > 0) throw notOurs(folder, taken);
    if (ours && fresh) for (const name of [CONFIG, BOX, ...BACKEND]) rmSync(join(folder, name), { recursive: true, force: true });
    if (!ours) writeFileSync(join(folder, MARK), MARK_TEXT);
    mkdirSync(files.boxState, { recursive: true });
    return files;
  } catch (cause) {
    if (cause instanceof ConfigurationFault) throw cause;
    const remedy = 'Give a folder you may write to with --state.';
    throw new ConfigurationFault('The state folder cannot be used', { code: 'state-folder', found: folder, remedy, cause });
  }
}

const notOurs = (folder: string, taken: readonly string[]) =>
  new ConfigurationFault('The state folder holds files that tilld simulate did not make', {
    code: 'state-not-ours',
    found: taken.map((name) => join(folder, name)).join(', '),
    expected: 'a folder of its own',
    remedy: 'Give another folder with --state; nothing was changed.',
  });

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

/** Looks only; whatever is wrong with the file is found and explained when it is loaded. */
export function portsIn(configFile: string): KnownPorts {
  const config = readConfig(configFile);
  const port = at(config, ['api', 'port']);
  return {
    api: typeof port === 'number' && port > 0 ? port : null,
    http: ownPort(at(config, ['promptpay', 'http', 'url'])),
    mqtt: ownPort(at(config, ['promptpay', 'mqtt', 'url'])),
  };
}

/**
 * Writes the configuration of a new box, or brings the addresses in the one that is there up to date. Everything else in
 * it is its owner's, and so are the addresses of a backend on another machine.
 */
export function writeBoxConfig(configFile: string, { apiPort, httpUrl, mqttUrl }: BoxAddresses): void {
  const present = readConfig(configFile);
  if (present === undefined && existsSync(configFile)) return;
  const config = present ?? newBox(apiPort, httpUrl, mqttUrl);
  const before = JSON.stringify(config);
  put(config, ['api', 'port'], apiPort);
  for (const [key, url] of [['http', httpUrl] as const, ['mqtt', mqttUrl] as const]) {
    if (ownPort(at(config, ['promptpay', key, 'url'])) !== null) put(config, ['promptpay', key, 'url'], url);
  }
  if (present !== undefined && JSON.stringify(config) === before) return;
  // Written aside and renamed: a cut in the middle leaves the old file whole.
  writeFileSync(`${configFile}.new`, `${JSON.stringify(config, null, 2)}\n`);
  renameSync(`${configFile}.new`, configFile);
}

const newBox = (apiPort: number, httpUrl: string, mqttUrl: string): unknown => ({
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

function readConfig(file: string): unknown {
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
