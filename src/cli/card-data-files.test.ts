import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeyPair, makeKeyPair } from '../ota/package/keys.ts';
import { cardLeaks, PLANTED_IDS, PLANTED_TEXTS } from '../testkit/card-leaks.ts';
import { plantedPackages, unplantedPackage } from '../testkit/card-packages.ts';
import { runTilld } from '../testkit/command-line.ts';
import { POSPARAM } from '../testkit/ota-package.ts';

/** Card data in the files and on the command lines that `tilld` is given: it says nothing of it, with --json or without. */

const PLANTED = { ...PLANTED_TEXTS, ...PLANTED_IDS };
const VISA = PLANTED_IDS.visa ?? '';
let folder: string;
let keys: KeyPair;

beforeAll(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), 'tilld-card-files-'));
  keys = makeKeyPair();
  fs.writeFileSync(join(folder, 'ota.pub'), keys.publicKey);
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  fs.writeFileSync(path, content);
  return path;
};

/** Runs it both ways. A command that said nothing at all has not looked at what it was given. */
async function leaksOf(argv: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const leaks: string[] = [];
  for (const more of [[], ['--json']]) {
    const { out, err } = await runTilld([...argv, ...more], { env });
    expect([argv, (out + err).length > 0]).toEqual([argv, true]);
    leaks.push(...cardLeaks(`tilld ${argv.join(' ')} ${more}`, out + err));
  }
  return leaks;
}

type Fields = Record<string, unknown>;
const posparam = (): Record<string, Fields> => JSON.parse(Buffer.from(POSPARAM).toString());
const POSPARAM_FIELDS = Object.entries(posparam()).flatMap(([section, fields]) =>
  Object.keys(fields).map((field) => [section, field] as const),
);

describe('posparam check', () => {
  test.each(POSPARAM_FIELDS)('%s.%s', async (section, field) => {
    const [first = '', last = ''] = ((value) => (typeof value === 'string' && value.includes('.') ? ['', `.${value}`] : ['/', '']))(
      posparam()[section]?.[field],
    );
    // A host may well be called like a PIN block.
    const texts = Object.entries(PLANTED).filter(([name]) => name !== 'pin-alone' || !field.endsWith('_endpoint'));
    for (const value of [
      ...texts.map(([, text]) => text).flatMap((text) => [text, first + text + last, { [text]: text }, [text]]),
      Number(VISA),
    ]) {
      const changed = posparam();
      Object.assign(changed[section] ?? {}, { [field]: value });
      expect(await leaksOf(['posparam', 'check', file('posparam.ini', JSON.stringify(changed))])).toEqual([]);
    }
  });

  test.each(Object.entries(PLANTED))('keys, forms and what is no JSON: %s', async (_, text) => {
    const { mqtt, payment } = posparam();
    const contents = [
      { mqtt: { ...mqtt, [text]: text }, payment, [text]: text },
      { ...mqtt, ...payment, [text]: text, mqtt_topic_command: text, mqtt_topic_voice: `a/${text}` },
      { mqtt: text, payment: Number(VISA) },
      text,
    ];
    for (const content of [...contents.map((content) => JSON.stringify(content)), text, `{"${text}":1,"${text}":2}`, `{"mqtt": ${text}`]) {
      expect(await leaksOf(['posparam', 'check', file('posparam.ini', content)])).toEqual([]);
    }
    expect(await leaksOf(['posparam', 'check', `/nowhere/${text}`])).toEqual([]);
  });
});

const config = (): Fields => ({
  device: { serial: 'S1', mac: '02:00:00:00:00:01', chipId: 'chip-1', model: 'DS50' },
  board: 'ds50-sim',
  protocol: 'ds50',
  ds50: {
    posparam: Buffer.from(POSPARAM).toString(),
    tms: { url: 'https://tms.example.com', apiKey: 'synthetic-key' },
    apiKeyHeader: 'x-api-key',
  },
  ota: { customer: 'ACME', trustedKeys: [] },
  api: { port: 7070, host: '127.0.0.1' },
  sale: { currency: 'THB', products: [] },
  keypad: 'minor',
  log: { level: 'debug' },
});

describe('config check', () => {
  test('is a good one without them', async () => {
    expect((await runTilld(['config', 'check', file('box.json', JSON.stringify(config()))])).code).toBe(0);
  });

  const places = Object.entries(config()).flatMap(([section, value]) =>
    typeof value === 'string' ? [[section]] : [[section], ...Object.keys(value as object).map((key) => [section, key])],
  );
  test.each(places)('%s %s', async (section = '', key?: string) => {
    for (const text of Object.values(PLANTED)) {
      for (const value of [text, [text], { [text]: text }, { file: text }, { env: text }, Number(VISA)]) {
        const changed = config();
        if (key === undefined) changed[section] = value;
        else changed[section] = { ...(changed[section] as object), [key]: value, [text]: text };
        expect(await leaksOf(['config', 'check', file('box.json', JSON.stringify({ ...changed, [text]: text }))])).toEqual([]);
        if (key !== undefined) {
          changed[section] = { ...(config()[section] as object), [key]: value };
          expect(await leaksOf(['config', 'check', file('box.json', JSON.stringify(changed))])).toEqual([]);
        }
      }
    }
  });

  test.each(Object.entries(PLANTED))('what is no JSON, and names of files: %s', async (_, text) => {
    for (const content of [text, `{"${text}": ${text}`, `{"${text}":1,"${text}":2}`, JSON.stringify(text)])
      expect(await leaksOf(['config', 'check', file('box.json', content)])).toEqual([]);
    for (const command of ['config', 'board']) expect(await leaksOf([command, 'check', `/nowhere/${text}`])).toEqual([]);
    expect(await leaksOf(['run', '--config', `/nowhere/${text}`])).toEqual([]);
    expect(await leaksOf(['config', 'check', file(`${text.replaceAll('/', '')}.json`, text)])).toEqual([]);
    expect(await leaksOf(['posparam', 'check', file(`${text.replaceAll('/', '')}.ini`, '{}')])).toEqual([]);
    expect(await leaksOf(['posparam', 'check', file(`${text.replaceAll('/', '')}.ini`, POSPARAM)])).toEqual([]);
  });
});

describe('ota verify', () => {
  test('a good one without them', async () => {
    const path = file('CUST_DS50-MQ_ACME_V1.0.0.zip', unplantedPackage(keys));
    expect(await runTilld(['ota', 'verify', path, '--key', join(folder, 'ota.pub')])).toMatchObject({ code: 0, err: '' });
  });

  test('packages with card data in them', async () => {
    const key = join(folder, 'ota.pub');
    for (const [name, bytes] of Object.entries(plantedPackages(keys))) {
      for (const named of ['CUST_DS50-MQ_ACME_V1.0.0.zip', `${VISA}.zip`, `CUST_DS50-MQ_${VISA}_V1.0.0.zip`]) {
        const path = file(named, bytes);
        expect([name, await leaksOf(['ota', 'verify', path, '--key', key])]).toEqual([name, []]);
        expect([name, await leaksOf(['ota', 'verify', path])]).toEqual([name, []]);
        expect([name, await leaksOf(['ota', 'install', path, '--state', join(folder, 'state'), '--port', '1'])]).toEqual([name, []]);
      }
    }
  });

  test.each(Object.entries(PLANTED))('names: %s', async (_, text) => {
    const core = file(`DS50_app_${text.replaceAll('/', '')}.img`, 'x');
    expect(await leaksOf(['ota', 'verify', `/nowhere/${text}`])).toEqual([]);
    expect(await leaksOf(['ota', 'verify', core, '--key', `/nowhere/${text}`])).toEqual([]);
    expect(await leaksOf(['ota', 'pack', core])).toEqual([]);
    expect(await leaksOf(['ota', 'pack', core, '--customer', text])).toEqual([]);
    expect(await leaksOf(['ota', 'status', '--state', `/nowhere/${text}`])).toEqual([]);
  });
});

test.each(Object.entries(PLANTED))('on the command line: %s', async (_, text) => {
  const lines = [
    [text],
    ['sell', text],
    ['sell', '20', text],
    ['sell', '20', '--description', text, '--port', '1'],
    ['sell', '20', '--url', text],
    ['sell', '20', '--url', `http://127.0.0.1:1/${text}`],
    ['sell', '20', '--port', text],
    ['sell', '20', `--${text}`],
    ['sell', '20', '--port', '1', '--token', text],
    ['cancel', text, '--port', '1'],
    ['ledger', '--after', text],
    ['qr', 'check', text],
    ['qr', text],
    ['ota', text],
    ['ota', 'rollback', text],
    ['run', '--config', text, '--state', text],
    ['simulate', '--protocol', text],
  ];
  for (const argv of lines) expect(await leaksOf(argv)).toEqual([]);
  expect(await leaksOf(['status'], { TILLD_URL: text })).toEqual([]);
  expect(await leaksOf(['status', '--port', '1'], { TILLD_TOKEN: text })).toEqual([]);
});
