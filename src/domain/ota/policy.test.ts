import { expect, test } from 'vitest';
import { type BoxFacts, judge, judgeOffer, type PackageFacts, type Permit, permitOf } from './policy.ts';
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
const BOX: BoxFacts = { model: 'DS50-MQ', customer: 'ACME', runtime: '0.1.0', current: CURRENT, refused: [], permit: 'none' };

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
  ['one that failed before, with a permit', {}, { refused: [HASH], permit: 'epoch' }, 'ota-failed-before'],
  ['what is installed', { versionCode: 1_000_000, sha256: CURRENT.sha256 }, {}, 'ota-same-version'],
  ['what is installed, with a permit', { versionCode: 1_000_000, sha256: CURRENT.sha256 }, { permit: 'epoch' }, 'ota-same-version'],
  ['the same version with other bytes', { versionCode: 1_000_000 }, {}, 'ota-same-version'],
  ['the same version with other bytes, with a permit', { versionCode: 1_000_000 }, { permit: 'version' }, null],
  ['the same version of a higher epoch', { epoch: 2, versionCode: 1_000_000 }, {}, null],
  ['an older version', { versionCode: 999_999 }, {}, 'ota-downgrade'],
  ['a higher version of a lower epoch', { epoch: 1, versionCode: 2_000_000 }, { current: { ...CURRENT, epoch: 2 } }, 'ota-downgrade'],
  ['an older version, with a permit', { versionCode: 999_999 }, { permit: 'version' }, null],
  ['a lower epoch, with a permit for versions', {}, { current: { ...CURRENT, epoch: 2 }, permit: 'version' }, 'ota-downgrade'],
  ['a lower epoch, with a permit for epochs', {}, { current: { ...CURRENT, epoch: 2 }, permit: 'epoch' }, null],
])('%s', (_, facts, box, code) => {
  expect(judge({ ...PACKAGE, ...facts }, { ...BOX, ...box })?.code ?? null).toBe(code);
});

test('the same version with other bytes says which is which', () => {
  expect(judge({ ...PACKAGE, versionCode: 1_000_000 }, BOX)?.explain()).toContain(`epoch 1, version code 1000000, sha256 ${HASH}`);
});

test.each<[string, Partial<PackageFacts>, Partial<BoxFacts>, string | null]>([
  ['nothing of its version', {}, {}, null],
  ['another model', { models: ['OTHER'] }, {}, 'ota-model'],
  ['another customer', { customerName: 'OTHER' }, {}, 'ota-customer'],
  ['a package that failed before', {}, { refused: [HASH], permit: 'epoch' }, 'ota-failed-before'],
  ['what is installed', { sha256: CURRENT.sha256 }, { permit: 'epoch' }, 'ota-same-version'],
])('an offer is judged by what it tells: %s', (_, facts, box, code) => {
  expect(judgeOffer({ ...PACKAGE, ...facts }, { ...BOX, ...box })?.code ?? null).toBe(code);
});

test.each<[string, boolean, Permit]>([
  ['', false, 'none'],
  ['', true, 'epoch'],
  ['dep-1', false, 'none'],
  ['dep-1', true, 'version'],
])('deployment %j with permitDowngrade %j permits: %s', (deployment, permitDowngrade, permit) => {
  expect(permitOf({ deployment, permitDowngrade })).toBe(permit);
});
