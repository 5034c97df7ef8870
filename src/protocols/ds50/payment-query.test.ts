import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DETAILS_PATH, DS50_SERIAL, SALE_PATH, SAMPLE_SALE, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';

const SALE = `POST ${SALE_PATH}`;
const DETAILS = `POST ${DETAILS_PATH}`;
const never = new AbortController().signal;
const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
beforeEach(async () => {
  backend = await scriptedBackend();
  box = testDs50Gateway(backend);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const query = (amount?: typeof SAMPLE_SALE.amount) => box.gateway.queryPayment(SAMPLE_SALE.charge, never, amount);

describe('asking for a charge', () => {
  const documented = fixture('details-reply');
  const [record] = documented.transInfo as [Record<string, unknown>];
  const page = (change: object = {}, total = 1): ScriptedReply => ({
    body: { respCode: '00', total, transInfo: [{ ...record, ...change }] },
  });
  const asked = (pageNo: number) => `{"deviceSn":"${DS50_SERIAL}","pageNo":"${pageNo}","pageSize":"1","date":"2025-12-15"}`;

  test('asks page by page, one record each, from both ends, until batch and trace number match', async () => {
    backend.script(
      { request: DETAILS, body: asked(1), reply: page({ traceNo: '000009' }, 4) },
      { request: DETAILS, body: asked(4), reply: page({ batchNo: '000001', transStatus: 'DECLINED' }, 4) },
      { request: DETAILS, body: asked(2), reply: page({ traceNo: '7', transStatus: 1 }, 4) },
      { request: DETAILS, body: asked(3), reply: page({}, 4) },
    );
    expect(await query()).toEqual({ state: 'paid' });
  });

  test.each<[string, ScriptedReply, object]>([
    ['declined', page({ transStatus: 'DECLINED' }), { state: 'failed', reason: 'declined' }],
    ['neither', page({ transStatus: 'PROCESSING' }), { state: 'unresolved', reason: 'unclear-record' }],
    ['not there', page({ traceNo: '000002' }), { state: 'unresolved', reason: 'not-found' }],
    ['voided, not sold', page({ transType: 'VOID' }), { state: 'unresolved', reason: 'not-found' }],
    ['nothing at all', { body: { respCode: '00', total: 0, transInfo: [] } }, { state: 'unresolved', reason: 'not-found' }],
  ])('%s', async (_what, reply, expected) => {
    backend.script({ request: DETAILS, reply });
    expect(await query()).toEqual(expected);
  });

  test.each([
    ['66.66', { state: 'paid' }],
    ['6666', { state: 'paid' }],
    ['66.67', { state: 'unresolved', reason: 'amount-mismatch' }],
    ['6667', { state: 'unresolved', reason: 'amount-mismatch' }],
    ['666.60', { state: 'unresolved', reason: 'amount-mismatch' }],
  ])('a record of %s for a charge of 66.66', async (transAmount, expected) => {
    backend.script({ request: DETAILS, reply: page({ transAmount }) });
    expect(await query(SAMPLE_SALE.amount)).toEqual(expected);
  });

  test('an amount the box itself sent is remembered', async () => {
    backend.script({ request: SALE, reply: 'cut' }, { request: DETAILS, reply: page({ transAmount: '66.67' }) });
    await box.gateway.cards?.authorise(SAMPLE_SALE, never);
    expect(await query()).toEqual({ state: 'unresolved', reason: 'amount-mismatch' });
  });

  test('no more than 60 pages are looked through, and that is said', async () => {
    backend.script(...Array.from({ length: 60 }, () => ({ request: DETAILS, reply: page({ traceNo: '000009' }, 1_000_000) })));
    expect(await query()).toEqual({ state: 'unresolved', reason: 'not-found-in-60-of-1000000' });
  });

  test.each<[string, ScriptedReply, object]>([
    ['another response code', { body: { ...documented, respCode: '96' } }, { code: 'message-invalid', retryable: true }],
    ['the document’s own JSON, which is none', { body: '{"respCode":"00","total":1,}' }, { code: 'json-malformed', retryable: true }],
    ['a captive portal', { type: 'text/html', body: 'x' }, { code: 'peer-not-json', retryable: true }],
    ['500', { status: 500, body: documented }, { code: 'backend-unavailable', retryable: true }],
    ['429', { status: 429, headers: { 'retry-after': '3' }, body: '' }, { code: 'backend-unavailable', retryAfterMs: 3_000 }],
    ['302', { status: 302, headers: { location: '/' }, body: '' }, { code: 'backend-unavailable', retryable: true }],
    ['401', { status: 401, body: {} }, { code: 'backend-unauthorized', retryable: false }],
    ['404', { status: 404, body: {} }, { code: 'backend-missing', retryable: false }],
    ['400', { status: 400, body: {} }, { code: 'backend-refused', retryable: false }],
    ['a cut', 'cut', { code: 'peer-cut', retryable: true }],
  ])('%s is no answer', async (_what, reply, expected) => {
    backend.script({ request: DETAILS, reply });
    expect(await requestFault(query())).toMatchObject(expected);
  });

  test('a key that is refused stands as a fault until a request succeeds', async () => {
    backend.script(
      { request: DETAILS, reply: { status: 401, body: {} } },
      { request: DETAILS, reply: { status: 503, body: {} } },
      { request: DETAILS, reply: page() },
    );
    const standing: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await query().catch(() => undefined);
      standing.push(box.gateway.faults().map(({ link, code }) => `${link} ${code}`));
    }
    expect(standing).toEqual([['payment backend-unauthorized'], ['payment backend-unauthorized'], []]);
  });

  test('the clock of the server is followed by its Date header, of JSON replies only', async () => {
    const date = new Date(box.clock.wallMs() + 86_400_000).toUTCString();
    backend.script(
      { request: DETAILS, reply: { headers: { date }, body: documented } },
      { request: DETAILS, reply: { headers: { date: new Date(0).toUTCString() }, type: 'text/html', body: 'x' } },
    );
    expect(box.gateway.backendNowMs()).toBe(box.clock.wallMs());
    await query();
    await query().catch(() => undefined);
    box.clock.advance(5_000);
    expect(box.gateway.backendNowMs()).toBe(Date.parse(date) + 5_000);
  });
});
