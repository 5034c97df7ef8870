import { afterEach, describe, expect, it } from 'vitest';
import { StoreFault } from '../domain/store-fault.ts';
import type { Store } from '../ports/store.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;

afterEach(() => bench.end());

const fault = (code: string) => expect.objectContaining({ code });

describe('where sales are opened', () => {
  it('never takes money for an amount that buys no pulse', async () => {
    const drive = { mode: 'pulses-per', unitMinor: 1_000, pulseMs: 50, gapMs: 50 } as const;
    bench = await new TestBox({ paired: false, policy: { drive } }).start();
    expect(() => bench.box.sell({ amountMinor: 500, origin: 'api' })).toThrow(fault('amount-out-of-range'));
    expect(bench.box.sell({ amountMinor: 1_000, origin: 'api' }).state).toBe('cash');
  });

  it.each([1, 64, 128])('remembers a key of %i characters over a power cut', async (length) => {
    bench = await new TestBox({ paired: false }).start();
    const request = { amountMinor: 2_000, origin: 'api', idempotencyKey: 'k'.repeat(length) } as const;
    const first = bench.box.sell(request);
    await bench.cut();
    await bench.start();
    expect(bench.box.sell(request).id).toBe(first.id);
  });

  it('refuses a key that stands for another sale', async () => {
    bench = await new TestBox({ paired: false }).start();
    bench.box.sell({ amountMinor: 2_000, origin: 'api', idempotencyKey: 'order-1' });
    expect(() => bench.box.sell({ amountMinor: 9_900, origin: 'api', idempotencyKey: 'order-1' })).toThrow(fault('idempotency-mismatch'));
  });

  it('keeps card data out of the journal, and knows the sale again all the same', async () => {
    bench = await new TestBox({ paired: false }).start();
    const description = 'Wash 4111 1111 1111 1111, ;378282246310005=27122010000?';
    const request = { amountMinor: 2_000, origin: 'api', idempotencyKey: 'order-1', description } as const;
    const sale = bench.box.sell(request);
    expect(sale.description).toBe('Wash 411111******1111, [hidden]');
    expect(bench.box.sell(request).id).toBe(sale.id);
    expect(JSON.stringify(bench.store.ledger({ limit: 100 })).replaceAll(/[ -]/g, '')).not.toMatch(/4111111111111111|378282246310005/);
  });

  it('asks again for a QR when neither the offer nor its refusal could be recorded', async () => {
    const disk = { full: false };
    const wrapStore = (store: Store): Store => {
      const commit = store.commit.bind(store);
      store.commit = (what) => {
        if (disk.full) throw new StoreFault('The disk is full', { code: 'store-full', outcome: 'refused' });
        return commit(what);
      };
      return store;
    };
    bench = await new TestBox({ wrapStore }).start();
    const offer = () => bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 60_000 });
    offer();
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    disk.full = true;
    await settle();
    expect(bench.box.status().sale?.state).toBe('requesting');
    disk.full = false;
    offer();
    await bench.clock.flow(2_100);
    expect(bench.box.status().sale?.state).toBe('qr');
  });

  it('gives the next customer a QR over the rest when late money came in between', async () => {
    bench = await new TestBox().start();
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    const offer = (charge: string) => bench.gateway.offers.push({ charge, qr: 'QR', expiresAtMs: bench.clock.wallMs() + 60_000 });
    offer('ch_1');
    const first = bench.box.sell({ amountMinor: 500, origin: 'api' });
    await settle();
    bench.box.cancel(first.id, 'keypad');
    offer('ch_2');
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    offer('ch_3');
    await bench.gateway.push('ch_1', { state: 'paid' });
    await bench.clock.flow(3_100);
    expect(bench.gateway.requested.at(-1)?.amount.minor).toBe(1_500);
    expect(bench.box.status().sale).toMatchObject({ state: 'qr', charge: 'ch_3' });
  });

  it('lets a key that cannot be recorded change nothing', async () => {
    bench = await new TestBox({ paired: false }).start();
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    bench.store.commit = () => {
      throw new StoreFault('The disk is full', { code: 'store-full', outcome: 'refused' });
    };
    expect(() => bench.box.press('ok')).not.toThrow();
    expect(() => bench.box.press('cancel')).not.toThrow();
  });

  it('raises an alarm when the backend contradicts itself, in either order', async () => {
    bench = await new TestBox().start();
    bench.gateway.offers.push({ charge: 'ch_1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 60_000 });
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    await bench.gateway.push('ch_1', { state: 'failed', reason: 'declined' });
    await bench.gateway.push('ch_1', { state: 'paid' });
    expect(bench.box.status()).toMatchObject({ creditMinor: 2_000, alarms: [{ code: 'charge-conflict' }] });
  });
});
