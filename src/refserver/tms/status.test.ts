import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { tmsCall } from '../../testkit/tms-control.ts';
import { REFERENCE_DS50 } from '../ds50/api-key.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock });
});
afterEach(() => backend.stop());

const call = (method: string, path: string, body?: unknown) => tmsCall(backend.httpUrl, method, path, body);

describe('status reports', () => {
  const post = (body: unknown, headers: Record<string, string> = { 'x-api-key': REFERENCE_DS50.apiKey }) =>
    fetch(`${backend.httpUrl}/tms/v1/status`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  const report = (change = {}) => ({
    id: 'r-1',
    deployment: 'dep_unknown',
    status: 4,
    name: 'DOWNLOAD_SUCCESS',
    progress: 100,
    reason: '',
    time: '2026-01-01T00:00:00Z',
    ...change,
  });

  test('of unknown devices and roll-outs are kept, once, and counted nowhere', async () => {
    const reports = [report(), report(), report({ id: 'r-2', status: 8, name: 'UPGRADE_SUCCESS' })];
    for (let time = 0; time < 2; time++) {
      const reply = await post({ deviceSn: 'S20A1012574P0002', reports });
      expect([reply.status, await reply.json()]).toEqual([200, { respCode: '00', accepted: 3 }]);
    }
    expect((await call('GET', 'devices/S20A1012574P0002/reports')).reports).toMatchObject([
      { id: 'r-2', status: 'UPGRADE_SUCCESS' },
      { id: 'r-1', status: 'DOWNLOAD_SUCCESS', deployment: 'dep_unknown', receivedAtMs: clock.wallMs() },
    ]);
    expect((await call('GET', 'deployments')).deployments).toEqual([]);
  });

  test('under the same id from two devices are two', async () => {
    await post({ deviceSn: 'A', reports: [report()] });
    await post({ deviceSn: 'B', reports: [report()] });
    expect((await call('GET', 'devices/B/reports')).reports).toHaveLength(1);
  });

  test.each([
    ['no key', {}, JSON.stringify({}), 401, 'api-key-wrong'],
    ['a wrong key', { 'x-api-key': 'sk_1' }, JSON.stringify({}), 401, 'api-key-wrong'],
    ['bad JSON', null, '{', 400, 'json-malformed'],
    ['a list', null, '[]', 400, 'message-invalid'],
    ['a key twice', null, '{"deviceSn":"A","deviceSn":"B","reports":[]}', 400, 'json-duplicate-key'],
    ['a prototype', null, '{"__proto__":{},"deviceSn":"A","reports":[]}', 400, 'json-forbidden-key'],
    ['a serial number with a path in it', null, JSON.stringify({ deviceSn: '../A', reports: [] }), 400, 'message-invalid'],
    [
      'one bad report among good ones',
      null,
      JSON.stringify({ deviceSn: 'A', reports: [report(), report({ id: '' })] }),
      400,
      'message-invalid',
    ],
    ['a huge body', null, JSON.stringify({ deviceSn: 'A', reports: ['x'.repeat(70_000)] }), 413, 'body-too-large'],
  ])('with %s are refused whole', async (_name, headers, body, status, code) => {
    const reply = await post(body, headers ?? { 'x-api-key': REFERENCE_DS50.apiKey });
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ respCode: String(status), code });
    expect((await call('GET', 'devices/A/reports')).reports).toEqual([]);
  });
});
