import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeManifest, encodeVendorManifest } from '../../domain/ota/manifest.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { type Files, fixedKeys, MAKER, manifestFor, POSPARAM, sha256, signedAround, signedEntries } from '../../testkit/ota-package.ts';
import { type RawEntry, rawZip } from '../../testkit/raw-zip.ts';
import { unpackPackage } from './unpack.ts';
import { inspectPackage, type VerifyOptions, verifyPackage } from './verify.ts';

const NAME = 'CUST_DS50-MQ_ACME_V1.0.0.zip';
const HELLO = Buffer.from('hello');
const FILES: Files = { 'cust/posparam.ini': POSPARAM, 'mp3/hello.mp3': HELLO };
const INNER = rawZip(Object.entries(FILES).map(([name, data]) => ({ name, data })));
const SIGNED = signedEntries(manifestFor(INNER, FILES), INNER);
const GOOD = rawZip(SIGNED);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-ota-'));
  mkdirSync(join(dir, 'work'));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function verified(bytes: Uint8Array, options: Partial<VerifyOptions> = {}) {
  const file = join(dir, NAME);
  writeFileSync(file, bytes);
  return verifyPackage(file, { keys: [MAKER.publicKey], workDir: join(dir, 'work'), ...options });
}

/** The code a package is refused with, and nothing but the package on the disk afterwards. */
async function refusal(bytes: Uint8Array, options: Partial<VerifyOptions> = {}): Promise<string> {
  const code = await verified(bytes, options).then(
    () => 'none',
    (error: unknown) => (error instanceof OtaFault ? error.code : String(error)),
  );
  expect(readdirSync(dir, { recursive: true }).sort()).toEqual([NAME, 'work']);
  return code;
}

test('the package all others are made from is good', async () => {
  expect(await refusal(GOOD)).toBe('none');
});

const patch = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? bytes.length + at : at] = value;
  return copy;
};
/** The good package with one entry more, or its first entry changed. */
const withEntry = (entry: RawEntry) => rawZip([...SIGNED, entry]);
const withFirst = (change: Partial<RawEntry>) => rawZip([{ ...(SIGNED[0] as RawEntry), ...change }, ...SIGNED.slice(1)]);
const extraField = (id: number, length = 4) => {
  const bytes = Buffer.alloc(4 + length);
  bytes.writeUInt16LE(id, 0);
  bytes.writeUInt16LE(length, 2);
  return bytes;
};
const ZEROS = Buffer.alloc(2 * 1024 * 1024);

test.each<[string, () => Buffer]>([
  ['zip-truncated', () => Buffer.alloc(0)],
  ['zip-truncated', () => Buffer.from('this is no zip file at all, not even nearly')],
  ['zip-trailing-bytes', () => rawZip(SIGNED, { trailing: Buffer.from('x') })],
  ['zip-trailing-bytes', () => rawZip(SIGNED, { trailing: Buffer.alloc(4_000) })],
  ['zip-comment', () => rawZip(SIGNED, { trailing: HELLO, end: (end) => end.writeUInt16LE(HELLO.length, 20) })],
  ['zip-comment', () => withFirst({ comment: HELLO })],
  ['zip-prefix-bytes', () => rawZip(SIGNED, { prefix: HELLO })],
  ['zip-prefix-bytes', () => withFirst({ gap: HELLO })],
  ['zip-gap', () => rawZip([SIGNED[0] as RawEntry, { ...(SIGNED[1] as RawEntry), gap: HELLO }, SIGNED[2] as RawEntry])],
  ['zip-gap', () => rawZip(SIGNED, { beforeDirectory: HELLO })],
  ['zip-gap', () => rawZip(SIGNED, { beforeEnd: HELLO })],
  ['zip-gap', () => rawZip(SIGNED, { beforeEnd: rawZip([]) })],
  ['zip-overlap', () => rawZip([...SIGNED, { name: 'x', data: HELLO, central: { localOffset: 0 } }])],
  ['zip-overlap', () => withFirst({ both: { compressedSize: 10_000, size: 10_000 } })],
  ['zip-directory', () => rawZip(SIGNED, { end: (end) => end.writeUInt32LE(0x7fffffff, 16) })],
  ['zip-directory', () => rawZip(SIGNED, { end: (end) => [8, 10].map((at) => end.writeUInt16LE(4, at)) })],
  ['zip-directory', () => rawZip(SIGNED, { end: (end) => [8, 10].map((at) => end.writeUInt16LE(2, at)) })],
  ['zip-disk', () => rawZip(SIGNED, { end: (end) => end.writeUInt16LE(1, 4) })],
  ['zip-disk', () => rawZip(SIGNED, { end: (end) => end.writeUInt16LE(2, 8) })],
  ['zip-disk', () => withFirst({ central: { disk: 1 } })],
  ['zip-empty', () => rawZip([])],
  ['zip-too-many-entries', () => rawZip(Array.from({ length: 1_001 }, (_, i) => ({ name: `f${i}` })))],
  ['zip-zip64', () => rawZip(SIGNED, { end: (end) => [8, 10].map((at) => end.writeUInt16LE(0xffff, at)) })],
  ['zip-zip64', () => withFirst({ both: { size: 0xffffffff, compressedSize: 0xffffffff } })],
  ['zip-zip64', () => withFirst({ extra: extraField(0x0001, 16) })],
  ['zip-zip64', () => rawZip(SIGNED, { beforeEnd: Buffer.concat([Buffer.from('PK\u0006\u0007'), Buffer.alloc(16)]) })],
  ['zip-encrypted', () => withFirst({ both: { flags: 0x0001 } })],
  ['zip-encrypted', () => withFirst({ both: { flags: 0x0041 } })],
  ['zip-encrypted', () => withFirst({ both: { flags: 0x2000 } })],
  ['zip-data-descriptor', () => withFirst({ both: { flags: 0x0008 } })],
  ['zip-flags', () => withFirst({ both: { flags: 0x0020 } })],
  ['zip-method', () => withFirst({ both: { method: 12 } })],
  ['zip-version', () => withFirst({ both: { versionNeeded: 63 } })],
  ['zip-local-header', () => patch(GOOD, 0, 0)],
  ['zip-local-mismatch', () => withFirst({ local: { crc: 1 } })],
  ['zip-local-mismatch', () => withFirst({ local: { size: 1 } })],
  ['zip-local-mismatch', () => withFirst({ local: { compressedSize: 1 } })],
  ['zip-local-mismatch', () => withFirst({ local: { method: 8 } })],
  ['zip-local-mismatch', () => withFirst({ local: { flags: 8 } })],
  ['zip-local-mismatch', () => withFirst({ local: { time: 1 } })],
  ['zip-local-mismatch', () => withFirst({ local: { date: 1 } })],
  ['zip-local-mismatch', () => withFirst({ local: { versionNeeded: 10 } })],
  ['zip-local-mismatch', () => patch(GOOD, 30, 'R'.charCodeAt(0))],
  ['zip-local-mismatch', () => withFirst({ localExtra: extraField(0x5455) })],
  ['zip-extra', () => withFirst({ extra: Buffer.from([0x55, 0x54, 9, 0, 1]) })],
  ['zip-extra', () => withFirst({ extra: Buffer.from([0x55]) })],
  ['zip-extra', () => withFirst({ extra: extraField(0x756e) })],
  ['zip-unicode-path', () => withFirst({ extra: extraField(0x7075, 9) })],
  ['zip-unicode-path', () => withFirst({ extra: extraField(0x5455), localExtra: extraField(0x7075, 9) })],
  ['zip-symlink', () => withFirst({ central: { externalAttributes: 0o120777 * 0x10000 } })],
  ['zip-symlink', () => withFirst({ central: { externalAttributes: 0o120777 * 0x10000, madeBy: 20 } })],
  ['zip-special-file', () => withFirst({ central: { externalAttributes: 0o020666 * 0x10000 } })],
  ['zip-special-file', () => withFirst({ central: { externalAttributes: 0o010666 * 0x10000 } })],
  ['zip-special-file', () => withFirst({ central: { externalAttributes: 0o040755 * 0x10000 } })],
  ['zip-special-file', () => withFirst({ central: { externalAttributes: 0x10 } })],
  ['zip-special-file', () => withFirst({ central: { externalAttributes: 0x08 } })],
  ['zip-folder', () => withEntry({ name: 'cust/', data: HELLO, central: { externalAttributes: 0o040755 * 0x10000 } })],
  ['zip-size', () => withFirst({ both: { compressedSize: 20 } })],
  ['zip-size', () => withFirst({ deflate: true, both: { size: 3 } })],
  ['zip-size', () => withFirst({ deflate: true, both: { size: 30_000 } })],
  ['zip-crc', () => withFirst({ both: { crc: 1 } })],
  ['zip-deflate', () => withFirst({ both: { method: 8 } })],
  [
    'zip-deflate',
    () =>
      rawZip([
        { ...(SIGNED[0] as RawEntry), packed: Buffer.from([0x01, 0, 0, 0xff, 0xff, 9, 9]), both: { method: 8, crc: 0, size: 0 } },
        ...SIGNED.slice(1),
      ]),
  ],
  ['zip-ratio', () => withEntry({ name: 'x', data: ZEROS, deflate: true })],
  [
    'zip-too-large',
    () =>
      rawZip(
        Array.from({ length: 3 }, (_, i) => ({
          name: `f${i}`,
          data: Buffer.alloc(8_000_000),
          packed: Buffer.alloc(8_000_000),
          both: { method: 8, size: 760_000_000 },
        })),
      ),
  ],
  ['zip-name-traversal', () => withEntry({ name: '../evil', data: HELLO })],
  ['zip-name-traversal', () => withEntry({ name: 'cust/../../evil', data: HELLO })],
  ['zip-name-absolute', () => withEntry({ name: '/tmp/evil', data: HELLO })],
  ['zip-name-backslash', () => withEntry({ name: '..\\evil', data: HELLO })],
  ['zip-name-segment', () => withEntry({ name: 'cust//evil', data: HELLO })],
  ['zip-name-character', () => withEntry({ name: 'evil\u0000.txt', data: HELLO })],
  ['zip-name-length', () => withEntry({ name: '', data: HELLO })],
  ['zip-name-length', () => withEntry({ name: 'a'.repeat(300), data: HELLO })],
  ['zip-name-encoding', () => withEntry({ name: Buffer.from([0xff, 0xfe]), data: HELLO })],
  ['zip-name-encoding', () => withEntry({ name: 'é', data: HELLO, both: { flags: 0 } })],
  ['zip-name-duplicate', () => withEntry(SIGNED[2] as RawEntry)],
  ['zip-name-duplicate', () => withEntry({ name: 'RESOURCE.json', data: HELLO })],
  ['zip-name-conflict', () => withEntry({ name: 'resource.json/x', data: HELLO })],
  ['ota-extra-file', () => withEntry({ name: 'evil.txt', data: HELLO })],
  ['ota-extra-file', () => withEntry({ name: 'cust/', central: { externalAttributes: 0o040755 * 0x10000 } })],
  ['ota-missing-file', () => rawZip(SIGNED.slice(1))],
  ['ota-missing-file', () => rawZip(SIGNED.slice(0, 2))],
  ['ota-core-name', () => rawZip([...SIGNED.slice(0, 2), { name: 'evil.img', data: INNER }])],
  ['ota-core-name', () => rawZip([...SIGNED.slice(0, 2), { name: 'resource_V1.0.1.zip', data: INNER }])],
  ['ota-unsigned', () => rawZip([SIGNED[0] as RawEntry, SIGNED[2] as RawEntry])],
  [
    'ota-signature-form',
    () => rawZip([SIGNED[0] as RawEntry, { name: 'resource.json.sig', data: Buffer.alloc(63) }, SIGNED[2] as RawEntry]),
  ],
  [
    'ota-signature-form',
    () => rawZip([SIGNED[0] as RawEntry, { name: 'resource.json.sig', data: Buffer.alloc(65) }, SIGNED[2] as RawEntry]),
  ],
  ['ota-signature', () => rawZip([SIGNED[0] as RawEntry, { name: 'resource.json.sig', data: Buffer.alloc(64) }, SIGNED[2] as RawEntry])],
  ['ota-signature', () => rawZip(signedEntries(manifestFor(INNER, FILES), INNER, fixedKeys(2)))],
  [
    'ota-signature',
    () =>
      rawZip([{ name: 'resource.json', data: encodeManifest(manifestFor(INNER, FILES, { customerName: 'OTHER' })) }, ...SIGNED.slice(1)]),
  ],
  ['ota-manifest', () => rawZip(signedEntries({ ...manifestFor(INNER, FILES), versionCode: 7 }, INNER))],
  ['ota-disagreement', () => rawZip(signedEntries(manifestFor(INNER, FILES, { customerName: 'OTHER' }), INNER))],
  [
    'ota-core-hash',
    () => rawZip([...SIGNED.slice(0, 2), { name: 'resource_V1.0.0.zip', data: rawZip([{ name: 'cust/posparam.ini', data: POSPARAM }]) }]),
  ],
  ['ota-files', () => signedAround(INNER, { ...FILES, 'mp3/more.mp3': HELLO })],
  ['ota-files', () => signedAround(INNER, { ...FILES, 'mp3/hello.mp3': Buffer.from('HELLO') })],
  ['ota-files', () => signedAround(INNER, { 'cust/posparam.ini': POSPARAM })],
])('a package with something wrong around: %s', async (code, make) => {
  expect(await refusal(make())).toBe(code);
});

const KEY_PEM = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const inside = (files: Files) => signedAround(rawZip(Object.entries(files).map(([name, data]) => ({ name, data }))), files);
const insideEntry = (entry: RawEntry, files: Files = FILES) =>
  signedAround(rawZip([...Object.entries(FILES).map(([name, data]) => ({ name, data })), entry]), files);

test.each<[string, () => Buffer]>([
  ['zip-truncated', () => signedAround(Buffer.from('no zip, and long enough to be taken for one'), FILES)],
  ['zip-prefix-bytes', () => signedAround(rawZip([{ name: 'cust/a', data: HELLO }], { prefix: HELLO }), FILES)],
  ['zip-name-place', () => insideEntry({ name: 'etc/passwd', data: HELLO })],
  ['zip-name-place', () => insideEntry({ name: 'resource.json', data: HELLO })],
  ['zip-name-traversal', () => insideEntry({ name: 'cust/../../../evil', data: HELLO })],
  ['zip-name-absolute', () => insideEntry({ name: '/cust/evil', data: HELLO })],
  ['zip-name-duplicate', () => insideEntry({ name: 'mp3/HELLO.mp3', data: HELLO })],
  ['zip-symlink', () => insideEntry({ name: 'key/link', data: HELLO, central: { externalAttributes: 0o120777 * 0x10000 } })],
  ['zip-folder', () => insideEntry({ name: 'ui/', data: HELLO, central: { externalAttributes: 0o040755 * 0x10000 } })],
  ['zip-ratio', () => insideEntry({ name: 'mp3/bomb', data: ZEROS, deflate: true })],
  ['zip-local-mismatch', () => insideEntry({ name: 'mp3/x', data: HELLO, local: { crc: 1 } })],
  ['ota-posparam-missing', () => inside({ 'mp3/hello.mp3': HELLO })],
  ['ota-posparam', () => inside({ 'cust/posparam.ini': HELLO })],
  ['ota-small-file', () => inside({ ...FILES, 'key/big.pem': Buffer.alloc(70_000) })],
  ['ota-certificate', () => inside({ ...FILES, 'key/ca.pem': HELLO })],
  [
    'ota-certificate',
    () => inside({ ...FILES, 'key/ca.pem': Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') }),
  ],
  ['ota-private-key', () => inside({ ...FILES, 'key/client.pem': Buffer.from(KEY_PEM) })],
  ['ota-private-key', () => inside({ ...FILES, 'ui/picture.png': Buffer.concat([Buffer.alloc(131_060), Buffer.from(KEY_PEM)]) })],
])('a signed package with something wrong inside: %s', async (code, make) => {
  expect(await refusal(make())).toBe(code);
});

test.each(Array.from({ length: 22 }, (_, i) => i))('the same for an inner archive another tool deflated: cut by %i bytes', async (cut) => {
  const deflated = rawZip(SIGNED.map((entry) => ({ ...entry, deflate: true })));
  expect(await refusal(cut === 0 ? deflated : deflated.subarray(0, -cut))).toBe(cut === 0 ? 'none' : 'zip-truncated');
});

test.each<[string, string, Partial<VerifyOptions>]>([
  ['no key at all', 'ota-no-key', { keys: [] }],
  ['the keys of others', 'ota-signature', { keys: [fixedKeys(2).publicKey, fixedKeys(3).publicKey] }],
  ['the right key among others', 'none', { keys: [fixedKeys(2).publicKey, MAKER.publicKey] }],
  ['another name', 'ota-disagreement', { name: 'CUST_DS50-MQ_OTHER_V1.0.0.zip' }],
  ['another model in the name', 'ota-disagreement', { name: 'CUST_DS60_ACME_V1.0.0.zip' }],
  ['another version in the name', 'ota-disagreement', { name: 'CUST_DS50-MQ_ACME_V1.0.1.zip' }],
  ['the name of firmware', 'ota-disagreement', { name: 'AP_DS50-MQ_ACME_V1.0.0.zip' }],
  ['a name that is none', 'ota-name', { name: 'package.zip' }],
])('the good package, with %s: %s', async (_, code, options) => {
  expect(await refusal(GOOD, options)).toBe(code);
});

const VENDOR = rawZip([
  { name: 'resource.json', data: encodeVendorManifest({ type: 'CUST', version: 'V1.0.0', customerName: 'ACME' }) },
  { name: 'resource_V1.0.0.zip', data: INNER },
]);

test('an unsigned package is taken by its exact size and hash, and no other way', async () => {
  const allowed = { size: VENDOR.length, sha256: sha256(VENDOR) };
  const taken = await verified(VENDOR, { keys: [], unsigned: allowed });
  expect(taken).toMatchObject({ signedBy: null, signature: null, sha256: allowed.sha256, manifest: { ...manifestFor(INNER, FILES) } });
  expect(await refusal(VENDOR)).toBe('ota-unsigned');
  expect(await refusal(VENDOR, { unsigned: { ...allowed, size: 1 } })).toBe('ota-size');
  expect(await refusal(VENDOR, { unsigned: { ...allowed, sha256: '0'.repeat(64) } })).toBe('ota-hash');
  const stripped = rawZip([SIGNED[0] as RawEntry, SIGNED[2] as RawEntry]);
  expect(await refusal(stripped, { unsigned: { size: stripped.length, sha256: sha256(stripped) } })).toBe('ota-unsigned');
  expect(await refusal(GOOD, { keys: [], unsigned: { size: GOOD.length, sha256: sha256(GOOD) } })).toBe('ota-no-key');
});

test('a package whose signer nobody asked for can be looked at, not unpacked', async () => {
  const unchecked = await verified(GOOD, { keys: null });
  expect(unchecked).toMatchObject({ signedBy: 'unknown', manifest: { customerName: 'ACME' } });
  await expect(unpackPackage(unchecked, join(dir, 'stage'))).rejects.toMatchObject({ code: 'ota-unchecked', blame: 'caller' });
  expect(existsSync(join(dir, 'stage'))).toBe(false);
  expect(await refusal(VENDOR, { keys: null })).toBe('ota-unsigned');
});

test('a report goes on after a fault and names every one', async () => {
  writeFileSync(join(dir, NAME), rawZip(signedEntries(manifestFor(INNER, FILES, { customerName: 'OTHER' }), INNER, fixedKeys(2))));
  const report = await inspectPackage(join(dir, NAME), { keys: [MAKER.publicKey] });
  expect(report).toMatchObject({ ok: false, signedBy: null, manifest: { customerName: 'OTHER' } });
  expect(report.checks.filter(({ ok }) => !ok).map(({ name, code }) => [name, code])).toEqual([
    ['signature', 'ota-signature'],
    ['agreement', 'ota-disagreement'],
  ]);
  expect(report.checks.at(-1)).toMatchObject({ name: 'files', ok: true });
});

test.each([
  ['a folder', () => dir],
  ['nothing', () => join(dir, 'nothing.zip')],
])('%s is no package', async (_, path) => {
  await expect(verifyPackage(path(), { keys: [MAKER.publicKey], name: NAME })).rejects.toMatchObject({ code: 'ota-file', blame: 'caller' });
});

test('a package that changes after it was verified is not unpacked, and a link is not followed', async () => {
  const good = await verified(GOOD);
  const swapped = { ...FILES, 'mp3/hello.mp3': Buffer.from('HELLO') };
  writeFileSync(join(dir, NAME), inside(swapped));
  const stage = join(dir, 'stage');
  await expect(unpackPackage(good, stage)).rejects.toMatchObject({ code: 'ota-changed' });
  rmSync(stage, { recursive: true });
  writeFileSync(join(dir, NAME), GOOD);
  symlinkSync(join(dir, 'work'), stage);
  await expect(unpackPackage(good, stage)).rejects.toMatchObject({ code: 'ota-io', blame: 'device' });
  expect(readdirSync(join(dir, 'work'))).toEqual([]);
  rmSync(stage);
  expect(existsSync(stage)).toBe(false);
});
