import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../build/bundle.ts';
import { fontLicences, packageOf, sbomOfCheckout } from './built-in.ts';
import { type BuiltIn, sbom } from './sbom.ts';

const SHA512 = `sha512-${createHash('sha512').update('one').digest('base64')}`;
const BUILT: BuiltIn = {
  version: '1.2.3',
  builtAt: 1_700_000_000,
  lock: {
    '': { dependencies: { one: '^1', '@scope/two': '^2', absent: '^1' }, version: '1.2.3' },
    'node_modules/one': { version: '1.0.0', license: 'MIT', integrity: SHA512, dependencies: { inner: '^1' } },
    'node_modules/one/node_modules/inner': { version: '1.1.0', license: '(MIT OR Apache-2.0)', peerDependencies: { '@scope/two': '*' } },
    'node_modules/inner': { version: '3.0.0' },
    'node_modules/@scope/two': { version: '2.0.0', license: 'ISC', dependencies: { inner: '^3' } },
    'node_modules/absent': { version: '1.0.0' },
  },
  packages: [
    'node_modules/one',
    'node_modules/inner',
    'node_modules/one/node_modules/inner',
    'node_modules/@scope/two',
    'node_modules/one',
  ],
  runtime: { node: '26.0.0', zlib: '1.3', modules: '147', ada: '3.0', quic: '' },
  fonts: [{ path: 'assets/fonts/B.ttf', sha256: 'b'.repeat(64) }],
};

/** What https://cyclonedx.org/schema/bom-1.6.schema.json asks of the parts that are used here, and nothing else beside them. */
const LEAF = {
  type: v.picklist(['application', 'library', 'platform', 'file']),
  'bom-ref': v.pipe(v.string(), v.minLength(1)),
  name: v.pipe(v.string(), v.minLength(1)),
  version: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
  licenses: v.exactOptional(v.tuple([v.strictObject({ expression: v.string() })])),
  hashes: v.exactOptional(
    v.array(
      v.variant('alg', [
        v.strictObject({ alg: v.literal('SHA-512'), content: v.pipe(v.string(), v.regex(/^[0-9a-f]{128}$/)) }),
        v.strictObject({ alg: v.literal('SHA-256'), content: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
      ]),
    ),
  ),
  purl: v.exactOptional(v.pipe(v.string(), v.regex(/^pkg:(npm|generic)\/[\w%./-]+@[\w.+%-]+$/))),
  cpe: v.exactOptional(v.pipe(v.string(), v.regex(/^cpe:2\.3:a(:[\w.*-]+){10}$/))),
};
const BOM = v.strictObject({
  bomFormat: v.literal('CycloneDX'),
  specVersion: v.literal('1.6'),
  serialNumber: v.pipe(v.string(), v.regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)),
  version: v.literal(1),
  metadata: v.strictObject({ timestamp: v.pipe(v.string(), v.isoTimestamp()), component: v.strictObject(LEAF) }),
  components: v.array(v.strictObject({ ...LEAF, components: v.exactOptional(v.array(v.strictObject(LEAF))) })),
  dependencies: v.array(v.strictObject({ ref: v.string(), dependsOn: v.array(v.string()) })),
});

/** Also that every reference leads to something, and no two things have one name. */
function read(text: string) {
  const bom = v.parse(BOM, JSON.parse(text));
  const refs = [bom.metadata.component, ...bom.components.flatMap((one) => [one, ...(one.components ?? [])])].map((one) => one['bom-ref']);
  expect(new Set(refs).size).toBe(refs.length);
  for (const { ref, dependsOn } of bom.dependencies) expect(refs).toEqual(expect.arrayContaining([ref, ...dependsOn]));
  return bom;
}

describe('the list of what is built in', () => {
  test('names each package once, with licence and checksum', () => {
    const { components } = read(sbom(BUILT));
    expect(components.map(({ name, version }) => `${name} ${version ?? ''}`.trim())).toEqual([
      'node 26.0.0',
      '@scope/two 2.0.0',
      'inner 3.0.0',
      'one 1.0.0',
      'inner 1.1.0',
      'assets/fonts/B.ttf',
    ]);
    expect(components[3]).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/one@1.0.0',
      name: 'one',
      version: '1.0.0',
      licenses: [{ expression: 'MIT' }],
      hashes: [{ alg: 'SHA-512', content: createHash('sha512').update('one').digest('hex') }],
      purl: 'pkg:npm/one@1.0.0',
    });
    expect(components[1]?.purl).toBe('pkg:npm/%40scope/two@2.0.0');
    expect(components[0]?.components?.map(({ name }) => name)).toEqual(['ada', 'zlib']);
  });

  test('says which needs which, found as Node finds them, and leaves out what is not built in', () => {
    const { dependencies } = read(sbom(BUILT));
    const nested = 'pkg:npm/inner@1.1.0#node_modules/one/node_modules/inner';
    expect(Object.fromEntries(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))).toEqual({
      tilld: ['assets/fonts/B.ttf', 'node', 'pkg:npm/%40scope/two@2.0.0', 'pkg:npm/one@1.0.0'],
      'pkg:npm/one@1.0.0': [nested],
      [nested]: ['pkg:npm/%40scope/two@2.0.0'],
      'pkg:npm/%40scope/two@2.0.0': ['pkg:npm/inner@3.0.0'],
      'pkg:npm/inner@3.0.0': [],
    });
  });

  test('is the same for the same, in whatever order, and has another number for anything else', () => {
    const text = sbom(BUILT);
    const turned = Object.fromEntries(Object.entries(BUILT.runtime).reverse());
    expect(sbom({ ...BUILT, packages: [...BUILT.packages].reverse(), runtime: turned })).toBe(text);
    const number = (built: BuiltIn) => read(sbom(built)).serialNumber;
    expect(number({ ...BUILT, packages: ['node_modules/one'] })).not.toBe(number(BUILT));
  });

  test('of this checkout holds what it imports, and nothing that only builds it', async () => {
    const { components } = read(await sbomOfCheckout('0.0.1', 1_700_000_000));
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['node', 'undici', 'valibot', 'mqtt', 'assets/fonts/NotoSans-Bold.ttf']));
    expect(names).not.toContain('vitest');
    expect(components.filter(({ type, licenses }) => type === 'library' && licenses === undefined)).toEqual([]);
  });
});

test('a module is of the innermost package it lies in', () => {
  expect(packageOf(`${ROOT}/node_modules/@a/b/node_modules/c/lib/x.js`)).toBe('node_modules/@a/b/node_modules/c');
  expect(packageOf(`${ROOT}/node_modules/@a/b/x.js`)).toBe('node_modules/@a/b');
  expect(packageOf(`${ROOT}/src/main.ts`)).toBe(null);
  expect(packageOf('\0rolldown/runtime.js')).toBe(null);
});

test('the fonts come with their terms', () => {
  expect(fontLicences().match(/^The fonts NotoSans\w* \(OFL-1\.1\)$/gm)).toHaveLength(3);
  expect(fontLicences()).toContain('SIL OPEN FONT LICENSE');
});
