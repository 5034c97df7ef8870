import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BoxState, DatedAck } from '../../ports/gateway.ts';
import { type TestBroker, testBroker } from '../../testkit/broker.ts';
import { settle } from '../../testkit/clock.ts';
import { CONTRACT_TIME, downlink, SOUNDBOX, testQrisGateway, uplink } from '../../testkit/qris-gateway.ts';

const DOWNLINKS = ['dynamic-qr/response', 'payment/success', 'config/push', 'command'].map((end) => downlink(end));
const never = new AbortController().signal;

let broker: TestBroker;
let box: ReturnType<typeof testQrisGateway>;
/** Topics the broker refuses a subscription to, and those of which it acknowledges no message. */
let refused: Set<string>;
let withheld: Set<string>;
let flags: string[];
beforeEach(async () => {
  refused = new Set();
  withheld = new Set();
  flags = [];
  broker = await testBroker({
    authorizeSubscribe: (_client, subscription, done) => done(null, refused.has(subscription.topic) ? null : subscription),
    authorizePublish: (client, { topic, qos, retain }, done) => {
      if (client !== null) flags.push(`${topic} QoS ${qos}${retain ? ' retained' : ''}`);
      if (!withheld.has(topic)) done(null);
    },
  });
  box = testQrisGateway(`mqtt://127.0.0.1:${broker.port}`);
});
afterEach(async () => {
  await box.stop();
  await broker.stop();
});

async function up(): Promise<void> {
  await box.gateway.start();
  await box.inbound.next('reconnected');
}
const published = () => broker.events.of('published').filter(({ from }) => from === SOUNDBOX);
const codes = () => box.gateway.faults().map(({ code }) => code);

test('says what it can and refuses what it cannot', async () => {
  const { gateway } = box;
  expect(gateway.capabilities).toEqual({ pairs: false, pushes: true, queries: false, qr: true, reports: false });
  expect([gateway.cards, gateway.updates, gateway.parameters]).toEqual([null, null, null]);
  const refusal = (code: string) => expect.objectContaining({ code, blame: 'caller' });
  await expect(gateway.register(never)).rejects.toEqual(refusal('register-unsupported'));
  await expect(gateway.identify('x')).rejects.toEqual(refusal('identify-unsupported'));
  await expect(gateway.queryPayment('tx_123', never)).rejects.toEqual(refusal('query-unsupported'));
  expect(await gateway.deliver([], never)).toMatchObject({ state: 'refused' });
  expect(broker.events.all).toEqual([]);
});

test.each(['', 'a/b', '+', '#', 'a b', 'x'.repeat(65)])('the id %j is never made a topic', (id) => {
  const made = (settings: object) => () => testQrisGateway('mqtt://127.0.0.1:1', { settings });
  expect(made({ deviceId: id })).toThrow(expect.objectContaining({ code: 'device-id-invalid', blame: 'configuration' }));
  expect(made({ terminalId: id })).toThrow(expect.objectContaining({ code: 'terminal-id-invalid', blame: 'configuration' }));
});

describe('the link', () => {
  test('is made under the id of the device, for its four topics', async () => {
    expect(box.gateway.links()).toEqual({ mqtt: 'off' });
    await up();
    expect(broker.events.of('client')).toEqual([{ kind: 'client', id: SOUNDBOX }]);
    expect(broker.events.of('subscribed')).toEqual([{ kind: 'subscribed', topics: DOWNLINKS }]);
    expect([box.gateway.links(), box.gateway.faults()]).toEqual([{ mqtt: 'up' }, []]);
    await box.gateway.stop();
    await settle();
    expect([box.gateway.links(), published(), box.clock.pending()]).toEqual([{ mqtt: 'off' }, [], 0]);
  });

  test('leaves no will: nothing is published for a box that dies', async () => {
    await up();
    broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    await settle();
    expect(broker.events.of('published')).toEqual([]);
    expect(box.gateway.faults()).toMatchObject([{ link: 'mqtt', code: expect.stringMatching(/^(mqtt-closed|peer-cut)$/) }]);
    box.clock.advance(60_000);
    await box.inbound.next('reconnected');
    expect(box.gateway.faults()).toEqual([]);
  });

  test('is dialled by the hook it is given', async () => {
    const dialled: number[] = [];
    await box.stop();
    const dial = (host: string, port: number) => {
      dialled.push(port);
      return connect(port, host);
    };
    box = testQrisGateway(`mqtt://127.0.0.1:${broker.port}`, { dial });
    await up();
    expect(dialled).toEqual([broker.port]);
  });

  test('tells which topics the broker refuses, and hears them once it may', async () => {
    const [, payments = ''] = DOWNLINKS;
    refused.add(payments);
    await up();
    expect([box.gateway.links().mqtt, await box.gateway.watch('tx_123')]).toEqual(['up', false]);
    expect(box.gateway.faults()).toMatchObject([{ link: 'mqtt', code: 'mqtt-topic-refused', detail: expect.stringContaining(payments) }]);
    refused.clear();
    box.clock.advance(60_000);
    await box.inbound.next('reconnected');
    expect([box.gateway.faults(), await box.gateway.watch('tx_123')]).toEqual([[], true]);
    await box.gateway.unwatch('tx_123');
    expect(broker.events.of('unsubscribed')).toEqual([]);
  });

  test('that hears nothing is down', async () => {
    for (const topic of DOWNLINKS) refused.add(topic);
    await up();
    expect([box.gateway.links().mqtt, codes()]).toEqual(['down', ['mqtt-topic-refused']]);
  });
});

describe('a heartbeat', () => {
  const state = (change: Partial<BoxState> = {}): BoxState => ({
    status: 'normal',
    activity: 'idle',
    uptimeMinutes: 1,
    rssiDbm: -61,
    ...change,
  });
  const sent = async () => {
    const { topic, text } = await broker.events.next('published');
    expect(topic).toBe(uplink('heartbeat'));
    return text;
  };

  test('is written as the contract has it, at QoS 0, not retained', async () => {
    await up();
    box.gateway.publishState(state());
    expect(await sent()).toBe(
      '{"message_type":"heartbeat","device_id":"sbx_001","timestamp":"2026-05-23T10:00:00Z","firmware_version":"1.0.3","state":"idle","network_strength":78,"battery_level":null}',
    );
    expect(flags).toEqual([`${uplink('heartbeat')} QoS 0`]);
    expect(box.metrics.value('states_total', { outcome: 'sent' })).toBe(1);
  });

  test.each<[Partial<BoxState>, object]>([
    [{ activity: 'awaiting-payment' }, { state: 'awaiting_payment' }],
    [{ activity: 'delivering' }, { state: 'delivering' }],
    [{ activity: 'updating' }, { state: 'updating' }],
    [{ activity: 'updating', status: 'error' }, { state: 'error' }],
    [{ rssiDbm: null }, { network_strength: null }],
    [{ rssiDbm: -100 }, { network_strength: 0 }],
    [{ rssiDbm: -130 }, { network_strength: 0 }],
    [{ rssiDbm: -75 }, { network_strength: 50 }],
    [{ rssiDbm: -50 }, { network_strength: 100 }],
    [{ rssiDbm: -20 }, { network_strength: 100 }],
  ])('of %j says %j', async (change, expected) => {
    await up();
    box.gateway.publishState(state(change));
    expect(JSON.parse(await sent())).toMatchObject(expected);
  });

  test('without a link is dropped', async () => {
    box.gateway.publishState(state());
    expect(box.metrics.value('states_total', { outcome: 'dropped' })).toBe(1);
    await up();
    await settle();
    expect(published()).toEqual([]);
  });
});

describe('the time', () => {
  test("is the box's own until the backend tells it, and from then on runs by itself", async () => {
    const { gateway, clock } = box;
    clock.stepWall(3_600_000);
    expect(gateway.backendNowMs()).toBe(CONTRACT_TIME + 3_600_000);
    gateway.remote?.setTime(CONTRACT_TIME + 7);
    clock.stepWall(-86_400_000);
    clock.advance(1_000);
    expect(gateway.backendNowMs()).toBe(CONTRACT_TIME + 1_007);
  });
});

describe('answers to settings and commands', () => {
  const about = { kind: 'command', command: 'cmd_123', name: 'sync_time' } as const;
  const ack = (change: Partial<DatedAck> = {}): DatedAck => ({
    id: 'a-1',
    about,
    state: 'done',
    code: '',
    reason: '',
    result: { offset_ms: 1_500 },
    atMs: CONTRACT_TIME + 1_000,
    ...change,
  });
  const rejection = ack({
    about: { kind: 'settings', version: 3 },
    state: 'refused',
    code: 'settings-invalid',
    reason: 'volume is not an integer from 0 to 100',
  });

  test('go out each on its topic, in order, at QoS 1, and are acked when the broker has taken all', async () => {
    await up();
    expect(await box.acknowledge([ack({ state: 'accepted', result: {} }), ack(), rejection])).toEqual({ state: 'acked' });
    expect(published().map(({ topic, text }) => [topic, text])).toEqual([
      [uplink('command/ack'), expect.stringContaining('"status":"accepted"')],
      [
        uplink('command/ack'),
        '{"message_type":"command_ack","device_id":"sbx_001","command_id":"cmd_123","command_name":"sync_time","status":"done","reason":"","code":"","result":{"offset_ms":1500},"timestamp":"2026-05-23T10:00:01Z"}',
      ],
      [
        uplink('config/ack'),
        '{"message_type":"config_ack","device_id":"sbx_001","config_version":3,"status":"rejected","reason":"volume is not an integer from 0 to 100","code":"settings-invalid","timestamp":"2026-05-23T10:00:01Z"}',
      ],
    ]);
    expect(new Set(flags)).toEqual(new Set([`${uplink('command/ack')} QoS 1`, `${uplink('config/ack')} QoS 1`]));
    expect(await box.acknowledge([])).toEqual({ state: 'acked' });
  });

  test.each<[DatedAck['state'], DatedAck['about'], string]>([
    ['done', { kind: 'settings', version: 3 }, 'applied'],
    ['ignored', { kind: 'settings', version: 3 }, 'ignored'],
    ['refused', { kind: 'settings', version: 3 }, 'rejected'],
    ['accepted', about, 'accepted'],
    ['done', about, 'done'],
    ['refused', about, 'refused'],
    ['failed', about, 'failed'],
  ])('%s of %j is %s', async (state, subject, status) => {
    await up();
    await box.acknowledge([ack({ state, about: subject })]);
    expect(JSON.parse(published()[0]?.text ?? '')).toMatchObject({ status });
  });

  test('are sent again while there is no link', async () => {
    expect(await box.acknowledge([ack()])).toMatchObject({ state: 'retry', reason: expect.stringContaining('command/ack') });
    await up();
    expect(await box.acknowledge([ack()], AbortSignal.abort())).toMatchObject({ state: 'retry' });
    expect([published(), codes()]).toEqual([[], []]);
  });

  test('are sent again, and a fault stands, when the broker does not acknowledge them', async () => {
    withheld.add(uplink('config/ack'));
    await up();
    const delivery = box.acknowledge([ack(), rejection, ack()]);
    while (flags.length < 2) await settle();
    expect(box.gateway.faults()).toEqual([]);
    box.clock.advance(10_000);
    expect(await delivery).toMatchObject({ state: 'retry', reason: expect.stringContaining('config/ack') });
    expect(flags).toHaveLength(2);
    expect(box.gateway.faults()).toMatchObject([{ code: 'mqtt-not-acknowledged', detail: expect.stringContaining(uplink('config/ack')) }]);
    withheld.clear();
    broker.cut();
    while (box.gateway.links().mqtt === 'up') await settle();
    box.clock.advance(60_000);
    await box.inbound.next('reconnected');
    expect(codes()).toEqual([]);
    expect([await box.acknowledge([ack(), rejection]), box.gateway.faults()]).toEqual([{ state: 'acked' }, []]);
  });

  test('that are acknowledged again on the same connection end the fault', async () => {
    withheld.add(uplink('config/ack'));
    await up();
    const delivery = box.acknowledge([rejection]);
    while (flags.length < 1) await settle();
    box.clock.advance(10_000);
    await delivery;
    expect(codes()).toEqual(['mqtt-not-acknowledged']);
    withheld.clear();
    expect([await box.acknowledge([rejection]), codes()]).toEqual([{ state: 'acked' }, []]);
  });

  test('are given up when the link dies on the way', async () => {
    withheld.add(uplink('command/ack'));
    await up();
    const delivery = box.acknowledge([ack()]);
    while (flags.length < 1) await settle();
    broker.cut();
    expect(await delivery).toMatchObject({ state: 'retry' });
    expect(codes()).not.toContain('mqtt-not-acknowledged');
  });
});
