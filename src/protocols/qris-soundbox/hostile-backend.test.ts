import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../../domain/fault.ts';
import type { Inbound } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { type TestBroker, testBroker } from '../../testkit/broker.ts';
import { settle } from '../../testkit/clock.ts';
import { QR_VECTORS } from '../../testkit/qr-vectors.ts';
import { downlink, SOUNDBOX, testQrisGateway, uplink } from '../../testkit/qris-gateway.ts';

const PAN = '4111111111111111';
const PASSWORD = 'synthetic-broker-password';
const ENDS = ['dynamic-qr/response', 'payment/success', 'config/push', 'command'] as const;
const never = new AbortController().signal;

let broker: TestBroker;
let box: ReturnType<typeof testQrisGateway>;
/** Everything that was counted, with its labels. */
let counted: unknown[];
/** On what topic the broker sends whatever it sends, or null for the one it should. */
let forwardedOn: string | null;
beforeEach(async () => {
  counted = [];
  forwardedOn = null;
  const metrics: Metrics = { count: (...all) => void counted.push(all), gauge: (...all) => void counted.push(all) };
  broker = await testBroker({ authorizeForward: (_client, packet) => ({ ...packet, topic: forwardedOn ?? packet.topic }) });
  const mqtt = { url: `mqtt://127.0.0.1:${broker.port}`, username: 'box', password: PASSWORD };
  box = testQrisGateway(mqtt.url, { metrics, settings: { mqtt } });
  await box.gateway.start();
  await box.inbound.next('reconnected');
});
afterEach(async () => {
  await box.stop();
  await broker.stop();
});

const payment = (event: string, change: object = {}) =>
  JSON.stringify({
    message_type: 'payment_success',
    event_id: event,
    transaction_id: `tx-${event}`,
    merchant_name: 'Toko Berkah',
    amount: 50_000,
    currency: 'IDR',
    paid_at: '2026-05-23T10:02:10Z',
    audio_text: '',
    display_text: '',
    ...change,
  });
const response = (request: string, change: object = {}) =>
  JSON.stringify({
    message_type: 'dynamic_qr_response',
    correlation_id: request,
    transaction_id: `tx-${request}`,
    status: 'success',
    qr_payload: QR_VECTORS.qrisDynamic,
    expires_at: '2026-05-23T10:05:00Z',
    ...change,
  });
const leaks = (...said: unknown[]): string[] => [PAN, PASSWORD].filter((secret) => JSON.stringify(said).includes(secret));
const said = () => [box.log.lines, counted, box.gateway.rejections(), box.gateway.faults(), box.gateway.links()];

type Sent = readonly [end: (typeof ENDS)[number], payload: string | Uint8Array];
let sentinels = 0;
/** Sends messages and one good payment behind them; resolves to what was told of them, everything acknowledged. */
async function send(...messages: readonly Sent[]): Promise<readonly Inbound[]> {
  const id = `sentinel-${++sentinels}`;
  const from = box.inbound.all.length;
  for (const [end, payload] of messages) await broker.publish(downlink(end), payload);
  await broker.publish(downlink('payment/success'), payment(id));
  for (let at = from; ; await settle()) {
    for (const event of box.inbound.all.slice(at)) {
      at++;
      if ('done' in event) event.done();
      if (event.kind === 'payment' && event.payment.event === id) return box.inbound.all.slice(from, at - 1);
    }
  }
}

/** Every request of the box, as the backend sees them. */
async function* requests(): AsyncGenerator<string> {
  for (;;) {
    const { topic, text } = await broker.events.next('published');
    if (topic === uplink('dynamic-qr/request')) yield JSON.parse(text).request_id;
  }
}

test('a backend that duplicates, reorders, lies and answers late: every sale gets its own QR, once', async () => {
  const { gateway, clock } = box;
  const ask = (request: string) => gateway.requestQr({ request, amount: { minor: 50_000, currency: 'IDR' }, description: '' }, never);
  const seen = requests();
  const names = ['req-a', 'req-b', 'req-c', 'req-d'];
  // The first tries of all of them are answered by nobody in time.
  for (const name of names) {
    const ended = ask(name).catch((error: unknown) => error);
    expect((await seen.next()).value).toBe(name);
    clock.advance(5_000);
    expect(await ended).toMatchObject({ code: 'qr-no-response' });
  }
  const offers = names.map(ask);
  for (const name of names) expect((await seen.next()).value).toBe(name);
  const lies = ['req-x', 'req-', ' req-a', 'REQ-A'].map((name) => response(name, { transaction_id: 'tx-lie' }));
  for (const name of [...names].reverse()) {
    for (const lie of lies) await broker.publish(downlink('dynamic-qr/response'), lie);
    for (let i = 0; i < 3; i++) await broker.publish(downlink('dynamic-qr/response'), response(name), { retain: i === 2 });
  }
  expect((await Promise.all(offers)).map(({ charge }) => charge)).toEqual(names.map((name) => `tx-${name}`));
  await send();
  const outcome = (name: string) =>
    counted.filter((all) => JSON.stringify(all) === JSON.stringify(['push_messages_total', { outcome: name }]));
  expect(['answer', 'duplicate'].map((name) => outcome(name).length)).toEqual([4, 8]);
  expect(gateway.rejections().count).toBe(16);
});

test('a payment among a flood of rubbish is told', async () => {
  const rubbish = Array.from({ length: 300 }, (_, i): Sent => [ENDS[i % 4] ?? 'command', `{"n":${i}}`]);
  const told = await send(...rubbish, ['payment/success', payment('evt_1')], ...rubbish);
  expect(told).toMatchObject([{ kind: 'payment', payment: { event: 'evt_1' } }]);
  expect(box.gateway.rejections().count).toBe(600);
});

test.each([
  downlink('payment/success', 'sbx_002'),
  downlink('payment/success', 'SBX_001'),
  downlink('payment/failure'),
  uplink('command/ack'),
  `${downlink('payment/success')}/x`,
  `x/${downlink('payment/success')}`,
  'payment/success',
])('a message the broker sends on %s is not for this box', async (topic) => {
  forwardedOn = topic;
  await broker.publish(downlink('payment/success'), payment('evt_1'));
  while (box.gateway.rejections().count < 1) await settle();
  forwardedOn = null;
  expect(await send()).toEqual([]);
  expect(box.gateway.rejections()).toMatchObject({ count: 1, last: { code: 'message-other-topic' } });
  expect(counted).toContainEqual(['push_messages_total', { outcome: 'other-topic' }]);
  expect(broker.events.of('published').filter(({ from }) => from === SOUNDBOX)).toEqual([]);
  expect(broker.events.of('unsubscribed')).toEqual([]);
});

describe('card data and secrets', () => {
  test('in what cannot be used are in no line, no figure and no reason', async () => {
    const planted = [PAN, PASSWORD].flatMap((secret) =>
      ENDS.flatMap((end): Sent[] => [
        [end, secret],
        [end, `"${secret}"`],
        [end, `{"${secret}":1,"${secret}":2}`],
        [end, payment(`${secret} `)],
        [end, JSON.stringify({ message_type: secret, status: secret, command_id: ` ${secret}`, config_version: secret })],
        [end, JSON.stringify({ message_type: 'command', command_id: 'c', command_name: ` ${secret}`, parameters: secret })],
        [end, response(` ${secret}`)],
        [end, response(secret, { qr_payload: '' })],
      ]),
    );
    const numbers = ENDS.flatMap((end): Sent[] => [
      [end, PAN],
      [end, payment('x', { amount: -Number(PAN) })],
      [end, JSON.stringify({ message_type: 'config_push', config_version: Number(PAN), settings: {} })],
    ]);
    await send(...planted, ...numbers);
    expect(box.gateway.rejections().count).toBeGreaterThan(50);
    expect(leaks(...said())).toEqual([]);
  });

  test('in a correlation id of no request are told nowhere', async () => {
    await send(['dynamic-qr/response', response(PAN)], ['dynamic-qr/response', response(PASSWORD)]);
    expect(box.gateway.rejections().count).toBe(2);
    expect(leaks(...said())).toEqual([]);
  });

  test('in settings that are refused are not in the refusal', async () => {
    const push = (settings: object) => JSON.stringify({ message_type: 'config_push', config_version: 1, settings });
    const told = await send(
      ['config/push', push({ [PAN]: PAN, volume: Number(PAN), language: PAN })],
      ['config/push', push({ volume: PAN })],
    );
    expect(told).toMatchObject([
      { kind: 'settings', push: { refusal: {} } },
      { kind: 'settings', push: { refusal: {} } },
    ]);
    expect(leaks(told, ...said())).toEqual([]);
  });

  test.each<[string, object]>([
    ['a refusal', { status: 'error', error_code: PAN, message: `card ${PAN}, 4111 1111 1111 1111` }],
    ['a QR', { qr_payload: `${PAN}${PAN}` }],
    ['a QR with a bad field', { qr_payload: `000201010212${PAN}` }],
    ['a status', { status: PAN }],
  ])('in %s are not in what the sale fails with', async (_what, change) => {
    const seen = requests();
    const intent = { request: 'req-1', amount: { minor: 50_000, currency: 'IDR' }, description: '' } as const;
    const ended = box.gateway.requestQr(intent, never).catch((error: unknown) => error);
    await seen.next();
    await broker.publish(downlink('dynamic-qr/response'), response('req-1', change));
    const fault = await ended;
    if (!(fault instanceof Fault)) throw new TypeError('no fault');
    expect(leaks({ ...fault, text: fault.explain(), cause: undefined }, ...said())).toEqual([]);
  });

  test('in good messages are told to the box alone', async () => {
    const command = JSON.stringify({ message_type: 'command', command_id: PAN, command_name: 'x', parameters: { pin: PAN } });
    const told = await send(['payment/success', payment(PAN)], ['command', command]);
    expect(JSON.stringify(told)).toContain(PAN);
    expect(leaks(box.log.lines, counted)).toEqual([]);
  });
});

describe('whatever is sent', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'success',
      'IDR',
      'payment_success',
      'command',
      'config_push',
      'dynamic_qr_response',
      '__proto__',
      '2026-05-23T10:00:00Z',
    ),
    fc.double(),
    fc.integer(),
    fc.jsonValue(),
  );
  const nearly = (message: object) =>
    fc
      .dictionary(fc.constantFrom(...Object.keys(message)), word, { maxKeys: 3 })
      .map((change) => JSON.stringify({ ...message, ...change }));
  const good = [
    payment('evt'),
    response('req'),
    JSON.stringify({ message_type: 'command', command_id: 'c', command_name: 'x', parameters: {} }),
    JSON.stringify({ message_type: 'config_push', config_version: 1, settings: { volume: 1 } }),
  ];
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json(),
    ...good.map((text) => nearly(JSON.parse(text))),
    fc.tuple(fc.constantFrom(...good), fc.nat(120)).map(([text, cut]) => text.slice(0, cut)),
  );
  const message = fc.tuple(fc.constantFrom(...ENDS), anything);

  test('each message is either told once or refused with a reason, all are acknowledged, and the link stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 10 }), async (messages) => {
        const before = box.gateway.rejections().count;
        const told = await send(...messages);
        const refused = box.gateway.rejections().count - before;
        expect(told.length + refused).toBe(messages.length);
        if (refused > 0) expect(box.gateway.rejections().last).toMatchObject({ code: expect.stringMatching(/^[a-z0-9-]+$/) });
      }),
      { numRuns: 100 },
    );
    const { events } = broker;
    while (events.of('ack').length < events.of('published').length) await events.next('ack');
    expect([box.inbound.of('reconnected').length, box.gateway.links()]).toEqual([1, { mqtt: 'up' }]);
    expect(events.of('published').filter(({ from }) => from === SOUNDBOX)).toEqual([]);
  });
});
