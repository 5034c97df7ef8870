import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settle } from '../../testkit/clock.ts';
import { SYNTHETIC_MAC as MAC } from '../../testkit/promptpay-box.ts';
import { requestFault, testGateway } from '../../testkit/promptpay-gateway.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';
import { createVerifier, signatureOf } from './signing.ts';

const DEVICE = 'device-0004';
const REGISTER = 'POST /api/vi/device/need-register';
const intent = { request: 'req-0001', amount: { minor: 2_000, currency: 'THB' }, description: 'Car wash payment' } as const;
const QUERY = 'GET /api/v1/payment-gateway/payments/ch_1/status';
const never = new AbortController().signal;

let backend: ScriptedBackend;
let gateway: ReturnType<typeof testGateway>['gateway'];
let clock: ReturnType<typeof testGateway>['clock'];
let metrics: ReturnType<typeof testGateway>['metrics'];
let log: ReturnType<typeof testGateway>['log'];
let inbound: ReturnType<typeof testGateway>['inbound'];
let stop: ReturnType<typeof testGateway>['stop'];

function box(change?: Parameters<typeof testGateway>[1]): void {
  ({ gateway, clock, metrics, log, inbound, stop } = testGateway(backend, change));
}

beforeEach(async () => {
  backend = await scriptedBackend();
  box();
});
afterEach(async () => {
  await stop();
  await backend.stop();
});

describe('pairing', () => {
  const BODY = `{"chip_id":"chip-0001","mac_address":"${MAC}","firmware_version":"0.1.0"}`;
  const GRANTED = { success: true, data: { pin: '1150', device_id: DEVICE }, message: 'Device registered successfully' };

  test('sends the documented request, signed over the MAC, and reads the PIN', async () => {
    backend.script({ request: REGISTER, body: BODY, reply: { body: GRANTED } });
    expect(await gateway.register(never)).toEqual({ pin: '1150', deviceId: DEVICE });
    const sign = signatureOf(
      { profile: 'crc32' },
      MAC,
      { purpose: 'register', method: 'POST', path: '', body: new Uint8Array() },
      { t: 0, n: '', s: 0 },
    );
    expect(backend.requests.all[0]?.headers['x-sign']).toBe(sign);
    expect(gateway.links().http).toBe('up');
  });

  test('a refusal is told with the reason, and is final', async () => {
    backend.script({ request: REGISTER, reply: { status: 400, body: { success: false, message: 'Bad Request' } } });
    const refusal = await requestFault(gateway.register(never));
    expect(refusal).toMatchObject({ code: 'backend-refused', retryable: false });
    expect(refusal.found).toContain('Bad Request');
  });

  test('no MQTT link before there is a device id; then under it', async () => {
    await gateway.stop();
    box({ deviceId: null });
    await gateway.start();
    expect(gateway.links()).toEqual({ http: 'off', mqtt: 'off' });
    expect(await requestFault(gateway.requestQr(intent, never))).toMatchObject({ code: 'not-paired', retryable: false });
    await settle();
    expect(backend.broker.events.all).toEqual([]);
    await gateway.identify('device-9');
    expect(await backend.broker.events.next('client')).toEqual({ kind: 'client', id: 'tilld-0001' });
    await inbound.next('reconnected');
    backend.broker.cut();
    const will = await backend.broker.events.next('published');
    expect(will.topic).toBe('server/device-9/streaming');
    expect(JSON.parse(will.text)).toMatchObject({ rssi: 0, status: 'offline' });
  });

  test('a new identity is taken on a new connection, with the watched charges', async () => {
    await gateway.start();
    await inbound.next('reconnected');
    await gateway.watch('ch_1');
    await gateway.identify('device-9');
    await inbound.next('reconnected');
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: -50 });
    while ((await backend.broker.events.next('published')).topic !== 'server/device-9/streaming');
    await backend.broker.publish('device/ch_1/payment-status', '{"success":true,"chargeId":"ch_1","message":""}');
    expect(await inbound.next('confirmation')).toMatchObject({ charge: 'ch_1' });
    await gateway.identify('device-9');
    expect(backend.broker.events.of('client')).toHaveLength(2);
  });
});

describe('confirmations', () => {
  const TOPIC = 'device/ch_1/payment-status';
  const push = (success: boolean, chargeId = 'ch_1') => JSON.stringify({ success, chargeId, message: 'string' });
  beforeEach(async () => {
    await gateway.start();
    await inbound.next('reconnected');
    expect(await gateway.watch('ch_1')).toBe(true);
  });
  const count = (outcome: string) => metrics.value('push_messages_total', { outcome });

  test.each([
    [true, { state: 'paid' }],
    [false, { state: 'failed', reason: 'string' }],
  ])('success:%j is acknowledged when it has taken effect', async (success, answer) => {
    await backend.broker.publish(TOPIC, push(success));
    const { done, ...event } = await inbound.next('confirmation');
    expect(event).toEqual({ kind: 'confirmation', charge: 'ch_1', answer });
    await settle();
    expect(backend.broker.events.of('ack')).toEqual([]);
    done();
    expect((await backend.broker.events.next('ack')).topic).toBe(TOPIC);
  });

  test('one that was not acknowledged comes again after a cut, behind `reconnected` or before it', async () => {
    await backend.broker.publish(TOPIC, push(true));
    await inbound.next('confirmation');
    backend.broker.cut();
    await backend.broker.events.next('published');
    await settle();
    clock.advance(60_000);
    (await inbound.next('confirmation')).done();
    await backend.broker.events.next('ack');
    while (inbound.of('reconnected').length < 2) await inbound.next('reconnected');
    expect(metrics.value('mqtt_connects_total', { outcome: 'up' })).toBe(2);
  });

  test.each<[string, string | Uint8Array]>([
    ['malformed', 'paid!'],
    ['malformed', '{"success":true}'],
    ['malformed', '{"success":"true","chargeId":"ch_1"}'],
    ['malformed', '{"success":false,"success":true,"chargeId":"ch_1"}'],
    ['malformed', Uint8Array.of(0xff, 0xfe)],
    ['malformed', `{"success":true,"chargeId":"ch_1","message":"${'x'.repeat(17_000)}"}`],
    ['malformed', ''],
    ['mismatch', push(true, 'ch_2')],
    ['unresolved', '{"success":true,"chargeId":"ch_1","status":"pending"}'],
  ])('%s: counted, acknowledged, and the next one works (%#)', async (outcome, payload) => {
    await backend.broker.publish(TOPIC, payload);
    await backend.broker.publish(TOPIC, push(true));
    (await inbound.next('confirmation')).done();
    expect(inbound.of('confirmation')).toHaveLength(1);
    expect(count(outcome)).toBe(1);
    expect(log.lines.filter(({ event }) => event === 'push.refused')).toMatchObject([{ fields: { outcome } }]);
  });

  test('a retained one is refused', async () => {
    await backend.broker.publish('device/ch_2/payment-status', push(true, 'ch_2'), { retain: true });
    await gateway.watch('ch_2');
    await backend.broker.publish(TOPIC, push(true));
    expect((await inbound.next('confirmation')).charge).toBe('ch_1');
    expect(count('retained')).toBe(1);
  });

  test('one for a charge that is no longer watched is ignored, counted, and its topic given back', async () => {
    await gateway.unwatch('ch_1');
    await backend.broker.events.next('unsubscribed');
    await backend.broker.publish(TOPIC, push(true));
    await settle();
    expect(count('foreign')).toBe(0);
    await stop();
    box();
    // Another run of the same box: its session at the broker still knows a charge this run does not.
    await gateway.watch('ch_3');
    await gateway.start();
    await inbound.next('reconnected');
    await stop();
    await backend.broker.publish('device/ch_3/payment-status', push(true, 'ch_3'));
    box();
    await gateway.start();
    expect((await backend.broker.events.next('unsubscribed')).topics).toEqual(['device/ch_3/payment-status']);
    expect([count('foreign'), inbound.of('confirmation')]).toEqual([1, []]);
  });

  test.each(['+', '#', 'a/b', '..', '', 'c'.repeat(129)])('a charge id %j is never made a topic', async (charge) => {
    await expect(gateway.watch(charge)).rejects.toThrow(expect.objectContaining({ code: 'id-invalid' }));
    await expect(gateway.queryPayment(charge, never)).rejects.toThrow(expect.objectContaining({ code: 'id-invalid' }));
  });

  test('the state goes out as documented, `offline` at the end', async () => {
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 39_623, rssiDbm: -76 });
    const sent = await backend.broker.events.next('published');
    expect([sent.topic, sent.text]).toEqual([
      'server/device-0004/streaming',
      `{"rssi":-76,"status":"normal","uptime":39623,"timestamp":${clock.wallMs()}}`,
    ]);
    await gateway.stop();
    expect(JSON.parse((await backend.broker.events.next('published')).text)).toMatchObject({ status: 'offline', rssi: 0 });
    expect(gateway.links().mqtt).toBe('off');
  });

  test('a link that is down drops the state, says why, and never queues it', async () => {
    backend.broker.cut();
    await backend.broker.events.next('published');
    await settle();
    expect(gateway.links().mqtt).toBe('down');
    expect(gateway.faults()).toMatchObject([{ link: 'mqtt', code: expect.stringMatching(/^(mqtt-closed|peer-cut)$/) }]);
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: null });
    expect(metrics.value('states_total', { outcome: 'dropped' })).toBe(1);
    clock.advance(60_000);
    await inbound.next('reconnected');
    expect([backend.broker.events.of('published').filter(({ text }) => text.includes('normal')), gateway.faults()]).toEqual([[], []]);
  });
});

test('a dial hook for each link makes its connections', async () => {
  await gateway.stop();
  const dialled: string[] = [];
  const through = (link: string) => (host: string, port: number) => {
    dialled.push(`${link} ${port}`);
    return connect(port, host);
  };
  box({ dial: through('http'), mqttDial: through('mqtt') });
  backend.script({ request: QUERY, reply: { body: { success: false, message: 'not found' } } });
  await gateway.queryPayment('ch_1', never);
  await gateway.start();
  await inbound.next('reconnected');
  expect(dialled).toEqual([`http ${new URL(backend.httpUrl).port}`, `mqtt ${backend.broker.port}`]);
  expect(gateway.links()).toEqual({ http: 'up', mqtt: 'up' });
});

describe('faults of the HTTP link', () => {
  const NOT_FOUND: ScriptedReply = { status: 404, body: { success: false, message: 'not found' } };
  const ask = () => gateway.queryPayment('ch_1', never);

  test('a refused signature stands until a request succeeds', async () => {
    const refused: ScriptedReply = { status: 401, body: { success: false, message: 'x-sign' } };
    const down: ScriptedReply = { status: 503, body: '' };
    const found: ScriptedReply = { body: { success: true, data: { chargeId: 'ch_1' }, message: 'found' } };
    backend.script(...[NOT_FOUND, refused, down, NOT_FOUND, found].map((reply) => ({ request: QUERY, reply })));
    const faults = [];
    for (let i = 0; i < 5; i++) {
      await ask().catch(() => undefined);
      faults.push(gateway.faults().map(({ link, code }) => `${link} ${code}`));
    }
    const standing = ['http backend-unauthorized'];
    expect(faults).toEqual([[], standing, standing, standing, []]);
  });

  test('a 401 that is no JSON is not the word of the backend', async () => {
    backend.script({ request: QUERY, reply: { status: 401, type: 'text/html', body: '<html>' } });
    await requestFault(ask());
    expect(gateway.faults()).toEqual([]);
  });

  test.each([
    ['CERT_HAS_EXPIRED', 'tls-expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-host'],
    ['ECONNREFUSED', null],
  ])('%s while connecting: %s, until a reply comes through', async (symptom, code) => {
    await stop();
    let broken = true;
    box({
      dial: (host, port) => {
        const socket = connect(port, host);
        if (broken) socket.destroy(Object.assign(new Error('as Node says it'), { code: symptom }));
        return socket;
      },
    });
    await requestFault(ask());
    expect(gateway.faults()).toMatchObject(code === null ? [] : [{ link: 'http', code, detail: expect.stringContaining('certificate') }]);
    broken = false;
    backend.script({ request: QUERY, reply: NOT_FOUND });
    await ask();
    expect(gateway.faults()).toEqual([]);
  });
});

describe('the backend clock', () => {
  test('follows the Date header of JSON replies on the monotonic clock', async () => {
    const date = new Date(clock.wallMs() + 86_400_000).toUTCString();
    const portal = { headers: { date: new Date(0).toUTCString() }, type: 'text/html', body: 'x' };
    expect(gateway.backendNowMs()).toBe(clock.wallMs());
    backend.script(
      { request: QUERY, reply: { headers: { date }, body: { success: false, message: 'not found' } } },
      { request: QUERY, reply: portal },
    );
    await gateway.queryPayment('ch_1', never);
    expect(gateway.backendNowMs()).toBe(Date.parse(date));
    clock.stepWall(-1_000_000_000);
    clock.advance(5_000);
    await requestFault(gateway.queryPayment('ch_1', never));
    expect(gateway.backendNowMs()).toBe(Date.parse(date) + 5_000);
  });

  test('a box that boots in 1970 signs again with the backend time, once', async () => {
    await gateway.stop();
    const settings = { profile: 'hmac-sha256', keyId: 'box-0001', key: 'synthetic-device-key-0001' } as const;
    const now = Date.UTC(2026, 5, 1);
    box({ signer: settings, wallMs: 0 });
    const verifier = createVerifier(() => now);
    const verdicts: string[] = [];
    const answer = (request: { path: string; headers: Record<string, unknown> }): ScriptedReply => {
      const signed = { purpose: 'other', method: 'GET', path: request.path, body: new Uint8Array() } as const;
      const verdict = verifier.verify(settings, MAC, signed, String(request.headers['x-sign-v2']));
      verdicts.push(verdict.ok ? 'ok' : verdict.code);
      const headers = { date: new Date(now).toUTCString() };
      if (verdict.ok) return { headers, body: { success: true, data: { chargeId: 'ch_1' }, message: '' } };
      return { status: 401, headers, body: { success: false, message: 'stale' } };
    };
    backend.script({ request: QUERY, reply: answer }, { request: QUERY, reply: answer });
    expect(await gateway.queryPayment('ch_1', never)).toEqual({ state: 'paid' });
    expect(verdicts).toEqual(['signature-stale', 'ok']);
  });
});
