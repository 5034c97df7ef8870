import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inChunks } from '../testkit/chunks.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import {
  control,
  PAYMENTS_PATH,
  paymentBody,
  REGISTER_PATH,
  registerBody,
  SYNTHETIC_MAC,
  type WireBox,
  wireBox,
} from '../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireBox;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy(), chargeLifeMs: 60_000 });
  box = wireBox(backend.httpUrl, () => clock.wallMs());
});
afterEach(() => backend.stop());

const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => {
  const { status, text } = await control(backend.httpUrl, method, path, body);
  return { status, ...JSON.parse(text) };
};
const newCharge = async (deviceId: string) =>
  JSON.parse((await box.post(PAYMENTS_PATH, paymentBody(deviceId, 2000))).text).data.chargeId as string;

describe('devices', () => {
  test('are listed with their PIN until they are claimed with it', async () => {
    const { pin } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
    const device = {
      deviceId: 'device-0001',
      mac: SYNTHETIC_MAC,
      chipId: 'chip-0001',
      firmwareVersion: '0.1.0',
      registeredAtMs: clock.wallMs(),
    };
    const fresh = { ...device, pin, claimed: false, claimedAtMs: null };
    const claimed = { ...device, pin: null, claimed: true, claimedAtMs: clock.wallMs() };
    expect(await call('GET', 'devices')).toEqual({ status: 200, devices: [fresh] });
    expect(await call('POST', 'devices/device-0001/claim', { pin })).toEqual({ status: 200, device: claimed });
    expect(await call('POST', 'devices/device-0001/claim', { pin })).toMatchObject({ status: 409, error: { code: 'pin-used' } });
    expect(await call('GET', 'devices')).toEqual({ status: 200, devices: [claimed] });
  });

  test('cannot be claimed by guessing', async () => {
    const { pin } = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data;
    const wrong = pin === '0000' ? '0001' : '0000';
    for (let tries = 0; tries < 5; tries++) {
      expect(await call('POST', 'devices/device-0001/claim', { pin: wrong })).toMatchObject({ status: 403, error: { code: 'pin-wrong' } });
    }
    expect(await call('POST', 'devices/device-0001/claim', { pin })).toMatchObject({ status: 409, error: { code: 'pin-locked' } });
    const next = JSON.parse((await box.post(REGISTER_PATH, registerBody())).text).data.pin;
    expect((await call('POST', 'devices/device-0001/claim', { pin: next })).status).toBe(200);
  });

  test.each([
    ['device-0009', { pin: '1234' }, 404, 'device-unknown'],
    ['device-0001', { pin: 1234 }, 400, 'request-invalid'],
    ['device-0001', { pin: '12345' }, 400, 'request-invalid'],
    ['device-0001', { pin: '1234', more: 1 }, 400, 'request-invalid'],
    ['device-0001', {}, 400, 'request-invalid'],
  ])('claim of %s with %j is refused', async (device, body, status, code) => {
    await box.post(REGISTER_PATH, registerBody());
    const reply = await call('POST', `devices/${device}/claim`, body);
    expect(reply).toMatchObject({ status, error: { code, message: expect.any(String) } });
  });
});

describe('charges', () => {
  test('go from open to paid, once', async () => {
    const deviceId = await box.pair();
    const chargeId = await newCharge(deviceId);
    const open = { chargeId, deviceId, amountMinor: 2000, description: 'Car wash payment', state: 'open', late: false, settledAtMs: null };
    expect(await call('GET', 'charges')).toMatchObject({ status: 200, charges: [open], nowMs: clock.wallMs() });
    clock.advance(1000);
    const paid = { ...open, state: 'paid', settledAtMs: clock.wallMs() };
    expect(await call('POST', `charges/${chargeId}/pay`)).toMatchObject({ status: 200, changed: true, charge: paid });
    clock.advance(1000);
    expect(await call('POST', `charges/${chargeId}/pay`)).toMatchObject({ status: 200, changed: false, charge: paid });
    expect(await call('POST', `charges/${chargeId}/fail`)).toMatchObject({ status: 409, error: { code: 'charge-paid' } });
    expect(await call('POST', `charges/${chargeId}/expire`)).toMatchObject({ status: 409, error: { code: 'charge-paid' } });
  });

  test('go from open to failed, once', async () => {
    const chargeId = await newCharge(await box.pair());
    expect(await call('POST', `charges/${chargeId}/fail`)).toMatchObject({ changed: true, charge: { state: 'failed' } });
    expect(await call('POST', `charges/${chargeId}/fail`)).toMatchObject({ changed: false });
    expect(await call('POST', `charges/${chargeId}/pay`, { late: true })).toMatchObject({ status: 409, error: { code: 'charge-failed' } });
  });

  test('expire by their time or at once, and are then paid only as late', async () => {
    const deviceId = await box.pair();
    const [first, second] = [await newCharge(deviceId), await newCharge(deviceId)];
    clock.advance(59_999);
    expect(await call('POST', `charges/${first}/expire`)).toMatchObject({ changed: true, charge: { state: 'expired' } });
    expect(await call('POST', `charges/${first}/expire`)).toMatchObject({ changed: false });
    expect((await call('GET', 'charges')).charges.map(({ state }: { state: string }) => state)).toEqual(['open', 'expired']);
    clock.advance(1);
    expect(await call('POST', `charges/${second}/pay`)).toMatchObject({ status: 409, error: { code: 'charge-expired' } });
    expect(await call('POST', `charges/${second}/pay`, { late: false })).toMatchObject({ status: 409 });
    expect(await call('POST', `charges/${second}/pay`, { late: true })).toMatchObject({ charge: { state: 'paid', late: true } });
  });

  test.each([
    ['charges/ch_unknown/pay', {}, 404, 'charge-unknown'],
    ['charges/ch_unknown/fail', {}, 404, 'charge-unknown'],
    ['charges/ch_unknown/expire', {}, 404, 'charge-unknown'],
    ['charges/ch_unknown/pay', { late: 'yes' }, 400, 'request-invalid'],
    ['charges/ch_unknown/pay', { amount: 1 }, 400, 'request-invalid'],
    ['charges/ch_unknown/refund', {}, 404, 'not-found'],
  ])('%s with %j is refused', async (path, body, status, code) => {
    expect(await call('POST', path, body)).toMatchObject({ status, error: { code } });
  });

  test('are listed as many as asked for', async () => {
    const deviceId = await box.pair();
    const latest = [await newCharge(deviceId), await newCharge(deviceId)].at(-1);
    expect((await call('GET', 'charges?limit=1')).charges).toMatchObject([{ chargeId: latest }]);
    for (const limit of ['0', '1001', '-1', 'all', '']) {
      expect(await call('GET', `charges?limit=${limit}`)).toMatchObject({ status: 400, error: { code: 'request-invalid' } });
    }
  });
});

describe('hostile requests', () => {
  test.each([
    ['no JSON', '{', 'json-malformed', 400],
    ['a list', '[]', 'request-invalid', 400],
    ['a key twice', '{"pin":"1","pin":"2"}', 'json-duplicate-key', 400],
    ['a large body', JSON.stringify({ pin: 'x'.repeat(9000) }), 'body-too-large', 413],
  ])('with %s are refused', async (_name, body, code, status) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${backend.httpUrl}/ref/devices/device-0001/claim`, { method: 'POST', body, headers });
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error: { code } });
  });

  test('in chunks of unknown length are read, and refused once they are too large', async () => {
    const faults = `${backend.httpUrl}/ref/faults`;
    const good = await fetch(faults, inChunks('{"kind":', ' "drop-mqtt"}'));
    expect([good.status, await good.json()]).toEqual([201, { fault: expect.objectContaining({ kind: 'drop-mqtt' }) }]);
    const large = await fetch(faults, inChunks(...Array.from({ length: 20 }, () => 'x'.repeat(1_000))));
    expect([large.status, await large.json()]).toEqual([413, { error: expect.objectContaining({ code: 'body-too-large' }) }]);
  });

  test('of another content type are refused', async () => {
    const reply = await fetch(`${backend.httpUrl}/ref/faults`, { method: 'POST', body: '{"kind":"drop-mqtt"}' });
    expect(reply.status).toBe(415);
    expect((await call('GET', 'faults')).faults).toEqual([]);
  });

  test('from pages of other sites are refused', async () => {
    const foreign = { origin: 'https://elsewhere.example' };
    const refused = await fetch(`${backend.httpUrl}/ref/faults`, { method: 'DELETE', headers: foreign });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'foreign-origin' } });
    const own = await fetch(`${backend.httpUrl}/ref/faults`, { method: 'DELETE', headers: { origin: backend.httpUrl } });
    expect(own.status).toBe(200);
  });

  test('under a foreign host name are refused', async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${backend.httpUrl}/ref/devices`, { headers: { host: 'elsewhere.example' } }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      sent.on('error', reject).end();
    });
    expect(status).toBe(403);
  });
});

test('the stream tells what changed', async () => {
  const leaving = new AbortController();
  const reply = await fetch(`${backend.httpUrl}/ref/stream`, { signal: leaving.signal });
  expect(reply.headers.get('content-type')).toBe('text/event-stream');
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  const hear = async (event: string) => {
    while (!heard.includes(event)) heard += (await reader?.read())?.value ?? '';
  };
  await hear('event: ready');
  const deviceId = await box.pair();
  await hear('data: devices');
  await newCharge(deviceId);
  await hear('data: charges');
  await call('POST', 'faults', { kind: 'drop-mqtt' });
  await hear('data: faults');
  leaving.abort();
});

test('a stop ends open streams', async () => {
  const reply = await fetch(`${backend.httpUrl}/ref/stream`);
  const read = reply.text().catch(() => 'ended');
  await backend.stop();
  expect(await read).toMatch(/ended|ready/);
});

test('the page is served with its types and a policy that lets nothing else in', async () => {
  const names = ['page', 'dom', 'faults', 'live', 'tms', 'tms-packages', 'tms-groups', 'tms-rollouts'];
  const scripts = Object.fromEntries(names.map((name) => [`/${name}.js`, 'text/javascript']));
  const sheets = { '/theme.css': 'text/css', '/page.css': 'text/css', '/tms.css': 'text/css' };
  const types = { '/': 'text/html', '/tms': 'text/html', ...sheets, ...scripts };
  for (const [path, type] of Object.entries(types)) {
    const reply = await fetch(backend.httpUrl + path);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await reply.text()).not.toMatch(/innerHTML|https?:\/\//);
  }
  const lost = await fetch(`${backend.httpUrl}/page/../server.ts`);
  expect(lost.status).toBe(404);
  expect(await call('GET', 'addresses')).toEqual({ status: 200, httpUrl: backend.httpUrl, mqttUrl: backend.mqttUrl });
});
