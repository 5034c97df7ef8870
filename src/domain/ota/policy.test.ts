import { expect, test } from 'vitest';
import { type BoxFacts, judge, type PackageFacts } from './policy.ts';
import type { Release } from './update.ts';

const HASH = 'a'.repeat(64);
const PACKAGE: PackageFacts = {
  versionCode: 1_001_000,
  epoch: 1,
  customerName: 'ACME',
  models: ['DS50-MQ'],
  minRuntime: '0.1.0',
  sha256: HASH,
};
const CURRENT: Release = {
  id: 'V1.0.0-bbbbbbbbbbbb',
  type: 'CUST',
  name: 'CUST_DS50-MQ_ACME_V1.0.0.zip',
  version: 'V1.0.0',
  versionCode: 1_000_000,
  epoch: 1,
  sha256: 'b'.repeat(64),
  customerName: 'ACME',
  core: 'resource_V1.0.0.zip',
};
const BOX: BoxFacts = { model: 'DS50-MQ', customer: 'ACME', runtime: '0.1.0', current: CURRENT, refused: [], permitDowngrade: false };

test.each<[string, Partial<PackageFacts>, Partial<BoxFacts>, string | null]>([
  ['a newer version', {}, {}, null],
  ['any version on a box without one', { versionCode: 0 }, { current: null }, null],
  ['one for several models', { models: ['OTHER', 'DS50-MQ'] }, {}, null],
  ['a lower version of a higher epoch', { epoch: 2, versionCode: 0 }, {}, null],
  ['one for another model', { models: ['OTHER'] }, {}, 'ota-model'],
  ['one for another customer', { customerName: 'OTHER' }, {}, 'ota-customer'],
  ['one whose customer differs in case', { customerName: 'acme' }, {}, 'ota-customer'],
  ['one that needs a newer tilld', { minRuntime: '0.1.1' }, {}, 'ota-runtime'],
  ['one on a tilld of unknown version', {}, { runtime: 'dev' }, 'ota-runtime'],
  ['one that failed before', {}, { refused: [HASH] }, 'ota-failed-before'],
  ['one that failed before, with a permit', {}, { refused: [HASH], permitDowngrade: true }, 'ota-failed-before'],
  ['the same version', { versionCode: 1_000_000 }, {}, 'ota-same-version'],
  ['the same version, with a permit', { versionCode: 1_000_000 }, { permitDowngrade: true }, 'ota-same-version'],
  ['an older version', { versionCode: 999_999 }, {}, 'ota-downgrade'],
  ['a higher version of a lower epoch', { epoch: 1, versionCode: 2_000_000 }, { current: { ...CURRENT, epoch: 2 } }, 'ota-downgrade'],
  ['an older version, with a permit', { versionCode: 999_999 }, { permitDowngrade: true }, null],
])('%s', (_, facts, box, code) => {
  expect(judge({ ...PACKAGE, ...facts }, { ...BOX, ...box })?.code ?? null).toBe(code);
});
