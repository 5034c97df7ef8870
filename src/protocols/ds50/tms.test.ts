import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutCardData } from '../../domain/card-data.ts';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { type PackageOffer, UPDATE_STATUS, type UpdateStatusName } from '../../domain/ota/update.ts';
import { compact, documented, fixture, raw, refusal, textOf } from '../../testkit/ds50-messages.ts';
import * as tms from './tms.ts';

const SHA = '3f'.repeat(32);
const OFFER: PackageOffer = {
  deployment: 'dep-0001',
  name: 'CUST_DS50-MQ_ACME_V1.0.0.zip',
  size: 1234,
  sha256: SHA,
  path: tms.packagePath(SHA),
  permitDowngrade: false,
  deadlineMs: Date.UTC(2026, 11, 1),
};
const instruction = () => documented('instruction').update as Record<string, unknown>;
const statusReport = () => documented('status-report') as { deviceSn: string; reports: Record<string, unknown>[] };
const REPORT: tms.StatusReport = {
  deviceSn: 'S20A1012574P0002',
  reports: [
    {
      id: 'dep-0001:4:1',
      deployment: 'dep-0001',
      status: 'DOWNLOAD_SUCCESS',
      progress: 100,
      reason: '',
      atMs: Date.UTC(2026, 10, 21, 8, 30),
    },
  ],
};

describe.each([
  {
    name: 'instruction',
    value: OFFER,
    decoded: tms.decodeInstruction as (raw: Uint8Array) => unknown,
    encoded: () => tms.encodeInstruction(OFFER),
  },
  { name: 'status-report', value: REPORT, decoded: tms.decodeStatusReport, encoded: () => tms.encodeStatusReport(REPORT) },
  { name: 'status-reply', value: 1, decoded: tms.decodeStatusReply, encoded: () => tms.encodeStatusReply(1) },
])('message $name', ({ name, value, decoded, encoded }) => {
  test('is read', () => expect(decoded(fixture(name))).toEqual(value));
  test('is written byte by byte', () => expect(textOf(encoded())).toBe(compact(name)));
});

test('an instruction without deadline and permit has neither', () => {
  const update = { ...instruction(), deadline: undefined, permitDowngrade: undefined };
  const open = { ...OFFER, deadlineMs: null };
  expect(tms.decodeInstruction(raw({ update }))).toEqual(open);
  expect(textOf(tms.encodeInstruction(open))).not.toContain('deadline');
});

test('an instruction may speak of the largest package there can be', () => {
  const update = { ...instruction(), size: MAX_PACKAGE_BYTES };
  expect(tms.decodeInstruction(raw({ update })).size).toBe(MAX_PACKAGE_BYTES);
});

test.each<[string, unknown]>([
  ['deployment', ''],
  ['deployment', 'a/b'],
  ['deployment', 1],
  ['name', '../x.zip'],
  ['name', 'a/b.zip'],
  ['name', '.zip'],
  ['name', 'CUST_DS50-MQ_ACME_V1.0.0.exe'],
  ['name', `${'a'.repeat(130)}.zip`],
  ['deployment', '4111111111111111'],
  ['deployment', 'PIN:0412AC89ABCDEF67'],
  ['name', '4111-1111-1111-1111.zip'],
  ['path', '/tms/378282246310005'],
  ['size', 0],
  ['size', -1],
  ['size', 1.5],
  ['size', '1234'],
  ['size', MAX_PACKAGE_BYTES + 1],
  ['sha256', SHA.toUpperCase()],
  ['sha256', SHA.slice(1)],
  ['sha256', `${SHA}\n`],
  ['path', ''],
  ['path', '/'],
  ['path', 'tms/v1/packages/x'],
  ['path', 'https://evil.example.com/x'],
  ['path', '//evil.example.com/x'],
  ['path', '/tms//x'],
  ['path', '/tms/../x'],
  ['path', '/tms/%2e%2e/x'],
  ['path', '/tms?x=1'],
  ['path', '/tms\\x'],
  ['path', `/${'a'.repeat(201)}`],
  ['permitDowngrade', 'false'],
  ['permitDowngrade', null],
  ['deadline', 'tomorrow'],
  ['deadline', '2026-13-01T00:00:00Z'],
  ['deadline', '2026-12-01T00:00:00'],
  ['deadline', 1],
])('an instruction with %s %j is refused', (field, value) => {
  const update = { ...instruction(), [field]: value };
  expect(refusal(() => tms.decodeInstruction(raw({ update })))).toBe(`update.${field}`);
});

test.each<[string, object]>([
  ['id', { id: '' }],
  ['id', { id: 'a b' }],
  ['deployment', { deployment: undefined }],
  ['name', { name: 'DONE' }],
  ['status', { status: 5 }],
  ['status', { status: '4' }],
  ['progress', { progress: 101 }],
  ['progress', { progress: 0.5 }],
  ['reason', { reason: 'It failed' }],
  ['reason', { reason: null }],
  ['time', { time: 'now' }],
])('a status report with a bad %s is refused', (field, change) => {
  const { deviceSn, reports } = statusReport();
  expect(refusal(() => tms.decodeStatusReport(raw({ deviceSn, reports: [{ ...reports[0], ...change }] })))).toBe(`reports[0].${field}`);
});

test('a report of a box without a usable name, or of too many steps, is refused', () => {
  const { reports } = statusReport();
  expect(refusal(() => tms.decodeStatusReport(raw({ deviceSn: 'a/b', reports })))).toBe('deviceSn');
  expect(refusal(() => tms.decodeStatusReport(raw({ deviceSn: 'a', reports: Array(51).fill(reports[0]) })))).toBe('reports');
});

test('a reply that accepts nothing by its code is refused', () => {
  expect(refusal(() => tms.decodeStatusReply(raw({ respCode: '96', accepted: 1 })))).toBe('respCode');
  expect(refusal(() => tms.decodeStatusReply(raw({ respCode: '00', accepted: '1' })))).toBe('accepted');
  expect(refusal(() => tms.decodeStatusReply(raw({ respCode: '00' })))).toBe('accepted');
});

/** Texts of this form that nobody could take for card data: what could be is refused, and now and then chance makes such. */
const kept = (form: RegExp) => fc.stringMatching(form).filter((text) => withoutCardData(text) === text);

test('every instruction and a full report survive the wire, within the size limits', () => {
  const offers = fc.record({
    deployment: kept(/^[\w.:-]{1,64}$/),
    name: kept(/^[A-Za-z0-9][\w.-]{0,30}\.zip$/),
    size: fc.integer({ min: 1, max: MAX_PACKAGE_BYTES }),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    path: kept(/^(\/[\w-]{1,20}){1,5}$/),
    permitDowngrade: fc.boolean(),
    deadlineMs: fc.option(fc.integer({ min: 0, max: 4_102_444_800_000 })),
  });
  fc.assert(fc.property(offers, (offer) => void expect(tms.decodeInstruction(tms.encodeInstruction(offer))).toEqual(offer)));
  const names = Object.keys(UPDATE_STATUS) as UpdateStatusName[];
  const reports = fc.array(
    fc.record({
      id: kept(/^[\x21-\x7e]{128}$/),
      deployment: kept(/^[\w.:-]{64}$/),
      status: fc.constantFrom(...names),
      progress: fc.integer({ min: 0, max: 100 }),
      reason: kept(/^[a-z0-9-]{64}$/),
      atMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    }),
    { minLength: tms.MAX_STATUS_REPORTS, maxLength: tms.MAX_STATUS_REPORTS },
  );
  fc.assert(
    fc.property(reports, (list) => {
      const sent = { deviceSn: 'S20A1012574P0002', reports: list };
      expect(tms.decodeStatusReport(tms.encodeStatusReport(sent))).toEqual(sent);
    }),
    { numRuns: 20 },
  );
});

test('no decoder throws anything but a PeerFault, whatever comes', () => {
  const names = ['instruction', 'status-report', 'status-reply'];
  const mutated = fc
    .tuple(fc.constantFrom(...names), fc.nat(400), fc.string({ maxLength: 6 }), fc.nat(12))
    .map(([name, at, insert, cut]) => new TextEncoder().encode(compact(name).slice(0, at) + insert + compact(name).slice(at + cut)));
  const input = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.jsonValue().map(raw), mutated);
  const decoders = [tms.decodeInstruction, tms.decodeStatusReport, tms.decodeStatusReply];
  fc.assert(
    fc.property(fc.constantFrom(...decoders), input, (decode, bytes) => void refusal(() => decode(bytes))),
    { numRuns: 3_000 },
  );
});
