import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keyId } from '../ota/package/keys.ts';
import { runTilld } from '../testkit/command-line.ts';
import { MAKER, POSPARAM } from '../testkit/ota-package.ts';
import { corePath } from './ota-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-ota-cli-'));
  write('maker.key', MAKER.privateKey);
  write('maker.pub', MAKER.publicKey);
});
afterEach(() => rmSync(dir, { recursive: true }));

const at = (path: string): string => join(dir, path);
function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}
/** As `npm run firmware_package -- …` starts it, by someone who stands in the folder of the test. */
const NPM = { npm_lifecycle_event: 'firmware_package' };
const ota = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runTilld(['ota', ...argv], { env: { ...NPM, INIT_CWD: dir, ...env } });

test('from keys and a tree to a package that is good', async () => {
  expect(await ota(['keygen', '--out', 'keys/acme'])).toMatchObject({ code: 0, err: '' });
  expect(statSync(at('keys/acme.key')).mode & 0o777).toBe(0o600);
  for (const folder of ['mp3', 'ui', 'key']) mkdirSync(at(`tree/${folder}`), { recursive: true });
  write('tree/cust/posparam.ini', POSPARAM);
  const tree = await ota(['tree', 'tree', '--version', 'V1.0.1']);
  expect(tree).toMatchObject({ code: 0, err: '', out: expect.stringContaining('cust/posparam.ini') });
  const packed = await ota(['pack', 'resource_V1.0.1.zip', '--customer', 'ACME', '--key', 'keys/acme.key', '--json']);
  expect(packed).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(packed.out)).toMatchObject({ name: 'CUST_DS50-MQ_ACME_V1.0.1.zip', file: at('CUST_DS50-MQ_ACME_V1.0.1.zip') });
  const verified = await ota(['verify', 'CUST_DS50-MQ_ACME_V1.0.1.zip', '--key', 'keys/acme.pub']);
  expect(verified).toMatchObject({ code: 0, err: '' });
  for (const part of [
    'good',
    'resources V1.0.1 (code 1000001, epoch 1)',
    'ACME, DS50-MQ',
    keyId(readFileSync(at('keys/acme.pub'), 'utf8')),
  ])
    expect(verified.out).toContain(part);
});

test('keys are never written over', async () => {
  expect(await ota(['keygen', '--out', 'maker'])).toMatchObject({ code: 1, err: expect.stringContaining('There is a key already') });
  rmSync(at('maker.key'));
  expect((await ota(['keygen', '--out', 'maker'])).code).toBe(1);
  expect(readdirSync(dir)).toEqual(['maker.pub']);
  expect(readFileSync(at('maker.pub'), 'utf8')).toBe(MAKER.publicKey);
});

test('the sample tree of the project packs, with the version and the customer of its template', async () => {
  expect((await ota(['tree'])).code).toBe(0);
  const { code } = await ota(['pack', 'resource_V1.0.0.zip', '--key', 'maker.key', '--type', 'CUST']);
  expect(code).toBe(0);
  expect(existsSync(at('CUST_DS50-MQ_DSPREAD_V1.0.0.zip'))).toBe(true);
});

test('a report tells programs every check, and 1 when one fails', async () => {
  write('DS50_app_V1.0.0.img', 'firmware');
  expect((await ota(['pack', 'DS50_app_V1.0.0.img', '--unsigned', '--type', 'AP'])).out).toContain('Not signed');
  const { code, out } = await ota(['verify', 'AP_DS50-MQ_DSPREAD_V1.0.0.zip', '--key', 'maker.pub', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, signedBy: null, manifest: { type: 'AP' } });
  expect(JSON.parse(out).checks).toContainEqual({ name: 'signature', ok: false, code: 'ota-unsigned', detail: expect.any(String) });
  expect((await ota(['verify', 'AP_DS50-MQ_DSPREAD_V1.0.0.zip', '--key', 'maker.pub'])).out).toContain('NOT good');
});

test('what a package says of itself cannot steer the terminal', async () => {
  write('\u{1b}]0;owned\u{7}.zip', 'x');
  const { code, out } = await ota(['verify', '\u{1b}]0;owned\u{7}.zip', '--key', 'maker.pub']);
  expect(code).toBe(1);
  expect(out).not.toContain('\u{1b}');
});

test('times: SOURCE_DATE_EPOCH, or --created', async () => {
  write('DS50_app_V1.0.0.img', 'firmware');
  const created = async (argv: string[], env = {}) =>
    JSON.parse((await ota(['pack', 'DS50_app_V1.0.0.img', '--key', 'maker.key', '--json', ...argv], env)).out).manifest.created;
  expect(await created([])).toBe('1980-01-01T00:00:00Z');
  expect(await created([], { SOURCE_DATE_EPOCH: '1769860800' })).toBe('2026-01-31T12:00:00Z');
  expect(await created(['--created', '2030-12-31T23:59:59Z'], { SOURCE_DATE_EPOCH: '1769860800' })).toBe('2030-12-31T23:59:59Z');
});

test.each<[string[], string, Readonly<Record<string, string>>?]>([
  [['pack'], 'needs CORE'],
  [['pack', 'DS50_app_V1.0.0.img', '--created', 'today'], '--created'],
  [['pack', 'DS50_app_V1.0.0.img', '--customer', 'A_B'], '--customer'],
  [['pack', 'DS50_app_V1.0.0.img', '--epoch', '0'], '--epoch'],
  [['pack', 'DS50_app_V1.0.0.img', '--min-runtime', 'V1'], '--min-runtime'],
  [['pack', 'DS50_app_V1.0.0.img', '--type', 'CUST'], 'firmware_package'],
  [['pack', 'DS50_app_V1.0.0.img', '--key', 'maker.key', '--unsigned'], 'contradict'],
  [['pack', 'DS50_app_V1.0.0.img', '--key', 'maker.key'], 'SOURCE_DATE_EPOCH', { SOURCE_DATE_EPOCH: 'x' }],
  [['pack', 'DS50_app_V1.0.0.img', '--key', 'maker.key', '--out', 'missing'], '--out'],
  [['tree', '--out', 'maker.key'], '--out'],
  [['verify'], 'needs FILE'],
])('%j is wrong usage', async (argv, part, env) => {
  write('DS50_app_V1.0.0.img', 'firmware');
  const { code, out, err } = await ota(argv, env);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(part);
});

test.each<[string[], string]>([
  [['pack', 'DS50_app_V9.9.9.img', '--key', 'maker.key'], 'cannot be read; found ENOENT'],
  [['pack', 'firmware.img', '--key', 'maker.key'], 'expected DS50_app_V<version>.img or resource_V<version>.zip'],
  [['pack', 'DS50_app_V1.img', '--key', 'maker.key'], 'V1.0.0'],
  [['pack', 'DS50_app_V1.0.0.img', '--key', 'missing.key'], 'missing.key cannot be read'],
  [['pack', 'DS50_app_V1.0.0.img', '--key', 'maker.pub'], 'a private key'],
  [['verify', 'missing.zip', '--key', 'maker.pub'], 'ENOENT'],
  [['verify', 'DS50_app_V1.0.0.img', '--key', 'maker.key'], 'a public key'],
  [['tree', 'missing'], 'cannot be read'],
])('%j is refused', async (argv, part) => {
  write('DS50_app_V1.0.0.img', 'firmware');
  const { code, out, err } = await ota(argv);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(part);
  expect(err).not.toContain('bug of tilld');
});

test('without a key nothing is signed, and the message says how to get one', async () => {
  write('DS50_app_V1.0.0.img', 'firmware');
  // Someone who works here may have made a key of their own.
  if (existsSync(join(ROOT, 'ota', 'keys', 'signing.key'))) return;
  const { code, err } = await ota(['pack', 'DS50_app_V1.0.0.img']);
  expect(code).toBe(1);
  expect(err).toContain('tilld ota keygen');
});

test('a bare name is looked for where the user stands, then in ota/', () => {
  const env = { ...NPM, INIT_CWD: dir };
  expect(corePath('resource.json', env)).toBe(join(ROOT, 'ota', 'resource.json'));
  write('resource.json', '');
  expect(corePath('resource.json', env)).toBe(at('resource.json'));
  expect(corePath('./posparam.ini', env)).toBe(at('posparam.ini'));
  expect(corePath(at('maker.pub'), env)).toBe(at('maker.pub'));
});

test('INIT_CWD is where the user stands in our npm scripts only', async () => {
  write('DS50_app_V7.7.7.img', 'firmware');
  const elsewhere = await runTilld(['ota', 'pack', 'DS50_app_V7.7.7.img', '--key', at('maker.key')], { env: { INIT_CWD: dir } });
  expect(elsewhere).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') });
});
