import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { firmwareBytes, type PackageBytes } from '../../testkit/package-bytes.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { tmsCall, tmsUpload } from '../../testkit/tms-control.ts';
import { type TmsDevice, tmsDevice } from '../../testkit/tms-device.ts';
import { REFERENCE_DS50 } from '../ds50/api-key.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

let sample: PackageBytes;
beforeAll(async () => {
  sample = await firmwareBytes();
});

let clock: FakeClock;
let folder: string;
let backend: ReferenceBackend;
const devices: TmsDevice[] = [];

const start = async () => {
  const stateFile = join(folder, 'refserver.sqlite');
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy(), stateFile });
};
beforeEach(async () => {
  clock = new FakeClock();
  folder = await mkdtemp(join(tmpdir(), 'tilld-tms-'));
  await start();
});
afterEach(async () => {
  for (const device of devices.splice(0)) await device.stop();
  await backend.stop();
  await rm(folder, { recursive: true });
});

const call = (method: string, path: string, body?: unknown) => tmsCall(backend.httpUrl, method, path, body);
const device = async (sn: string) => {
  const made = await tmsDevice(backend, sn, () => clock.wallMs());
  devices.push(made);
  return made;
};
/** Nothing was sent to this box that it has not taken: what is pushed now is what comes next. */
const heardNothing = async (box: TmsDevice) => {
  await control(backend.httpUrl, 'POST', 'ds50/push', { deviceSn: box.sn, raw: 'the end' });
  expect(await box.message()).toBe('the end');
};
const plan = (wish = {}) => ({ package: sample.sha256, group: 'shops', batchSize: 1, pauseAfterFailures: 5, ...wish });
/** A roll-out to a group of these devices. */
const rollOut = async (sns: readonly string[], wish = {}): Promise<string> => {
  await tmsUpload(backend.httpUrl, sample);
  await call('PUT', 'groups/shops', { devices: sns });
  const reply = await call('POST', 'deployments', plan(wish));
  expect(reply).toMatchObject({ status: 201 });
  return reply.deployment?.id ?? '';
};
const states = async (id: string) => {
  const { deployment } = await call('GET', `deployments/${id}`);
  return `${deployment?.state} ${deployment?.devices?.map((each) => `${each.deviceSn}:${each.state}`).join(' ')}`;
};

describe('a roll-out', () => {
  test('tells a device, which downloads, reports and is done', async () => {
    const box = await device('SN-1');
    const id = await rollOut(['SN-1'], { deadline: 3600, permitDowngrade: true });
    const offer = await box.offer();
    expect(offer).toEqual({
      deployment: id,
      name: sample.name,
      size: sample.bytes.length,
      sha256: sample.sha256,
      path: `/tms/v1/packages/${sample.sha256}`,
      permitDowngrade: true,
      deadlineMs: clock.wallMs() + 3_600_000,
    });
    expect(await box.report(id, 'START_DOWNLOAD')).toBe(1);
    expect(Buffer.from(await box.download(offer, 70_000)).equals(sample.bytes)).toBe(true);
    clock.advance(1000);
    await box.report(id, 'PROGRESS', { progress: 40 });
    expect(await states(id)).toBe('running SN-1:under-way');
    await box.report(id, 'UPGRADE_SUCCESS', { progress: 100 });
    const nowMs = clock.wallMs();
    expect(await call('GET', `deployments/${id}`)).toMatchObject({
      deployment: {
        id,
        state: 'completed',
        name: sample.name,
        group: 'shops',
        endedAtMs: nowMs,
        counts: { waiting: 0, 'under-way': 0, succeeded: 1, failed: 0, cancelled: 0, expired: 0 },
        devices: [
          {
            deviceSn: 'SN-1',
            state: 'succeeded',
            status: 'UPGRADE_SUCCESS',
            progress: 100,
            reason: '',
            reportedAtMs: nowMs,
            toldAtMs: nowMs - 1000,
            history: [
              { status: 'UPGRADE_SUCCESS', progress: 100, receivedAtMs: nowMs },
              { status: 'PROGRESS', progress: 40, receivedAtMs: nowMs },
              { id: 'SN-1-1', status: 'START_DOWNLOAD', receivedAtMs: nowMs - 1000, deviceTimeMs: nowMs - 1000 },
            ],
          },
        ],
      },
    });
    const { deployment } = await call('GET', `deployments/${id}?history=no`);
    expect(deployment?.devices?.[0]).not.toHaveProperty('history');
    expect((await call('GET', 'deployments')).deployments).toMatchObject([{ id, state: 'completed' }]);
  });

  test('keeps how far a device was when it fails, or begins anew', async () => {
    const box = await device('SN-1');
    const id = await rollOut(['SN-1']);
    await box.report(id, 'PROGRESS', { progress: 70 });
    await box.report(id, 'PROGRESS', { progress: 10 });
    await box.report(id, 'DOWNLOAD_FAIL', { progress: 0, reason: 'download-refused' });
    const { deployment } = await call('GET', `deployments/${id}`);
    expect(deployment?.devices?.[0]).toMatchObject({ state: 'failed', status: 'DOWNLOAD_FAIL', progress: 70 });
  });

  test('keeps so many under way, pauses after failures, goes on when told to', async () => {
    const boxes = await Promise.all(['A', 'B', 'C', 'D'].map(device));
    const [a, b, c, d] = boxes as [TmsDevice, TmsDevice, TmsDevice, TmsDevice];
    const id = await rollOut(['A', 'B', 'C', 'D'], { batchSize: 2, pauseAfterFailures: 1 });
    await Promise.all([a.offer(), b.offer()]);
    await a.report(id, 'VERIFY_FAIL', { reason: 'ota-signature' });
    await b.report(id, 'UPGRADE_SUCCESS');
    expect(await states(id)).toBe('paused A:failed B:succeeded C:waiting D:waiting');
    expect(await call('POST', `deployments/${id}/resend`, {})).toMatchObject({ status: 409, error: { code: 'deployment-state' } });
    for (const box of [c, d]) await heardNothing(box);
    expect(await call('POST', `deployments/${id}/resume`)).toMatchObject({ status: 200, deployment: { state: 'running', failures: 0 } });
    await Promise.all([c.offer(), d.offer()]);
    expect(await call('POST', `deployments/${id}/pause`)).toMatchObject({ deployment: { state: 'paused' } });
    await call('POST', `deployments/${id}/resume`);
    expect(await call('POST', `deployments/${id}/cancel`)).toMatchObject({ deployment: { state: 'cancelled' } });
    await c.report(id, 'UPGRADE_SUCCESS');
    expect(await states(id)).toBe('cancelled A:failed B:succeeded C:succeeded D:under-way');
    for (const order of ['pause', 'resume', 'cancel', 'resend']) {
      expect(await call('POST', `deployments/${id}/${order}`)).toMatchObject({ status: 409, error: { found: 'cancelled' } });
    }
    const { deployment } = await call('GET', `deployments/${id}`);
    expect(deployment?.devices?.[0]).toMatchObject({ status: 'VERIFY_FAIL', reason: 'ota-signature' });
  });

  test('ends at its deadline', async () => {
    const [a, b] = [await device('A'), await device('B')];
    const id = await rollOut(['A', 'B'], { deadline: new Date(clock.wallMs() + 7_200_000).toISOString() });
    await a.offer();
    clock.advance(7_199_999);
    expect(await states(id)).toBe('running A:under-way B:waiting');
    clock.advance(1);
    expect(await states(id)).toBe('expired A:expired B:expired');
    await a.report(id, 'UPGRADE_SUCCESS', { progress: 100 });
    const { deployment } = await call('GET', `deployments/${id}`);
    expect(deployment?.devices?.[0]).toMatchObject({ state: 'expired', status: 'UPGRADE_SUCCESS' });
    await heardNothing(b);
    expect(clock.pending()).toBe(0);
  });

  test('tells a device again when it listens anew or by hand, as long as it has said nothing', async () => {
    const id = await rollOut(['A', 'B'], { batchSize: 2 });
    const a = await device('A');
    expect((await a.offer()).deployment).toBe(id);
    await call('POST', `deployments/${id}/resend`, { device: 'A' });
    expect((await a.offer()).deployment).toBe(id);
    expect(await call('POST', `deployments/${id}/resend`, { device: 'X' })).toMatchObject({
      status: 409,
      error: { code: 'device-not-under-way' },
    });
    await a.report(id, 'START_CHECK');
    await a.stop();
    const [again, b] = [await device('A'), await device('B')];
    expect((await b.offer()).deployment).toBe(id);
    await heardNothing(again);
    await call('POST', `deployments/${id}/resend`);
    await Promise.all([again.offer(), b.offer()]);
  });

  test('is not told to whoever listens at other topics', async () => {
    const id = await rollOut(['A']);
    const eavesdroppers = await Promise.all(['#', '+'].map(device));
    const other = await device('B');
    const box = await device('A');
    for (const each of [box, ...eavesdroppers]) expect((await each.offer()).deployment).toBe(id);
    for (const each of [box, other]) await heardNothing(each);
    for (const each of eavesdroppers) expect([await each.message(), await each.message()]).toEqual(['the end', 'the end']);
  });

  test('survives a restart, with its packages, groups, reports and deadlines', async () => {
    const box = await device('A');
    const id = await rollOut(['A', 'B'], { deadline: 3600 });
    await box.offer();
    await box.report(id, 'PROGRESS', { progress: 12 });
    const seen = async () => [
      await call('GET', `deployments/${id}`),
      await call('GET', 'packages'),
      await call('GET', 'groups'),
      await call('GET', 'devices/A/reports'),
    ];
    const before = await seen();
    await box.stop();
    await backend.stop();
    expect(clock.pending()).toBe(0);
    await start();
    expect(await seen()).toEqual(before);

    const [a, b] = [await device('A'), await device('B')];
    const response = await fetch(`${backend.httpUrl}/tms/v1/packages/${sample.sha256}`, {
      headers: { 'x-api-key': REFERENCE_DS50.apiKey },
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(sample.bytes)).toBe(true);
    // The same report under the same id, as a box sends it that did not hear the answer.
    expect(await a.report(id, 'PROGRESS', { progress: 12, id: 'A-1' })).toBe(1);
    expect((await call('GET', 'devices/A/reports')).reports).toHaveLength(1);
    await a.report(id, 'UPGRADE_SUCCESS', { id: 'A-2' });
    expect((await b.offer()).deployment).toBe(id);
    clock.advance(3_600_000);
    expect(await states(id)).toBe('expired A:succeeded B:expired');
  });

  test('whose instruction was lost with the backend is told when its device comes', async () => {
    const id = await rollOut(['A']);
    await backend.stop();
    await start();
    expect((await (await device('A')).offer()).deployment).toBe(id);
  });

  test('takes no notice of reports of a device that is not part of it, or that has ended', async () => {
    const id = await rollOut(['A', 'B']);
    const [a, stranger] = [await device('A'), await device('X')];
    await stranger.report(id, 'UPGRADE_FAIL');
    await a.report(id, 'UPGRADE_SUCCESS');
    await a.report(id, 'UPGRADE_FAIL', { reason: 'late' });
    expect(await states(id)).toBe('running A:succeeded B:under-way');
    expect(await call('GET', `deployments/${id}`)).toMatchObject({
      deployment: { devices: [{ status: 'UPGRADE_SUCCESS', reason: '' }, {}] },
    });
    expect((await call('GET', 'devices/A/reports')).reports).toHaveLength(2);
  });
});

test.each([
  [{ package: 'a'.repeat(64) }, 404, 'package-unknown'],
  [{ package: 'x' }, 400, 'message-invalid'],
  [{ group: 'nobody' }, 404, 'group-unknown'],
  [{ group: 'empty' }, 409, 'group-empty'],
  [{ batchSize: 0 }, 400, 'message-invalid'],
  [{ batchSize: 1001 }, 400, 'message-invalid'],
  [{ batchSize: 1.5 }, 400, 'message-invalid'],
  [{ pauseAfterFailures: 0 }, 400, 'message-invalid'],
  [{ permitDowngrade: 'yes' }, 400, 'message-invalid'],
  [{ deadline: 0 }, 400, 'message-invalid'],
  [{ deadline: '2025-12-31T23:59:59Z' }, 400, 'message-invalid'],
  [{ deadline: '2026-02-30' }, 400, 'message-invalid'],
  [{ deadline: '2126-01-01T00:00:00Z' }, 400, 'message-invalid'],
  [{ more: 1 }, 400, 'request-invalid'],
])('a roll-out with %j is refused and nothing is sent', async (wish, status, code) => {
  const box = await device('A');
  await tmsUpload(backend.httpUrl, sample);
  await call('PUT', 'groups/shops', { devices: ['A'] });
  await call('PUT', 'groups/empty', { devices: [] });
  expect(await call('POST', 'deployments', plan(wish))).toMatchObject({ status, error: { code } });
  expect((await call('GET', 'deployments')).deployments).toEqual([]);
  await heardNothing(box);
});

test.each([
  ['GET', 'deployments/dep_unknown', 'deployment-unknown'],
  ['POST', 'deployments/dep_unknown/cancel', 'deployment-unknown'],
  ['POST', 'deployments/dep_unknown/explode', 'not-found'],
  ['GET', 'groups/nobody', 'group-unknown'],
  ['GET', 'nothing', 'not-found'],
])('%s %s is not there', async (method, path, code) => {
  expect(await call(method, path)).toMatchObject({ status: 404, error: { code } });
});
