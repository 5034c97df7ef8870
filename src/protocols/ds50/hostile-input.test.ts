import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../../domain/fault.ts';
import type { Inbound } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { settle } from '../../testkit/clock.ts';
import { DETAILS_PATH, DS50_TOPIC, PLANTED, SALE_PATH, SAMPLE_SALE, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';

const PACKAGE = `/tms/v1/packages/${'3f'.repeat(32)}`;
const never = new AbortController().signal;
const SECRETS = Object.values(PLANTED);

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
/** Everything that was counted, with its labels. */
let counted: unknown[];

beforeEach(async () => {
  counted = [];
  const metrics: Metrics = { count: (...all) => void counted.push(all), gauge: (...all) => void counted.push(all) };
  backend = await scriptedBackend();
  box = testDs50Gateway(backend, { metrics });
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

async function up(): Promise<void> {
  await box.gateway.start();
  await box.inbound.next('reconnected');
}

let sentinels = 0;
/** Sends messages and one good order behind them; resolves to what was told of them, everything acknowledged. */
async function send(...payloads: readonly (string | Uint8Array)[]): Promise<readonly Inbound[]> {
  const id = `sentinel-${++sentinels}`;
  const from = box.inbound.all.length;
  for (const payload of payloads) await backend.broker.publish(DS50_TOPIC, payload);
  await backend.broker.publish(DS50_TOPIC, JSON.stringify({ amount: '1', transType: '99', orderId: id }));
  for (let at = from; ; await settle()) {
    for (const event of box.inbound.all.slice(at)) {
      at++;
      if ('done' in event) event.done();
      if (event.kind === 'order' && event.order.id === id) return box.inbound.all.slice(from, at - 1);
    }
  }
}

describe('card data and keys', () => {
  const { pan, track2, pinBlock } = PLANTED;
  const order = (change: object) => JSON.stringify({ message: '', amount: '1', transType: '00', orderId: 'x', ...change });
  const leaks = (said: unknown): string[] => {
    const text = JSON.stringify(said);
    return SECRETS.filter((secret) => text.includes(secret));
  };
  /** What a failure says of itself. */
  const words = (error: unknown) => (error instanceof Fault ? { ...error, text: error.explain(), cause: undefined } : error);

  test('in a message that cannot be used are in no line, no figure and no reason', async () => {
    await up();
    const planted = SECRETS.flatMap((secret) => [
      secret,
      `"${secret}"`,
      order({ transType: secret }),
      order({ amount: secret.concat(' ') }),
      order({ orderId: ` ${secret}` }),
      order({ message: `${secret}\u0000` }),
      `{"${secret}":1,"${secret}":2}`,
      `{"orderId":{"${secret}":"${secret}"}}`,
      JSON.stringify({ update: { [secret]: secret, deployment: `${secret} `, name: secret, sha256: secret, path: secret } }),
    ]);
    const numbers = ['transType', 'orderId', 'amount', 'message', 'update'].map((field) => order({ [field]: -Number(pan) }));
    await send(...planted, ...numbers, pan, order({ transType: Number(pan) }));
    expect(box.gateway.rejections().count).toBeGreaterThanOrEqual(SECRETS.length * 8);
    expect(leaks([box.log.lines, counted, box.gateway.rejections(), box.gateway.faults()])).toEqual([]);
  });

  test.each([
    [track2, order({ message: track2 })],
    [pan, order({ orderId: `card-${pan}` })],
  ])('in a good order are told to the box alone', async (secret, payload) => {
    await up();
    const [event] = await send(payload);
    expect(JSON.stringify(event)).toContain(secret);
    expect(leaks([box.log.lines, counted])).toEqual([]);
  });

  const echo = { a: SECRETS, ...PLANTED, [pan]: track2, [track2]: pinBlock };
  const replies: readonly [string, ScriptedReply][] = [
    ['JSON that is no answer', { body: echo }],
    [
      'JSON in the fields of an answer',
      { body: { transStatus: track2, acqResponseCode: pan, acqAuthCode: track2, respCode: pan, total: pan, transInfo: [echo] } },
    ],
    ['numbers', { body: `{"transStatus":${pan},"acqResponseCode":${pan},"respCode":${pan},"total":${pan},"accepted":${pan}}` }],
    ['a key twice', { body: `{"${pan}":1,"${pan}":2}` }],
    ['no JSON', { body: track2 }],
    [
      'a decline with a card number for a code',
      { body: { transStatus: 'DECLINED', acqResponseCode: pan, respCode: '00', total: 1, transInfo: [] } },
    ],
    ['a page', { type: 'text/html', body: SECRETS.join() }],
    ['a content type', { type: `text/${pan}`, body: SECRETS.join() }],
    [
      'headers',
      {
        status: 206,
        type: 'application/zip',
        headers: { etag: pan, 'content-range': `bytes ${pan.slice(1)}-${pan}/${pan}` },
        body: track2,
      },
    ],
    ['a refusal', { status: 400, body: echo }],
    ['a refused key', { status: 401, body: echo }],
    ['a redirect', { status: 302, headers: { location: `/${track2}` }, body: echo }],
    ['an outage', { status: 503, body: echo }],
    ['a cut', 'cut'],
  ];

  test.each(replies)('sent, and echoed as %s, come out nowhere', async (_what, reply) => {
    const { gateway } = box;
    backend.script(
      { request: `POST ${SALE_PATH}`, reply },
      { request: `POST ${DETAILS_PATH}`, reply },
      { request: `GET ${PACKAGE}`, reply },
      { request: 'POST /tms/v1/status', reply },
    );
    const caught = (answer: Promise<unknown> | undefined) => answer?.catch(words);
    const said = [
      await gateway.cards?.authorise(SAMPLE_SALE, never),
      await caught(gateway.queryPayment(SAMPLE_SALE.charge, never)),
      await caught(gateway.updates?.fetchPart({ path: PACKAGE, from: 4, length: 4, etag: '"v1"' }, never)),
      await gateway.updates?.report([{ id: 'r1', deployment: 'd', status: 'PROGRESS', progress: 1, reason: '', atMs: 0 }], never),
    ];
    expect(leaks([said, box.log.lines, counted, gateway.faults(), gateway.links(), gateway.rejections()])).toEqual([]);
    expect(backend.requests.all[0]?.body).toContain(track2);
  });
});

describe('whatever is sent', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('00', '99', '12344', '', 'x', '__proto__'), fc.double(), fc.integer(), fc.jsonValue());
  const fields = fc.record({ message: word, amount: word, transType: word, orderId: word, update: word }, { requiredKeys: [] });
  const nearly = fc.tuple(fc.constantFrom('00', '99'), word, word).map(([transType, amount, orderId]) => ({ transType, amount, orderId }));
  const update = fc
    .record(
      { deployment: word, name: word, size: word, sha256: word, path: word, permitDowngrade: word, deadline: word },
      { requiredKeys: [] },
    )
    .map((inner) => ({ update: inner }));
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json(),
    fc.oneof(fields, nearly, update).map((value) => JSON.stringify(value)),
    fc.tuple(nearly, fc.nat(80)).map(([value, cut]) => JSON.stringify(value).slice(0, cut)),
  );

  test('each message is either told once or refused with a reason, all are acknowledged, and the link stays', async () => {
    await up();
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 10 }), async (payloads) => {
        const before = box.gateway.rejections().count;
        const told = await send(...payloads);
        const refused = box.gateway.rejections().count - before;
        expect(told.length + refused).toBe(payloads.length);
        if (refused > 0) expect(box.gateway.rejections().last).toMatchObject({ code: expect.stringMatching(/^[a-z0-9-]+$/) });
      }),
      { numRuns: 150 },
    );
    const { events } = backend.broker;
    while (events.of('ack').length < events.of('published').length) await events.next('ack');
    expect(box.inbound.of('reconnected')).toHaveLength(1);
    expect(box.gateway.links().mqtt).toBe('up');
  });
});
