import { afterEach, expect, it } from 'vitest';
import { FakeBoxApi } from '../../testkit/box-api.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import type { Health } from '../api/routes.ts';
import { askBox } from './running.ts';

const TOKEN = 'synthetic-token-0001';
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function fake(): Promise<FakeBoxApi> {
  const box = new FakeBoxApi();
  await box.up();
  cleanups.push(() => box.down());
  return box;
}

it('asks the box how it is', async () => {
  const box = await fake();
  const at = { host: '127.0.0.1', port: box.port };
  const { finding, status } = await askBox(at);
  expect([finding.verdict, status?.links.mqtt]).toEqual(['ok', 'up']);
  expect(finding.found).toMatch(/ready for QR, cash$/);
  const alarm = { code: 'backlog', detail: 'two parked', sinceMs: 0 };
  box.status = { ...box.status, alarms: [{ ...alarm, severity: 'warning' }] };
  expect((await askBox(at)).finding).toMatchObject({
    verdict: 'warning',
    reason: 'box-alarm',
    found: expect.stringContaining('backlog: two parked'),
  });
  box.status = { ...box.status, alarms: [{ ...alarm, severity: 'error' }] };
  expect((await askBox(at)).finding).toMatchObject({ verdict: 'fault', reason: 'box-alarm' });
  box.status = {
    ...box.status,
    alarms: [],
    ready: { qr: false, cash: false, card: false, terminal: false, reasons: ['ledger: disk-full'] },
  };
  expect((await askBox(at)).finding).toMatchObject({
    verdict: 'fault',
    found: expect.stringContaining('ready for nothing; ledger: disk-full'),
  });
});

it('shows its token to the box only', async () => {
  const health: Health = { ok: false, checks: { ledger: { ok: false } } };
  const api = await serveBox(new ScriptedBox(), { token: TOKEN }, { health: () => health });
  cleanups.push(() => api.stop());
  const at = { host: '0.0.0.0', port: api.port };
  expect((await askBox({ ...at, token: TOKEN })).finding).toMatchObject({
    verdict: 'fault',
    reason: 'box-unwell',
    remedy: expect.stringContaining('systemctl restart'),
  });
  expect((await askBox({ ...at, token: 'synthetic-token-0002' })).finding).toMatchObject({ verdict: 'warning', reason: 'box-not-asked' });
  expect((await askBox(at)).finding).toMatchObject({ verdict: 'warning', reason: 'box-not-asked' });
});

it('says that a box runs and does not answer, or that nobody knows where', async () => {
  const box = new FakeBoxApi();
  await box.up();
  await box.down();
  expect((await askBox({ host: '127.0.0.1', port: box.port })).finding).toMatchObject({ verdict: 'fault', reason: 'box-silent' });
  expect((await askBox(null)).finding).toMatchObject({ verdict: 'warning', reason: 'box-not-asked' });
  expect((await askBox({ host: '127.0.0.1', port: 0 })).finding).toMatchObject({ reason: 'box-not-asked' });
});
