import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeManifest, decodeVendorManifest } from './decode-manifest.ts';
import { encodeManifest, encodeVendorManifest, type Manifest } from './manifest.ts';
import { OtaFault } from './ota-fault.ts';
import type { ManifestFault } from './problems.ts';

const HASH = '0123456789abcdef'.repeat(4);
const CUST: Manifest = {
  schema: 'tilld.ota/1',
  type: 'CUST',
  version: 'V1.0.0',
  customerName: 'ACME',
  package: 'CUST_DS50-MQ_ACME_V1.0.0',
  versionCode: 1_000_000,
  epoch: 1,
  compat: { models: ['DS50-MQ'], minRuntime: '0.1.0' },
  core: [{ name: 'resource_V1.0.0.zip', size: 300, sha256: HASH, unpackedSize: 30, entries: 3 }],
  files: [
    { path: 'cust/posparam.ini', size: 10, sha256: HASH },
    { path: 'mp3/a.mp3', size: 20, sha256: HASH },
  ],
  created: '1980-01-01T00:00:00Z',
};
const AP: Manifest = {
  ...CUST,
  type: 'AP',
  package: 'AP_DS50-MQ_ACME_V1.0.0',
  core: [{ name: 'DS50_app_V1.0.0.img', size: 300, sha256: HASH, unpackedSize: 300, entries: 0 }],
  files: [],
};
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function problems(value: unknown): readonly string[] {
  try {
    decodeManifest(bytes(value));
  } catch (error) {
    return (error as ManifestFault).problems;
  }
  return [];
}

test.each([CUST, AP])('a manifest is read as it was written: $type', (manifest) => {
  expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
});

test('its bytes do not depend on how the manifest was put together', () => {
  const reversed = Object.fromEntries(Object.entries(CUST).reverse()) as unknown as Manifest;
  expect(encodeManifest(reversed)).toEqual(encodeManifest(CUST));
  expect(Object.keys(JSON.parse(new TextDecoder().decode(encodeManifest(reversed)))).slice(0, 4)).toEqual([
    'schema',
    'type',
    'version',
    'customerName',
  ]);
});

test('everything that is wrong is told at once', () => {
  const found = problems({ ...CUST, schema: 'tilld.ota/2', epoch: 0, created: '2026-02-30T00:00:00Z', color: 'red', compat: {} });
  expect(found).toHaveLength(6);
  for (const part of ['schema:', 'epoch:', 'created:', '"color": there is no such field', 'compat.models:', 'compat.minRuntime:'])
    expect(found.join('\n')).toContain(part);
});

test.each<[string, unknown, string]>([
  ['the package name', { ...CUST, package: 'CUST_DS50-MQ_OTHER_V1.0.0' }, 'package:'],
  ['the version code', { ...CUST, versionCode: 1 }, 'versionCode:'],
  ['the core name', { ...CUST, core: [{ ...CUST.core[0], name: 'resource_V1.0.1.zip' }] }, 'core[0].name:'],
  ['the unpacked size', { ...CUST, core: [{ ...CUST.core[0], unpackedSize: 31 }] }, 'core[0].unpackedSize:'],
  ['the entries', { ...CUST, core: [{ ...CUST.core[0], entries: 1 }] }, 'core[0].entries:'],
  ['files out of order', { ...CUST, files: [...CUST.files].reverse() }, 'files: they are not sorted'],
  ['a file twice', { ...CUST, files: [CUST.files[0], CUST.files[0]] }, 'files:'],
  ['a path outside', { ...CUST, files: [{ ...CUST.files[0], path: 'cust/../../x' }] }, 'a path without ..'],
  ['a path elsewhere', { ...CUST, files: [{ ...CUST.files[0], path: 'etc/x' }] }, 'outside the folders'],
  ['a folder as file', { ...CUST, files: [{ ...CUST.files[0], path: 'cust/' }] }, 'files[0].path'],
  ['two core files', { ...CUST, core: [CUST.core[0], CUST.core[0]] }, 'core:'],
  ['no core file', { ...CUST, core: [] }, 'core:'],
  ['files of firmware', { ...AP, files: CUST.files }, 'files: firmware has none'],
  ['a size beyond the cap', { ...CUST, core: [{ ...CUST.core[0], size: 2 ** 40 }] }, 'core[0].size'],
  ['a list for an object', { ...CUST, compat: [] }, 'compat:'],
  ['null', null, 'resource.json:'],
])('%s is a problem', (_, value, expected) => {
  const found = problems(value).join('\n');
  expect(found).toContain(expected);
});

test.each(['', '{', '{"schema":1,"schema":2}', '{"__proto__":1}', '\u{0}', 'é'])('%j cannot be read', (text) => {
  expect(() => decodeManifest(Buffer.from(text, 'latin1'))).toThrow(expect.objectContaining({ code: 'ota-manifest-json' }));
});

test('what is too large is not read', () => {
  expect(() => decodeManifest(new Uint8Array(2 ** 20 + 1))).toThrow(expect.objectContaining({ code: 'ota-manifest-json' }));
});

test("the vendor's three fields, with a byte order mark and more", () => {
  const vendor = { type: 'CUST', version: 'V1.0.0', customerName: 'DSPREAD' } as const;
  expect(decodeVendorManifest(encodeVendorManifest(vendor))).toEqual(vendor);
  expect(decodeVendorManifest(bytes(`\u{feff}${JSON.stringify({ ...vendor, remark: 'x' })}`))).toEqual(vendor);
  expect(() => decodeVendorManifest(bytes({ ...vendor, version: '1', type: 'X' }))).toThrow(
    expect.objectContaining({ code: 'ota-manifest', problems: [expect.stringContaining('type'), expect.stringContaining('V<major>')] }),
  );
  expect(() => decodeVendorManifest(encodeManifest(CUST))).toThrow(expect.objectContaining({ code: 'ota-unsigned' }));
});

test('whatever comes, the answer is a manifest or an OtaFault', () => {
  const answer = (input: Uint8Array) => {
    for (const read of [decodeManifest, decodeVendorManifest]) {
      try {
        read(input);
      } catch (error) {
        expect(error).toBeInstanceOf(OtaFault);
      }
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), answer));
  fc.assert(fc.property(fc.json(), (text) => answer(bytes(text))));
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(CUST)), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 4 });
  fc.assert(fc.property(changes, (changed) => answer(bytes({ ...CUST, ...changed }))));
  const valid = encodeManifest(CUST);
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      answer(valid.map((byte, i) => (i === at ? byte ^ mask : byte)));
    }),
  );
});
