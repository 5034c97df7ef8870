import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { ConfigurationFault } from '../domain/fault.ts';
import { isLoopback } from '../domain/loopback.ts';
import type { ReferenceGatewayOptions } from '../refserver/payment-gateway/reference.ts';
import { DEFAULT_GATEWAY_SETTINGS, REFERENCE_GATEWAY } from '../refserver/payment-gateway/settings.ts';
import { type FieldFault, fieldFaults, listed } from '../runtime/field-faults.ts';
import { type Contradiction, consistent, secret, section, text, url, whole } from '../runtime/fields.ts';
import { jsonFault } from '../runtime/json-text.ts';
import type { SecretSources } from '../runtime/secrets.ts';

/** The keys that make the reference gateway a real one. */
export interface GatewayKeys {
  readonly options: ReferenceGatewayOptions;
  /** Whether others than the file's owner may read it. */
  readonly readableByOthers: boolean;
}

/** Everything that is wrong with the file at once. */
class GatewayConfigInvalid extends ConfigurationFault {
  readonly faults: readonly FieldFault[];

  constructor(file: string, faults: readonly FieldFault[]) {
    super(`The configuration of the payment gateway ${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`, {
      code: 'gateway-config-invalid',
      remedy: 'Correct the file.',
    });
    this.faults = faults;
  }

  /** One line for each fault. */
  override explain(): string {
    return `${this.message}:\n${listed(this.faults)}\n${this.remedy}`;
  }
}

const MAX_BYTES = 64 * 1024;
/** Shorter than any key, so that a name and a key that were exchanged are noticed. */
const NAME = /^[\w.@-]{1,15}$/;
const MOST_PER_MINUTE = 1_000_000;
const visible = (least: number, most: number) => ({
  good: (key: string) => new RegExp(`^[\\x21-\\x7e]{${least},${most}}$`).test(key),
  expected: `${least} to ${most} visible ASCII characters`,
});

const schema = (sources: SecretSources) =>
  v.pipe(
    section(fields(sources)),
    consistent((value) => keptApart(value)),
  );

const fields = (sources: SecretSources) => ({
  apiKeys: v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(NAME, 'the name of a client: 1 to 15 letters, digits, "_", ".", "@" and "-"')),
      secret('What the client sends as x-api-key', sources, visible(16, 256)),
      'an object {…}',
    ),
    v.description('The key of each client, by the client\'s name: {"kiosk-7": "…"}'),
    consistent(distinctKeys),
  ),
  payos: v.exactOptional(
    section({
      clientId: secret('Sent as x-client-id', sources, visible(1, 256)),
      apiKey: secret('Sent as x-api-key', sources, visible(1, 256)),
      checksumKey: secret('Signs what is said both ways', sources, visible(16, 256)),
      baseUrl: v.exactOptional(upstreamUrl('PayOS')),
    }),
  ),
  thesieutoc: v.exactOptional(
    section({
      apiKey: secret('Sent as APIkey', sources, visible(1, 256)),
      baseUrl: v.exactOptional(upstreamUrl('TheSieuToc')),
    }),
  ),
  dataKey: v.exactOptional(
    secret('PINs and serials of cards are sealed under it', sources, {
      good: (key) => /^[0-9a-fA-F]{64}$/.test(key),
      expected: '64 hexadecimal digits',
    }),
  ),
  limits: v.exactOptional(
    section({
      write: v.exactOptional(whole('POST requests of a client in a minute', 1, MOST_PER_MINUTE)),
      read: v.exactOptional(whole('GET requests of a client in a minute', 1, MOST_PER_MINUTE)),
      callback: v.exactOptional(whole('Callbacks from an address in a minute', 1, MOST_PER_MINUTE)),
    }),
  ),
  returnUrl: v.exactOptional(text('Where a customer goes who has paid', 500, /^https?:\/\/\S+$/, 'a URL with http or https')),
  cancelUrl: v.exactOptional(text('Where a customer goes who has cancelled', 500, /^https?:\/\/\S+$/, 'a URL with http or https')),
});

interface Parts {
  readonly payos?: unknown;
  readonly thesieutoc?: unknown;
  readonly dataKey?: string;
}

/** Its state opens under no other key: started without this file by mistake, a simulation would decide on real cards. */
function* keptApart({ payos, thesieutoc, dataKey }: Parts): Generator<Contradiction> {
  if ((payos === undefined && thesieutoc === undefined) || dataKey !== undefined) return;
  yield { at: ['dataKey'], found: 'nothing', expected: 'the key of what is real, 64 hexadecimal digits: `openssl rand -hex 32` makes one' };
}

/** Keys and cards go there: in the clear only where nobody else can listen. */
function upstreamUrl(name: string) {
  const expected = 'a URL that begins with https://; http:// only for this machine itself';
  const safe = (address: string) => address.startsWith('https:') || isLoopback(new URL(address).hostname);
  return v.pipe(url(`Base of the API of ${name}`, ['https:', 'http:']), v.check(safe, expected));
}

function* distinctKeys(keys: Readonly<Record<string, string>>): Generator<Contradiction> {
  const owners = new Map<string, string>();
  const entries = Object.entries(keys);
  if (entries.length === 0) yield { at: [], found: 'no client', expected: 'the key of one client at the least' };
  for (const [client, key] of entries) {
    const owner = owners.get(key);
    if (owner !== undefined) yield { at: [client], found: `the key of ${owner}`, expected: 'a key of its own' };
    if (key === REFERENCE_GATEWAY.key) yield { at: [client], found: 'the reference key', expected: 'one that is not published' };
    owners.set(key, client);
  }
}

/**
 * Reads the file of `--gateway-config`. Relative paths in it start from its own folder; no fault shows a key.
 * @throws ConfigurationFault `gateway-config-unreadable`, `gateway-config-invalid` with every fault there is
 */
export function readGatewayConfig(file: string, env: SecretSources['env']): GatewayKeys {
  const { source, readableByOthers } = readText(file);
  const broken = jsonFault(source);
  if (broken) {
    const { line, column, expected } = broken;
    throw new GatewayConfigInvalid(file, [{ path: `line ${line} column ${column}`, found: 'something else', expected }]);
  }
  const result = v.safeParse(schema({ folder: dirname(resolve(file)), env }), JSON.parse(source));
  if (!result.success) throw new GatewayConfigInvalid(file, fieldFaults(result.issues).map(discreet));
  return { options: optionsOf(result.output), readableByOthers };
}

/** Nearly everything in this file is a key, or may be one that stands in the wrong place. */
function discreet({ path, found, expected }: FieldFault): FieldFault {
  const [, client] = /^\$\.apiKeys(?:\.|\["?)(.*?)(?:"?\])?$/.exec(path) ?? [];
  const open = /^\$\.(?:limits\.|\w+Url$|\w+\.baseUrl$)/.test(path);
  return {
    path: client === undefined || NAME.test(client) ? path : '$.apiKeys[…]',
    found: open || !/^["\d-]/.test(found) ? found : 'a value that is not shown',
    expected,
  };
}

function optionsOf({ apiKeys, payos, thesieutoc, dataKey, limits, ...rest }: v.InferOutput<ReturnType<typeof schema>>) {
  const options: ReferenceGatewayOptions = {
    ...rest,
    keys: apiKeys,
    ...(payos && { payos: atBase(payos) }),
    ...(thesieutoc && { thesieutoc: atBase(thesieutoc) }),
    ...(dataKey !== undefined && { dataKey: Uint8Array.from(Buffer.from(dataKey, 'hex')) }),
    ...(limits && { limits: { ...DEFAULT_GATEWAY_SETTINGS.limits, ...limits } }),
    environment: payos && thesieutoc ? 'production' : payos || thesieutoc ? 'partly simulated' : 'simulation',
  };
  return options;
}

const atBase = <T extends { readonly baseUrl?: string }>({ baseUrl, ...keys }: T) => ({
  ...keys,
  ...(baseUrl !== undefined && { url: baseUrl }),
});

function readText(file: string): { readonly source: string; readonly readableByOthers: boolean } {
  try {
    const { size, mode } = statSync(file);
    if (size > MAX_BYTES) throw unreadable(file, `${size} bytes`, undefined);
    return { source: readFileSync(file, 'utf8').replace(/^\uFEFF/, ''), readableByOthers: (mode & 0o077) !== 0 };
  } catch (error) {
    if (error instanceof ConfigurationFault) throw error;
    throw unreadable(file, (error as NodeJS.ErrnoException).code ?? 'unreadable', error);
  }
}

const unreadable = (file: string, found: string, cause: unknown): ConfigurationFault =>
  new ConfigurationFault(`The configuration of the payment gateway ${file} cannot be read`, {
    code: 'gateway-config-unreadable',
    found,
    expected: `a file of at most ${MAX_BYTES} bytes that tilld may read`,
    remedy: 'Check the path that --gateway-config names, and the permissions of the file.',
    cause,
  });
