import { afterEach, beforeEach, expect, test } from 'vitest';
import { RequestFault } from '../../domain/request-fault.ts';
import { settle } from '../../testkit/clock.ts';
import { differences } from '../../testkit/openapi.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import { TestBox } from '../../testkit/test-box.ts';
import openapi from './openapi.json' with { type: 'json' };
import type { Api } from './server.ts';

const SHOWN = ['/v1/status', '/v1/screen', '/v1/counters', '/v1/queue', '/v1/ledger'] as const;

let bench: TestBox;
let api: Api;
/** Everything that was seen of a kind, so that the test knows that it has looked at what it meant to. */
let seen: { screens: Set<string>; states: Set<string>; entries: Set<string> };

async function start(options: ConstructorParameters<typeof TestBox>[0] = {}): Promise<void> {
  bench = await new TestBox(options).start();
  api = await serveBox(new ScriptedBox(), {}, { box: bench.box, lastSeq: () => bench.store.lastSeq() });
}

beforeEach(() => {
  seen = { screens: new Set(), states: new Set(), entries: new Set() };
});
afterEach(async () => {
  await api.stop();
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

async function ask(path: string, schema: unknown, init?: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(api.url + path, init);
  const value = (await response.json()) as Record<string, unknown>;
  expect({ path, status: response.status < 300, differences: differences(openapi, schema, value) }).toEqual({
    path,
    status: true,
    differences: [],
  });
  return value;
}

/** Opens a sale through the API. */
async function sell(description: string): Promise<string> {
  const schema = openapi.paths['/v1/sales'].post.responses[201].content['application/json'].schema;
  const body = JSON.stringify({ amountMinor: 2_000, description });
  const sale = await ask('/v1/sales', schema, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await settle();
  return String(sale.id);
}

/** Compares everything the API shows with its description. */
async function look(sale?: string): Promise<void> {
  for (const path of SHOWN) {
    const value = await ask(path, openapi.paths[path].get.responses[200].content['application/json'].schema);
    if (path === '/v1/screen') seen.screens.add(String(value.kind));
    if (path === '/v1/ledger') for (const { entry } of value.entries as { entry: { kind: string } }[]) seen.entries.add(entry.kind);
  }
  if (sale === undefined) return;
  const schema = openapi.paths['/v1/sales/{id}'].get.responses[200].content['application/json'].schema;
  seen.states.add(String((await ask(`/v1/sales/${sale}`, schema)).state));
}

const offer = (charge: string) => ({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + 300_000 });

test('a sale by QR looks at every step as the OpenAPI file says', async () => {
  await start();
  await look();
  const asked = Promise.withResolvers<ReturnType<typeof offer>>();
  bench.gateway.offers.push(asked.promise);
  const sale = await sell('Wash');
  await look(sale);
  asked.resolve(offer('ch_1'));
  await settle();
  await look(sale);
  await bench.gateway.push('ch_1', { state: 'paid' });
  await look(sale);
  await bench.outputs.finish();
  await look(sale);
  bench.gateway.deliveries.push({ state: 'acked' });
  await bench.clock.flow(5_000);
  await look(sale);
  expect([...seen.screens]).toEqual(['idle', 'requesting', 'qr', 'delivering', 'success']);
  expect([...seen.states]).toEqual(['requesting', 'qr', 'delivering', 'delivered']);
  for (const kind of ['boot', 'sale.opened', 'charge.created', 'charge.paid', 'act.intent', 'act.outcome', 'report.queued', 'announced']) {
    expect(seen.entries).toContain(kind);
  }
});

test('a sale in cash with what can go wrong looks at every step as the OpenAPI file says', async () => {
  await start({ timings: { requestMs: 300 } });
  bench.gateway.offers.push(new RequestFault('There is no such device', { code: 'device-unknown', found: 'x', retryable: false }));
  const sale = await sell('ล้างรถ');
  await look(sale);
  bench.coin.emit({ kind: 'unassigned', train: 'odd-1', pulses: 7, widthsMs: [50] });
  bench.coin.insert(1_000);
  await look(sale);
  bench.coin.insert(1_500);
  await settle();
  await look(sale);
  await bench.outputs.finish();
  await look(sale);
  const parked = bench.store.outbox('sale', 10).map(({ id }) => ({ id, reason: 'an odd report' }));
  bench.store.commit({ entries: [], parked });
  await bench.clock.flow(5_000);
  await look(sale);
  expect([...seen.screens]).toEqual(['insert-cash', 'delivering', 'success', 'idle']);
  expect([...seen.states]).toEqual(['cash', 'delivering', 'delivered']);
  expect(parked).toHaveLength(1);
});

test('a sale that is cancelled on a box that is not paired, too', async () => {
  await start({ paired: false });
  await look();
  bench.coin.insert(500);
  await look();
  const sale = await sell('Wash');
  await ask(`/v1/sales/${sale}/cancel`, openapi.paths['/v1/sales/{id}/cancel'].post.responses[200].content['application/json'].schema, {
    method: 'POST',
  });
  await look(sale);
  expect([...seen.states]).toEqual(['cancelled']);
});
