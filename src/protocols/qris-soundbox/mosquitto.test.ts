import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MqttEndpoint } from '../../net/endpoint.ts';
import { type Certificates, makeCertificates } from '../../testkit/certificates.ts';
import { settle } from '../../testkit/clock.ts';
import { eventLog } from '../../testkit/event-log.ts';
import { type Mosquitto, mosquitto } from '../../testkit/mosquitto.ts';
import { needsAll, needsMosquitto, needsOpenssl } from '../../testkit/needs.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { CONTRACT_TIME, downlink, testQrisGateway, uplink } from '../../testkit/qris-gateway.ts';

const INTENT = { request: 'req_123', amount: { minor: 50_000, currency: 'IDR' }, description: '' } as const;
const UPLINKS = ['heartbeat', 'dynamic-qr/request', 'config/ack', 'command/ack'];
const DOWNLINKS = ['dynamic-qr/response', 'payment/success', 'config/push', 'command'];
const PASSWORD = 'synthetic-password';
const never = new AbortController().signal;
const response = (request: string): string =>
  JSON.stringify({
    message_type: 'dynamic_qr_response',
    correlation_id: request,
    transaction_id: 'tx_123',
    status: 'success',
    qr_payload: QR_VECTORS.qrisDynamic,
    expires_at: '2026-05-23T10:05:00Z',
  });
const payment = (event: string): string =>
  JSON.stringify({
    message_type: 'payment_success',
    event_id: event,
    transaction_id: 'tx_123',
    amount: 50_000,
    currency: 'IDR',
    paid_at: '2026-05-23T10:02:10Z',
  });
const ack = { id: 'a-1', state: 'done', code: '', reason: '', atMs: CONTRACT_TIME } as const;
const acks = [
  { ...ack, about: { kind: 'settings', version: 3 } },
  { ...ack, about: { kind: 'command', command: 'cmd_123', name: 'identify' } },
] as const;

const programs = needsAll(needsMosquitto(), needsOpenssl());
describe.skipIf(programs.missing)(`over mosquitto with TLS, where a box may use its own topics only${programs.why}`, () => {
  let pems: Certificates;
  let broker: Mosquitto;
  const cleanups: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    pems = makeCertificates();
    const allowed = (id: string): string[] => [
      ...UPLINKS.map((end) => `topic write ${uplink(end, id)}`),
      ...DOWNLINKS.map((end) => `topic read ${downlink(end, id)}`),
    ];
    const boxes = ['sbx_001', 'sbx_002', 'sbx_003', 'sbx_004', 'sbx_005', 'sbx_006'].map((id) => [id, allowed(id)] as const);
    const users = [...boxes, ['backend', ['topic readwrite #']] as const];
    broker = await mosquitto({
      folder: pems.folder,
      users: Object.fromEntries(users.map(([user, acl]) => [user, { password: PASSWORD, acl }])),
    });
    await broker.start();
  });
  afterAll(async () => {
    await broker.kill();
    pems.dispose();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const endpoint = (username: string) => ({
    url: `mqtts://localhost:${broker.port}`,
    username,
    password: PASSWORD,
    ca: pems.ca,
    ...pems.client,
  });

  /** Each test has a box of its own, because the broker remembers sessions. */
  function box(deviceId: string, change: Partial<MqttEndpoint> = {}) {
    const made = testQrisGateway('', { settings: { deviceId, mqtt: { ...endpoint(deviceId), ...change } } });
    cleanups.push(made.stop);
    return made;
  }

  async function client(username: string) {
    const { url, ...options } = endpoint(username);
    const made = await mqtt.connectAsync(url, { ...options, clientId: `test-${username}`, reconnectPeriod: 0 });
    made.on('error', () => {});
    cleanups.push(() => made.endAsync(true));
    return made;
  }

  /** The backend hears everything there is on the broker. */
  async function backend() {
    const heard = eventLog<{ readonly kind: 'message'; readonly topic: string }>();
    const made = await client('backend');
    made.on('message', (topic) => heard.add({ kind: 'message', topic }));
    await made.subscribeAsync('#', { qos: 1 });
    return { heard, send: (topic: string, payload: string) => made.publishAsync(topic, payload, { qos: 1 }) };
  }

  async function up({ gateway, inbound }: ReturnType<typeof testQrisGateway>): Promise<void> {
    await gateway.start();
    await inbound.next('reconnected');
  }

  test('all a box says and hears goes over those topics, and no other', async () => {
    const { heard, send } = await backend();
    const made = box('sbx_001');
    await up(made);
    const { gateway, inbound } = made;
    expect([gateway.faults(), gateway.links()]).toEqual([[], { mqtt: 'up' }]);
    const down = (end: string) => downlink(end, 'sbx_001');
    const offer = gateway.requestQr(INTENT, never);
    expect((await heard.next('message')).topic).toBe(uplink('dynamic-qr/request', 'sbx_001'));
    await send(down('dynamic-qr/response'), response('req_123'));
    expect(await offer).toMatchObject({ charge: 'tx_123' });
    await send(down('payment/success'), payment('evt_1'));
    (await inbound.next('payment')).done();
    await send(down('config/push'), '{"message_type":"config_push","config_version":1,"settings":{}}');
    (await inbound.next('settings')).done();
    await send(down('command'), '{"message_type":"command","command_id":"c","command_name":"identify","parameters":{}}');
    (await inbound.next('command')).done();
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: null });
    expect(await made.acknowledge(acks)).toEqual({ state: 'acked' });
    await made.stop();
    await send('mark', '');
    while ((await heard.next('message')).topic !== 'mark');
    const said = heard.all.map(({ topic }) => topic).filter((topic) => !topic.includes('/downlink/') && topic !== 'mark');
    // The broker silently drops what a box may not publish: all there is to hear came through.
    expect(said.sort()).toEqual(UPLINKS.map((end) => uplink(end, 'sbx_001')).sort());
  });

  test('the access list bites: to speak for another box, or hear it, is in vain', async () => {
    const { heard, send } = await backend();
    const intruder = await client('sbx_002');
    const overheard: string[] = [];
    intruder.on('message', (topic) => overheard.push(topic));
    // This broker grants every subscription, and checks each message on its way out.
    await intruder.subscribeAsync(['devices/#', downlink('payment/success', 'sbx_001')], { qos: 1 });
    await intruder.publishAsync(uplink('command/ack', 'sbx_001'), 'lie', { qos: 1 });
    await intruder.publishAsync(downlink('payment/success', 'sbx_002'), 'lie', { qos: 1 });
    for (const id of ['sbx_001', 'sbx_002']) await send(downlink('payment/success', id), payment('evt_1'));
    while (overheard.length === 0) await settle();
    expect(overheard).toEqual([downlink('payment/success', 'sbx_002')]);
    expect((await heard.next('message')).topic).toBe(downlink('payment/success', 'sbx_001'));
  });

  test('a box hears nothing of another', async () => {
    const { send } = await backend();
    const other = box('sbx_002');
    const own = box('sbx_003');
    await up(other);
    await up(own);
    await send(downlink('payment/success', 'sbx_003'), payment('for-you'));
    (await own.inbound.next('payment')).done();
    await settle();
    expect([other.inbound.of('payment'), other.gateway.rejections().count]).toEqual([[], 0]);
  });

  test('a payment announced while the box is away arrives, and one that was not acknowledged comes again', async () => {
    const { send } = await backend();
    const first = box('sbx_004');
    await up(first);
    await first.stop();
    await send(downlink('payment/success', 'sbx_004'), payment('while-away'));
    const second = box('sbx_004');
    await second.gateway.start();
    expect((await second.inbound.next('payment')).payment.event).toBe('while-away');
    await second.stop();
    const third = box('sbx_004');
    await third.gateway.start();
    const { payment: again, done } = await third.inbound.next('payment');
    done();
    expect(again.event).toBe('while-away');
  });

  test.each<[string, Partial<MqttEndpoint>, string]>([
    ['a wrong password', { password: 'wrong' }, 'mqtt-auth-refused'],
    ['no client certificate', { cert: '', key: '' }, 'tls-client-refused'],
  ])('%s is a fault', async (_what, change, code) => {
    const made = box('sbx_005', change);
    await made.gateway.start();
    while (made.gateway.faults().length === 0) await settle();
    expect(made.gateway.faults()).toMatchObject([{ code }]);
    expect(await requestFault(made.gateway.requestQr(INTENT, never))).toMatchObject({ code: 'mqtt-down' });
  });

  test('a broker that was killed and forgot everything is subscribed to again', async () => {
    const made = box('sbx_006');
    await up(made);
    await broker.kill();
    while (made.gateway.links().mqtt !== 'down') await settle();
    await broker.start();
    made.clock.advance(60_000);
    await made.inbound.next('reconnected');
    const { send } = await backend();
    await send(downlink('payment/success', 'sbx_006'), payment('evt_7'));
    (await made.inbound.next('payment')).done();
  });
});
