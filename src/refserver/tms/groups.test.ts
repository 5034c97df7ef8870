import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { tmsCall } from '../../testkit/tms-control.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock });
});
afterEach(() => backend.stop());

const call = (method: string, path: string, body?: unknown) => tmsCall(backend.httpUrl, method, path, body);

describe('groups', () => {
  test('are made, changed and removed; a device is in one once', async () => {
    const group = { name: 'Shop floor ก๊าซ', devices: ['A', 'B'], changedAtMs: clock.wallMs() };
    const path = `groups/${encodeURIComponent(group.name)}`;
    expect(await call('PUT', path, { devices: ['A', 'B', 'A'] })).toEqual({ status: 200, group });
    expect(await call('GET', path)).toEqual({ status: 200, group });
    expect(await call('PUT', path, { devices: [] })).toMatchObject({ group: { devices: [] } });
    expect((await call('GET', 'groups')).groups).toMatchObject([{ name: group.name }]);
    expect(await call('DELETE', path)).toEqual({ status: 200, groups: [] });
    expect(await call('DELETE', path)).toMatchObject({ status: 404, error: { code: 'group-unknown' } });
  });

  test.each([
    ['groups/a', { devices: ['../B'] }],
    ['groups/a', { devices: ['B/#'] }],
    ['groups/a', { devices: 'B' }],
    ['groups/a', { devices: [1] }],
    ['groups/a', { devices: Array(1001).fill('B') }],
    ['groups/a', {}],
    ['groups/a', { devices: [], more: 1 }],
    [`groups/${encodeURIComponent('../a')}`, { devices: [] }],
    [`groups/${encodeURIComponent(' a')}`, { devices: [] }],
    [`groups/${'a'.repeat(65)}`, { devices: [] }],
  ])('%s with %j is refused', async (path, body) => {
    expect((await call('PUT', path, body)).status).toBe(400);
    expect((await call('GET', 'groups')).groups).toEqual([]);
  });

  test('of a thousand devices fit', async () => {
    const devices = Array.from({ length: 1000 }, (_, i) => `${'S'.repeat(60)}${String(i).padStart(4, '0')}`);
    expect((await call('PUT', 'groups/all', { devices })).status).toBe(200);
  });
});
