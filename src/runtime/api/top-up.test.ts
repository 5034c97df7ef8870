import { afterEach, describe, expect, test } from 'vitest';
import { CallerFault } from '../../domain/fault.ts';
import { settle } from '../../testkit/clock.ts';
import { memoryLog } from '../../testkit/log.ts';
import { differences } from '../../testkit/openapi.ts';
import { ScriptedBox, sampleSale } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import { TestBox } from '../../testkit/test-box.ts';
import { PLANTED_PIN, PLANTED_SERIAL, ScriptedTopUps, topUpLeaks } from '../../testkit/top-ups.ts';
import openapi from './openapi.json' with { type: 'json' };
import type { Api } from './server.ts';

const CARD = { operator: 'Viettel', amountMinor: 50_000, serial: PLANTED_SERIAL, pin: PLANTED_PIN };
const SALE = openapi.paths['/v1/sales/{id}/top-up'].post.responses[202].content['application/json'].schema;

let api: Api;
let box: ScriptedBox;
let log: ReturnType<typeof memoryLog>;

async function start(): Promise<void> {
  box = new ScriptedBox();
  log = memoryLog();
  api = await serveBox(box, {}, { log });
}

const send = (body: unknown, path = '/v1/sales/sale-1/top-up') =>
  fetch(api.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

afterEach(async () => {
  await api.stop();
  box.done();
  expect(topUpLeaks('log', JSON.stringify(log.lines))).toEqual([]);
});

describe('a top-up card by the API', () => {
  test('goes to the box, and the answer is the sale', async () => {
    await start();
    box.expect('topUp', ['sale-1', CARD], { ...sampleSale, state: 'authorising', qr: null, topUp: { operator: 'Viettel' } });
    const response = await send(CARD);
    const text = await response.text();
    expect(response.status).toBe(202);
    expect(differences(openapi, SALE, JSON.parse(text))).toEqual([]);
    expect(topUpLeaks('reply', text)).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['no serial', { ...CARD, serial: undefined }],
    ['a PIN as a number', { ...CARD, pin: Number(PLANTED_PIN) }],
    ['a PIN with a blank', { ...CARD, pin: `${PLANTED_PIN} ` }],
    ['a serial that is too long', { ...CARD, serial: `${PLANTED_SERIAL}ABCDEF` }],
    ['serial and PIN within others', { ...CARD, operator: { serial: PLANTED_SERIAL }, amountMinor: [PLANTED_PIN] }],
    ['the PIN as the value', { ...CARD, amountMinor: Number(PLANTED_PIN) }],
    ['the PIN as the operator', { ...CARD, operator: `${PLANTED_PIN}!` }],
    ['the PIN as the name of a field', { ...CARD, [PLANTED_PIN]: 1 }],
    ['a list', [PLANTED_SERIAL, PLANTED_PIN]],
    ['a text', JSON.stringify(PLANTED_PIN)],
    ['no JSON', `{"pin": ${PLANTED_PIN}x`],
    ['far too much', `"${PLANTED_PIN.repeat(2_000)}"`],
  ])('%s is refused without a word of it', async (_, body) => {
    await start();
    const response = await send(body);
    const text = await response.text();
    expect([400, 413]).toContain(response.status);
    expect(differences(openapi, openapi.components.schemas.Error, JSON.parse(text))).toEqual([]);
    expect(topUpLeaks('reply', text)).toEqual([]);
  });

  test.each([
    ['top-ups-unsupported', 409],
    ['top-up-impossible', 409],
    ['top-up-invalid', 422],
    ['sale-unknown', 404],
    ['not-ready', 503],
  ])('%s is answered with %i', async (code, status) => {
    await start();
    box.expect('topUp', ['sale-1', CARD], new CallerFault('no', { code }));
    expect((await send(CARD)).status).toBe(status);
  });

  test('of a whole box leaves nothing in the journal, on the screen and in the stream', async () => {
    await start();
    await api.stop();
    const topUps = new ScriptedTopUps();
    const bench = await new TestBox({
      policy: { currency: 'VND', minMinor: 1_000, maxMinor: 1_000_000 },
      dress: (gateway) => {
        gateway.capabilities = { ...gateway.capabilities, reports: false };
        gateway.topUps = topUps;
        gateway.offers.push({ charge: 'order-1', qr: 'QR', expiresAtMs: gateway.now() + 600_000 });
        gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
      },
    }).start();
    api = await serveBox(box, {}, { box: bench.box, log, lastSeq: () => bench.store.lastSeq() });
    const { id } = bench.box.sell({ amountMinor: 50_000, origin: 'api' });
    await settle();
    const stream = await fetch(`${api.url}/v1/stream?after=0`);
    const reader = stream.body?.getReader();
    const reply = await send(CARD, `/v1/sales/${id}/top-up`);
    const sale = JSON.parse(await reply.text());
    expect(differences(openapi, SALE, sale)).toEqual([]);
    expect(sale).toMatchObject({ id, state: 'authorising', topUp: { operator: 'Viettel' } });
    expect((await send(CARD, `/v1/sales/${id}/top-up`)).status).toBe(409);
    bench.gateway.answers.push({ state: 'paid', paidMinor: 50_000 });
    topUps.answer({ state: 'unresolved', reason: 'pending', kept: 'pending' });
    await settle();
    let streamed = '';
    while (!streamed.includes('sale.settled')) streamed += Buffer.from((await reader?.read())?.value ?? '!').toString();
    await reader?.cancel();
    expect(streamed).toContain('"topUp":{"operator":"Viettel"}');
    const shown = await Promise.all(
      ['/v1/status', '/v1/ledger', '/v1/counters', '/v1/screen', '/metrics'].map(async (path) => (await fetch(api.url + path)).text()),
    );
    expect([streamed, JSON.stringify(sale), ...shown].flatMap((text) => topUpLeaks('shown', text))).toEqual([]);
    await bench.outputs.finish();
    await bench.end();
  });
});
