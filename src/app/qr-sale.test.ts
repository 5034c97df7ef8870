import { afterEach, describe, expect, it } from 'vitest';
import { RequestFault } from '../domain/request-fault.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

const MINUTE = 60_000;
let bench: TestBox;

async function start(options: TestBoxOptions = {}): Promise<TestBox> {
  bench = await new TestBox(options).start();
  return bench;
}

/** Opens a sale of 20.00 whose QR is offered at once and lives five minutes. */
async function sellWithQr(charge = 'ch_1'): Promise<string> {
  bench.gateway.offers.push({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + 5 * MINUTE });
  const { id } = bench.box.sell({ amountMinor: 2_000, description: 'Wash', origin: 'api' });
  await settle();
  return id;
}

const noAnswer = new RequestFault('no answer', { code: 'peer-timeout', retryable: true });

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('a sale by QR', () => {
  it('shows the QR after subscribing, and delivers when the push says paid', async () => {
    await start();
    const sale = await sellWithQr();
    expect([...bench.gateway.watching]).toEqual(['ch_1']);
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: 'QR-ch_1', due: { minor: 2_000 } });
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.outputs.driven).toEqual([{ line: 'relay', train: { count: 1, pulseMs: 5_000, gapMs: 0 } }]);
    await bench.outputs.finish();
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', qrMinor: 2_000 });
    expect(bench.said).toEqual([{ phrase: 'received', amount: { minor: 2_000, currency: 'THB' } }]);
    expect([...bench.gateway.watching]).toEqual([]);
    expect(bench.box.screen().kind).toBe('success');
    bench.gateway.deliveries.push({ state: 'acked' });
    await bench.clock.flow(5_000);
    expect(bench.box.screen().kind).toBe('idle');
  });

  it('hears it by polling when no push comes', async () => {
    await start();
    await sellWithQr();
    bench.gateway.answers.push({ state: 'unresolved', reason: 'pending' }, { state: 'paid' });
    await bench.clock.flow(7_900);
    expect(bench.gateway.queried).toEqual([]);
    await bench.clock.flow(2_200);
    expect(bench.gateway.queried).toHaveLength(2);
    expect(bench.outputs.driven).toHaveLength(1);
    bench.gateway.deliveries.push({ state: 'acked' });
    await bench.clock.flow(600);
  });

  it('credits once when push, duplicate push and poll all say paid', async () => {
    await start();
    await sellWithQr();
    bench.gateway.answers.push({ state: 'paid' });
    bench.clock.advance(8_000);
    await Promise.all([bench.gateway.push('ch_1', { state: 'paid' }), bench.gateway.push('ch_1', { state: 'paid' })]);
    await settle();
    expect(bench.kinds().filter((kind) => kind === 'charge.paid')).toHaveLength(1);
    expect(bench.outputs.driven).toHaveLength(1);
  });

  it('asks at once after a reconnect', async () => {
    await start();
    await sellWithQr();
    bench.gateway.answers.push({ state: 'paid' });
    bench.gateway.reconnect();
    await settle();
    expect(bench.store.ledger({ limit: 100 }).map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({ kind: 'charge.paid', via: 'reconnect' }),
    );
  });

  it('uses a confirmation that comes before the charge is in the journal', async () => {
    await start();
    let offer: (offer: { charge: string; qr: string; expiresAtMs: number }) => void = () => undefined;
    bench.gateway.offers.push(
      new Promise((resolve) => {
        offer = resolve;
      }),
    );
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    let acknowledged: Promise<void> | null = null;
    const watch = bench.gateway.watch.bind(bench.gateway);
    bench.gateway.watch = async (charge) => {
      const granted = await watch(charge);
      acknowledged = bench.gateway.push(charge, { state: 'paid' });
      return granted;
    };
    offer({ charge: 'ch_fast', qr: 'QR', expiresAtMs: bench.clock.wallMs() + MINUTE });
    await settle();
    await acknowledged;
    expect(bench.kinds()).toContain('charge.paid');
  });

  it('repeats an unanswered request under the same id and then goes on without a QR', async () => {
    await start();
    for (let i = 0; i < 40; i++) bench.gateway.offers.push(noAnswer);
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await bench.clock.flow(25_000);
    expect(bench.gateway.requested.length).toBeGreaterThan(3);
    expect(new Set(bench.gateway.requested.map((intent) => intent.request)).size).toBe(1);
    expect(bench.box.screen()).toMatchObject({ kind: 'insert-cash', rest: { minor: 2_000 } });
    expect(bench.box.status().sale?.qrRefusal?.code).toBe('peer-timeout');
    bench.gateway.offers.length = 0;
  });

  it('does not repeat a refused request', async () => {
    await start();
    bench.gateway.offers.push(new RequestFault('wrong amount in the QR', { code: 'qr-amount-wrong', retryable: false }));
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await bench.clock.flow(3_000);
    expect(bench.gateway.requested).toHaveLength(1);
    // Nobody is told to wait for a QR that does not come.
    expect(bench.box.screen()).toMatchObject({ kind: 'insert-cash', qrPossible: false });
  });

  it('takes the QR off the screen at its time even when the last question hangs, and keeps watching', async () => {
    await start();
    await sellWithQr();
    const hanging = Promise.withResolvers<{ state: 'unresolved'; reason: string }>();
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    await bench.clock.flow(298_000, 500);
    const asked = bench.gateway.queried.length;
    bench.gateway.answers.push(hanging.promise);
    await bench.clock.flow(1_500);
    expect(bench.gateway.queried.length).toBe(asked + 1);
    expect(bench.box.screen().kind).toBe('checking');
    hanging.resolve({ state: 'unresolved', reason: 'pending' });
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'qr-expired' });
    expect(bench.box.status().watching).toBe(1);
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.box.status()).toMatchObject({ watching: 0, creditMinor: 2_000 });
  });

  it('gives a charge up after the grace time only when the backend has spoken', async () => {
    await start({ timings: { graceMs: MINUTE, qrMaxMs: 10_000 } });
    await sellWithQr();
    for (let i = 0; i < 20; i++) bench.gateway.answers.push(noAnswer);
    await bench.clock.flow(3 * MINUTE, 500);
    expect(bench.box.status().watching).toBe(1);
    bench.gateway.answers.length = 0;
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    bench.gateway.deliveries.push({ state: 'acked' });
    await bench.clock.flow(2 * MINUTE, 500);
    expect(bench.box.status().watching).toBe(0);
    expect(bench.gateway.delivered.at(-1)).toMatchObject([{ status: 'CANCELLED', qrMinor: 0 }]);
  });

  it('says so when the customer cancels, and still takes the money if it comes', async () => {
    await start();
    const sale = await sellWithQr();
    expect(bench.box.cancel(sale, 'keypad')).toMatchObject({ state: 'cancelled', cancelReason: 'customer' });
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.box.status().creditMinor).toBe(2_000);
  });

  it('returns the same sale for the same idempotency key', async () => {
    await start();
    bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + MINUTE });
    const first = bench.box.sell({ amountMinor: 2_000, origin: 'api', idempotencyKey: 'order-1' });
    const again = bench.box.sell({ amountMinor: 2_000, origin: 'api', idempotencyKey: 'order-1' });
    expect(again.id).toBe(first.id);
    expect(() => bench.box.sell({ amountMinor: 2_000, origin: 'api' })).toThrow(expect.objectContaining({ code: 'sale-in-progress' }));
    await settle();
  });

  it.each([
    [99, 'amount-out-of-range'],
    [1_000_001, 'amount-out-of-range'],
    [0, 'amount-invalid'],
    [-100, 'amount-invalid'],
    [10.5, 'amount-invalid'],
    [Number.NaN, 'amount-invalid'],
  ])('refuses to sell for %d', async (amountMinor, code) => {
    await start();
    expect(() => bench.box.sell({ amountMinor, origin: 'api' })).toThrow(expect.objectContaining({ code }));
  });
});

describe('after a power cut', () => {
  it('shows the same QR again, subscribes anew and asks at once', async () => {
    await start();
    await sellWithQr();
    await bench.cut();
    bench.gateway.answers.push({ state: 'unresolved', reason: 'pending' });
    await bench.start();
    expect([...bench.gateway.watching]).toEqual(['ch_1']);
    expect(bench.box.screen()).toMatchObject({ kind: 'qr', qr: 'QR-ch_1' });
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.outputs.driven).toHaveLength(1);
  });

  it('finds out that the customer paid while the power was off', async () => {
    await start();
    const sale = await sellWithQr();
    await bench.cut();
    bench.gateway.answers.push({ state: 'paid' });
    await bench.start();
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivering', qrMinor: 2_000 });
  });

  it('repeats the request under the same id when it was cut off while asking', async () => {
    await start();
    bench.gateway.offers.push(new Promise(() => undefined));
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    const first = bench.gateway.requested[0]?.request;
    await bench.cut();
    bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + MINUTE });
    await bench.start();
    expect(bench.gateway.requested.map((intent) => intent.request)).toEqual([first]);
    expect(bench.box.screen().kind).toBe('qr');
  });

  it('never drives the output again for an act that was cut off', async () => {
    await start();
    const sale = await sellWithQr();
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.outputs.driven).toHaveLength(1);
    await bench.cut();
    await bench.start();
    expect(bench.outputs.driven).toEqual([]);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivery-unknown', delivery: 'indeterminate' });
    expect(bench.box.status().alarms.map((alarm) => alarm.code)).toContain('delivery-unknown');
  });

  it('says a payment again that may not have been heard, while it is fresh', async () => {
    await start();
    await sellWithQr();
    bench.speaking = new Promise(() => undefined);
    await bench.gateway.push('ch_1', { state: 'paid' });
    bench.speaking = null;
    await bench.cut(MINUTE);
    await bench.start();
    expect(bench.said).toHaveLength(2);
  });

  it('no longer says it when it is stale', async () => {
    await start();
    await sellWithQr();
    bench.speaking = new Promise(() => undefined);
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.said).toHaveLength(1);
    await bench.cut(6 * MINUTE);
    await bench.start();
    expect(bench.said).toHaveLength(1);
  });
});
