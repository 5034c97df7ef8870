import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fixedKeys, MAKER, POSPARAM, sha256 } from '../../testkit/ota-package.ts';
import { rawZip } from '../../testkit/raw-zip.ts';
import { type PackOptions, packPackage } from './pack.ts';
import { packTree } from './tree.ts';
import { verifyPackage } from './verify.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-pack-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
  vi.unstubAllEnvs();
});

function write(path: string, bytes: Uint8Array | string = ''): string {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

function writeTree(): string {
  write('tree/cust/posparam.ini', POSPARAM);
  write('tree/mp3/th/paid.mp3', 'paid');
  write('tree/mp3/en/paid.mp3', 'PAID');
  for (const folder of ['ui', 'key']) write(`tree/${folder}/.gitkeep`);
  return join(dir, 'tree');
}

const pack = (core: string, more: Partial<PackOptions> = {}) =>
  packPackage({ core, outDir: dir, customer: 'ACME', privateKey: MAKER.privateKey, ...more });

test('the same input gives the same bytes: whenever, wherever, by whomever', async () => {
  const hashes = new Set<string>();
  for (const [zone, mode, time] of [
    ['UTC', 0o644, 0],
    ['Asia/Bangkok', 0o600, 1_700_000_000],
    ['America/St_Johns', 0o755, 2_000_000_000],
  ] as const) {
    vi.stubEnv('TZ', zone);
    const tree = writeTree();
    for (const path of ['cust/posparam.ini', 'mp3/th/paid.mp3']) {
      chmodSync(join(tree, path), mode);
      utimesSync(join(tree, path), time, time);
    }
    const { file: core, sha256: inner } = await packTree(tree, 'V1.0.0', dir);
    const { file, sha256: outer } = await pack(core);
    expect(sha256(readFileSync(file))).toBe(outer);
    hashes.add(`${inner} ${outer}`);
    for (const made of [core, file]) rmSync(made);
  }
  // A change of either is a change of the format: boxes in the field must still read the old one.
  expect([...hashes]).toEqual([
    '5a428aad979ef2cf3ab4c44e7c438aba6ccd1e41b42b6fc7e3a5226597ecdbca 7ff76e5d9ffcbfaed105b202adf1826c22f8dcd12377c29feb6f89cd1dd14905',
  ]);
});

test('firmware is packed as it is', async () => {
  const core = write('DS50_app_V1.2.3.img', Buffer.alloc(300_000, 0x5a));
  const made = await pack(core, { created: '2026-01-31T12:00:00Z', epoch: 7, minRuntime: '0.2.0' });
  expect(made).toMatchObject({
    name: 'AP_DS50-MQ_ACME_V1.2.3.zip',
    manifest: { type: 'AP', versionCode: 1_002_003, epoch: 7, created: '2026-01-31T12:00:00Z', compat: { minRuntime: '0.2.0' }, files: [] },
  });
  const verified = await verifyPackage(made.file, { keys: [MAKER.publicKey] });
  expect(verified).toMatchObject({ manifest: made.manifest, sha256: made.sha256, size: made.size });
  expect(verified.checks.every(({ ok }) => ok)).toBe(true);
  expect(readdirSync(dir).sort()).toEqual(['AP_DS50-MQ_ACME_V1.2.3.zip', 'DS50_app_V1.2.3.img']);
});

test('progress goes up to the end', async () => {
  const core = write('DS50_app_V1.2.3.img', Buffer.alloc(3_000_000));
  const seen: number[] = [];
  const progress = (done: number, total: number) => seen.push(done / total);
  const { file } = await pack(core, { progress });
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.length).toBeGreaterThan(10);
  seen.length = 0;
  await verifyPackage(file, { keys: [MAKER.publicKey], progress });
  expect(seen.at(-1)).toBe(1);
});

const folder = { central: { externalAttributes: 0o040755 * 0x10000 } };
const resource = (...entries: Parameters<typeof rawZip>[0]) => write('resource_V1.0.0.zip', rawZip(entries));

test.each<[string, string, () => string]>([
  ['a file that is not there', 'ota-file', () => join(dir, 'DS50_app_V1.0.0.img')],
  ['a folder', 'ota-file', () => dirname(write('DS50_app_V1.0.0.img/x'))],
  ['a wrong name', 'ota-core-name', () => write('firmware.img', 'x')],
  ['a wrong version', 'ota-version', () => write('DS50_app_V1.0.img', 'x')],
  ['an empty file', 'ota-core-size', () => write('DS50_app_V1.0.0.img')],
  [
    'a file beyond 512 MiB',
    'ota-core-size',
    () => {
      const file = write('DS50_app_V1.0.0.img');
      truncateSync(file, 512 * 1024 * 1024 + 1);
      return file;
    },
  ],
  ['no zip', 'zip-truncated', () => write('resource_V1.0.0.zip', 'no zip')],
  ['missing folders', 'ota-folder-missing', () => resource({ name: 'cust/posparam.ini', data: POSPARAM }, { name: 'mp3/', ...folder })],
  ['no parameters', 'ota-posparam-missing', () => resource(...['cust/', 'key/', 'mp3/', 'ui/'].map((name) => ({ name, ...folder })))],
])('%s is refused: %s', async (_, code, core) => {
  await expect(pack(core())).rejects.toMatchObject({ code });
  expect(readdirSync(dir).filter((name) => name.startsWith('AP_') || name.startsWith('CUST_'))).toEqual([]);
});

test('a key of another kind, or the public one, signs nothing', async () => {
  const core = write('DS50_app_V1.0.0.img', 'x');
  for (const privateKey of ['', 'nonsense', MAKER.publicKey]) {
    await expect(pack(core, { privateKey })).rejects.toMatchObject({ code: 'ota-key', blame: 'configuration' });
  }
  const { file } = await pack(core);
  await expect(verifyPackage(file, { keys: [MAKER.privateKey] })).rejects.toMatchObject({ code: 'ota-key' });
  await expect(verifyPackage(file, { keys: [fixedKeys(9).publicKey] })).rejects.toMatchObject({ code: 'ota-signature' });
});

test.each<[string, string, (tree: string) => void]>([
  ['without ui/', 'ota-folder-missing', (tree) => rmSync(join(tree, 'ui'), { recursive: true })],
  ['that is not there', 'ota-folder-missing', (tree) => rmSync(tree, { recursive: true })],
  [
    'with a file for a folder',
    'zip-special-file',
    (tree) => {
      rmSync(join(tree, 'ui'), { recursive: true });
      writeFileSync(join(tree, 'ui'), '');
    },
  ],
  ['with something beside the folders', 'zip-name-place', (tree) => writeFileSync(join(tree, 'notes.txt'), '')],
  ['with a name no box takes', 'zip-name-character', (tree) => writeFileSync(join(tree, 'ui', 'a*b'), '')],
  [
    'with names that differ in case only',
    'zip-name-duplicate',
    (tree) => ['a', 'A'].map((name) => writeFileSync(join(tree, 'ui', name), '')),
  ],
  ['with a private key', 'ota-private-key', (tree) => writeFileSync(join(tree, 'key', 'client.key'), MAKER.privateKey)],
  ['with something else in key/', 'ota-certificate', (tree) => writeFileSync(join(tree, 'key', 'ca.der'), Buffer.from([0x30, 0x82]))],
  ['with bad parameters', 'ota-posparam', (tree) => writeFileSync(join(tree, 'cust', 'posparam.ini'), '{"mqtt":{},"payment":{}}')],
  ['without parameters', 'ota-posparam-missing', (tree) => rmSync(join(tree, 'cust', 'posparam.ini'))],
])('a tree %s is refused: %s', async (_, code, spoil) => {
  const tree = writeTree();
  spoil(tree);
  await expect(packTree(tree, 'V1.0.0', dir)).rejects.toMatchObject({ code });
  expect(readdirSync(dir).filter((name) => name.startsWith('resource_'))).toEqual([]);
});

test('every problem of the parameters is named', async () => {
  const tree = writeTree();
  writeFileSync(join(tree, 'cust', 'posparam.ini'), '{"mqtt":{},"payment":{}}');
  await expect(packTree(tree, 'V1.0.0', dir)).rejects.toMatchObject({
    found: expect.stringMatching(/mqtt_endpoint.*mqtt_port.*pgw_endpoint.*pgw_api_key/s),
  });
});
