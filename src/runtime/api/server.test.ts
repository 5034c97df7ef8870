import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallerFault, ConfigurationFault, DeviceFault, type Fault, PeerFault } from '../../domain/fault.ts';
import { memoryLog } from '../../testkit/log.ts';
import { differences } from '../../testkit/openapi.ts';
import { ScriptedBox, sampleSale } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import { statusOf } from './errors.ts';
import openapi from './openapi.json' with { type: 'json' };
import type { Api, ApiParts } from './server.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
let box: ScriptedBox;
let log: ReturnType<typeof memoryLog>;
let health: { ok: boolean; checks: Record<string, { ok: boolean }> };
const running: Api[] = [];

beforeEach(() => {
  box = new ScriptedBox();
  log = memoryLog();
  health = { ok: true, checks: { ledger: { ok: true } } };
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.stop()));
  box.done();
});

async function start(change: Partial<ApiParts> = {}, api: Partial<ApiParts['settings']['api']> = {}): Promise<Api> {
  const started = await serveBox(box, api, { log, health: () => health, ...change });
  running.push(started);
  return started;
}

const post = (url: string, body?: unknown, headers: Record<string, string> = JSON_TYPE) =>
  fetch(url, { method: 'POST', ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body), headers }) });

describe('what the box shows', () => {
  test.each(['/v1/status', '/v1/counters', '/v1/queue', '/v1/screen', '/v1/ledger', '/healthz'] as const)(
    '%s is as the OpenAPI file says',
    async (path) => {
      const report = {
        id: 'r',
        sale: 's',
        status: 'SUCCEEDED',
        qrMinor: 0,
        charge: null,
        cash: { coin: { 1000: 2 }, bill: {} },
        currency: 'THB',
      } as const;
      box.commit({ kind: 'boot', version: '1', currency: 'THB' }, { kind: 'report.queued', sale: 's', report });
      box.state = { ...box.state, sale: sampleSale, alarms: [{ code: 'store-full', detail: 'no room', severity: 'error', sinceMs: 5 }] };
      box.outbox = {
        waiting: [{ id: 'r', lane: 'sale', report, seq: 1, queuedAtMs: 5, attempts: 1, parkedReason: null }],
        parked: [],
        waitingCount: 1,
        parkedCount: 0,
      };
      const { url } = await start();
      const response = await fetch(url + path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(
        differences(openapi, openapi.paths[path].get.responses[200].content['application/json'].schema, await response.json()),
      ).toEqual([]);
    },
  );

  test('the picture, the figures and the OpenAPI file', async () => {
    const { url } = await start();
    const svg = await fetch(`${url}/v1/screen.svg`);
    expect([svg.headers.get('content-type'), await svg.text()]).toEqual([
      'image/svg+xml',
      expect.stringContaining('<text>starting</text>'),
    ]);
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await metrics.text()).toContain('tilld_api_requests_total{method="GET",status="200"} 1\n');
    expect(await (await fetch(`${url}/openapi.json`)).json()).toEqual(openapi);
  });

  test('health that is not well is 503', async () => {
    health = { ok: false, checks: { ledger: { ok: false } } };
    const { url } = await start();
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.json()]).toEqual([503, health]);
  });

  test('the ledger by pages', async () => {
    box.commit(...Array.from({ length: 7 }, (_, i) => ({ kind: 'sale.settled', sale: `s${i % 2}`, dueMinor: i }) as const));
    const { url } = await start();
    const seqs = async (query: string) => {
      const { entries } = (await (await fetch(`${url}/v1/ledger${query}`)).json()) as { entries: { seq: number }[] };
      return entries.map(({ seq }) => seq);
    };
    expect(await seqs('')).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await seqs('?after=2&limit=3')).toEqual([3, 4, 5]);
    expect(await seqs('?sale=s1')).toEqual([2, 4, 6]);
  });
});

describe('sales', () => {
  test('a sale is opened and looked up by its address', async () => {
    const { url } = await start();
    box.expect('sell', [{ amountMinor: 2_000, description: 'Car wash', idempotencyKey: 'k-1', origin: 'api' }], sampleSale);
    const response = await post(`${url}/v1/sales`, { amountMinor: 2_000, description: 'Car wash', idempotencyKey: 'k-1' });
    expect(response.status).toBe(201);
    const sale = await response.json();
    expect(differences(openapi, { $ref: '#/components/schemas/Sale' }, sale)).toEqual([]);
    box.expect('sale', ['sale-1'], sampleSale);
    expect(await (await fetch(url + response.headers.get('location'))).json()).toEqual(sale);
  });

  test('the idempotency key may come as a header', async () => {
    const { url } = await start();
    const headers = { ...JSON_TYPE, 'idempotency-key': 'k-2' };
    for (const body of [{ amountMinor: 1 }, { amountMinor: 1, idempotencyKey: 'k-2' }]) {
      box.expect('sell', [{ amountMinor: 1, idempotencyKey: 'k-2', origin: 'api' }], sampleSale);
      expect((await post(`${url}/v1/sales`, body, headers)).status).toBe(201);
    }
    const other = await post(`${url}/v1/sales`, { amountMinor: 1, idempotencyKey: 'k-3' }, headers);
    expect([other.status, await other.json()]).toEqual([400, { error: expect.objectContaining({ code: 'request-invalid' }) }]);
  });

  test.each<[string, unknown, string]>([
    ['no amount', {}, '$.amountMinor'],
    ['a fraction', { amountMinor: 20.5 }, '$.amountMinor'],
    ['nothing', { amountMinor: 0 }, '$.amountMinor'],
    ['less than nothing', { amountMinor: -1 }, '$.amountMinor'],
    ['a text', { amountMinor: '2000' }, '$.amountMinor'],
    ['too much', { amountMinor: 1e13 }, '$.amountMinor'],
    ['a long description', { amountMinor: 1, description: 'x'.repeat(201) }, '$.description'],
    ['a key with a blank', { amountMinor: 1, idempotencyKey: 'a b' }, '$.idempotencyKey'],
    ['an unknown key', { amountMinor: 1, amount: 2 }, '$.amount'],
    ['a list', [], '$'],
    ['null', null, '$'],
  ])('%s is refused before the box hears of it', async (_, body, path) => {
    const { url } = await start();
    const response = await post(`${url}/v1/sales`, body);
    expect(response.status).toBe(400);
    const answer = await response.json();
    expect(answer).toMatchObject({ error: { code: 'request-invalid', blame: 'caller', faults: [{ path }] } });
    expect(differences(openapi, { $ref: '#/components/schemas/Error' }, answer)).toEqual([]);
  });

  test.each<[Fault, number]>([
    [new CallerFault('busy', { code: 'sale-in-progress' }), 409],
    [new CallerFault('not now', { code: 'not-ready' }), 503],
    [new CallerFault('too little', { code: 'amount-out-of-range' }), 422],
    [new CallerFault('odd', { code: 'amount-invalid' }), 422],
    [new CallerFault('other sale', { code: 'idempotency-mismatch' }), 409],
    [new DeviceFault('full', { code: 'store-full' }), 503],
  ])('what the box refuses as %s is answered with %i', async (fault, status) => {
    const { url } = await start();
    box.expect('sell', [{ amountMinor: 1, origin: 'api' }], fault);
    const response = await post(`${url}/v1/sales`, { amountMinor: 1 });
    expect([response.status, await response.json()]).toEqual([
      status,
      { error: { code: fault.code, blame: fault.blame, message: fault.message } },
    ]);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
  });

  test('a sale is cancelled; one that is not there is 404', async () => {
    const { url } = await start();
    box.expect('cancel', ['sale-1', 'api'], { ...sampleSale, state: 'cancelled' });
    expect(await (await post(`${url}/v1/sales/sale-1/cancel`)).json()).toMatchObject({ state: 'cancelled' });
    box.expect('cancel', ['sale-2', 'api'], new CallerFault('No such sale', { code: 'sale-unknown' }));
    expect((await post(`${url}/v1/sales/sale-2/cancel`, {})).status).toBe(404);
    box.expect('sale', ['sale/3'], null);
    expect((await fetch(`${url}/v1/sales/sale%2F3`)).status).toBe(404);
  });
});

describe('tickets', () => {
  const TICKET = '/v1/sales/sale-1/ticket';

  test.each([
    { result: 'done', code: '', reason: '' },
    { result: 'failed', code: 'printer-paper-out', reason: 'The printer is out of paper' },
  ] as const)('a ticket is printed, or not: $result', async (outcome) => {
    const { url } = await start();
    box.expect('printTicket', ['sale-1'], outcome);
    const response = await post(url + TICKET);
    const answer = await response.json();
    expect([response.status, answer]).toEqual([200, outcome]);
    expect(differences(openapi, { $ref: '#/components/schemas/TicketResult' }, answer)).toEqual([]);
  });

  test.each([
    ['sale-unknown', 404],
    ['printer-missing', 409],
    ['ticket-unpaid', 409],
  ] as const)('%s is %i, as the OpenAPI file says', async (code, status) => {
    expect(openapi.paths['/v1/sales/{id}/ticket'].post.responses).toHaveProperty(String(status));
    const { url } = await start();
    box.expect('printTicket', ['sale-1'], new CallerFault('no', { code }));
    const response = await post(url + TICKET, {});
    expect([response.status, await response.json()]).toEqual([status, { error: expect.objectContaining({ code, blame: 'caller' }) }]);
  });

  test('there is nothing to say about it', async () => {
    const { url } = await start();
    expect((await post(url + TICKET, { copies: 2 })).status).toBe(400);
    expect((await fetch(url + TICKET)).headers.get('allow')).toBe('POST');
  });
});

test('pairing and the reset of the counters', async () => {
  const { url } = await start();
  box.expect('pair', [], { state: 'registered', pin: '1150', deviceId: 'device-1', reason: null });
  expect(await (await post(`${url}/v1/pair`)).json()).toMatchObject({ state: 'registered', pin: '1150' });
  box.expect('resetCounters', []);
  expect(await (await post(`${url}/v1/counters/reset`, {})).json()).toEqual(box.till);
});

describe('requests that are not as they should be', () => {
  test.each<[string, string, RequestInit, number, string]>([
    ['no such address', '/v1/sale', {}, 404, 'not-found'],
    ['another method', '/v1/status', { method: 'DELETE' }, 405, 'method-not-allowed'],
    ['GET where something is done', '/v1/pair', {}, 405, 'method-not-allowed'],
    ['a form', '/v1/sales', { method: 'POST', body: new URLSearchParams({ amountMinor: '1' }) }, 415, 'content-type'],
    ['a body of no type', '/v1/pair', { method: 'POST', body: Buffer.from('x') }, 415, 'content-type'],
    ['half a body', '/v1/sales', { method: 'POST', headers: JSON_TYPE, body: '{"amountMinor": 1' }, 400, 'body-not-json'],
    [
      'a key twice',
      '/v1/sales',
      { method: 'POST', headers: JSON_TYPE, body: '{"amountMinor": 1, "amountMinor": 2}' },
      400,
      'body-not-json',
    ],
    ['a large body', '/v1/sales', { method: 'POST', headers: JSON_TYPE, body: `"${'x'.repeat(16 * 1024)}"` }, 413, 'body-too-large'],
    [
      'something to say to a reset',
      '/v1/counters/reset',
      { method: 'POST', headers: JSON_TYPE, body: '{"all": true}' },
      400,
      'request-invalid',
    ],
    ['a limit too large', '/v1/ledger?limit=1001', {}, 400, 'request-invalid'],
    ['a limit of nothing', '/v1/ledger?limit=0', {}, 400, 'request-invalid'],
    ['an after that is none', '/v1/ledger?after=-1', {}, 400, 'request-invalid'],
    ['a name twice in the query', '/v1/ledger?after=1&after=2', {}, 400, 'request-invalid'],
    ['an unknown name in the query', '/v1/ledger?from=1', {}, 400, 'request-invalid'],
    ['a last event that is none', '/v1/stream', { headers: { 'last-event-id': 'x' } }, 400, 'request-invalid'],
  ])('%s', async (_, path, init, status, code) => {
    const { url } = await start();
    const response = await fetch(url + path, init);
    const answer = await response.json();
    expect([response.status, answer]).toEqual([status, { error: expect.objectContaining({ code, message: expect.any(String) }) }]);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a body of unknown length that does not end is cut', async () => {
    const { url } = await start();
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(1024, 'x')) });
    const response = await fetch(`${url}/v1/sales`, { method: 'POST', headers: JSON_TYPE, body: endless, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(413);
  });

  test('a body in chunks is as good as any', async () => {
    const { url } = await start();
    box.expect('sell', [{ amountMinor: 1, origin: 'api' }], sampleSale);
    const chunks = new ReadableStream({
      start(controller) {
        for (const chunk of ['{"amount', 'Minor": 1}']) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    });
    const response = await fetch(`${url}/v1/sales`, { method: 'POST', headers: JSON_TYPE, body: chunks, duplex: 'half' } as RequestInit);
    expect(response.status).toBe(201);
  });

  test('405 says what the address takes', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/v1/sales`)).headers.get('allow')).toBe('POST');
    expect((await post(`${url}/v1/status`)).headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${url}/v1/status`, { method: 'HEAD' })).status).toBe(200);
  });

  test('a bug is 500, says nothing of itself and is logged', async () => {
    const { url } = await start({ drawScreen: () => Promise.reject(new TypeError('inner secret')) });
    const response = await fetch(`${url}/v1/screen.svg`);
    expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('inner secret')]);
    expect(log.lines.filter(({ event }) => event === 'api.failed')).toEqual([
      expect.objectContaining({ fields: expect.objectContaining({ path: '/v1/screen.svg', error: expect.any(TypeError) }) }),
    ]);
  });

  test.each<[unknown, number]>([
    [new CallerFault('', { code: 'anything' }), 400],
    [new ConfigurationFault('', { code: 'anything' }), 500],
    [new PeerFault('', { code: 'anything' }), 502],
    [new DeviceFault('', { code: 'anything' }), 503],
    [new Error('bug'), 500],
  ])('a fault without a status of its own: %s', (fault, status) => expect(statusOf(fault)).toBe(status));
});

test('a port that is taken, and an address that is not ours', async () => {
  const { port } = await start();
  await expect(start({}, { port })).rejects.toMatchObject({ code: 'port-in-use', blame: 'configuration', found: `127.0.0.1:${port}` });
  await expect(start({}, { host: '192.0.2.1' })).rejects.toMatchObject({ code: 'address-unusable' });
});
