import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PaymentNotice } from '../domain/remote.ts';
import { RequestFault } from '../domain/request-fault.ts';
import { StoreFault } from '../domain/store-fault.ts';
import { RESOLVED_KEPT } from '../domain/till/state.ts';
import type { QrOffer } from '../ports/gateway.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;

beforeEach(async () => {
  bench = await new TestBox({
    board: { delivery: null, acceptors: [] },
    policy: { currency: 'IDR', minMinor: 1 },
    timings: { resultMs: 1_000 },
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: true, queries: false, qr: true, reports: false };
    },
  }).start();
});

afterEach(() => bench.end());

const notice = (event: string, charge: string, minor = 50_000, agoMs = 1_000): PaymentNotice => ({
  event,
  charge,
  amount: { minor, currency: 'IDR' },
  text: 'Pembayaran diterima Rp50.000',
  paidAtMs: bench.clock.wallMs() - agoMs,
});
const tell = (payment: PaymentNotice) => bench.gateway.tell({ kind: 'payment', payment });

async function sellWithQr(charge: string): Promise<string> {
  bench.gateway.offers.push({ charge, qr: `QR-${charge}`, expiresAtMs: bench.clock.wallMs() + 300_000 });
  const { id } = bench.box.sell({ amountMinor: 50_000, origin: 'api' });
  await settle();
  return id;
}

describe('a payment of a charge on the screen', () => {
  it('settles its sale and is spoken once, however often it is told', async () => {
    const sale = await sellWithQr('tx-1');
    await tell(notice('evt-1', 'tx-1'));
    await tell(notice('evt-1', 'tx-1'));
    await tell(notice('evt-2', 'tx-1'));
    await bench.clock.flow(5_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', qrMinor: 50_000 });
    expect(bench.said).toEqual([{ phrase: 'received', amount: { minor: 50_000, currency: 'IDR' } }]);
    expect(bench.kinds().filter((kind) => kind.startsWith('order.'))).toEqual([]);
  });

  it('of another amount is kept apart and raised', async () => {
    const sale = await sellWithQr('tx-1');
    await tell(notice('evt-1', 'tx-1', 10_000));
    expect(bench.box.sale(sale)?.state).toBe('qr');
    expect(bench.box.status().alarms).toMatchObject([{ code: 'payment-mismatch' }]);
    expect(bench.kinds()).toContain('order.received');
    bench.box.resetCounters();
    expect(bench.box.status().alarms).toEqual([]);
  });

  it('is a duplicate for ever, also when the till has forgotten the charge', async () => {
    await sellWithQr('tx-1');
    await tell(notice('evt-1', 'tx-1'));
    await bench.clock.flow(2_000);
    for (let n = 0; n < RESOLVED_KEPT; n++) {
      await sellWithQr(`other-${n}`);
      await tell(notice(`other-evt-${n}`, `other-${n}`));
      await bench.clock.flow(10);
    }
    await tell(notice('evt-1', 'tx-1'));
    await tell(notice('evt-2', 'tx-1', 10_000));
    await settle();
    expect(bench.store.ledger({ after: bench.store.lastSeq() - 8 }).map(({ entry }) => entry.kind)).not.toContain('order.received');
  });

  it('of an amount that another event says differently afterwards stays as it is', async () => {
    await sellWithQr('tx-1');
    await tell(notice('evt-1', 'tx-1'));
    await tell(notice('evt-2', 'tx-1', 10_000));
    await bench.clock.flow(5_000);
    expect(bench.said).toHaveLength(1);
    expect(bench.kinds()).not.toContain('order.received');
  });

  it('that comes before the QR itself settles the sale, and is spoken once', async () => {
    const offer = Promise.withResolvers<QrOffer>();
    bench.gateway.offers.push(offer.promise);
    const { id } = bench.box.sell({ amountMinor: 50_000, origin: 'api' });
    await settle();
    await tell(notice('evt-1', 'tx-1'));
    offer.resolve({ charge: 'tx-1', qr: 'QR', expiresAtMs: bench.clock.wallMs() + 300_000 });
    await bench.clock.flow(10_000);
    expect(bench.box.sale(id)).toMatchObject({ state: 'delivered', qrMinor: 50_000 });
    expect(bench.said).toHaveLength(1);
    expect(bench.box.status().orders).toBe(0);
  });

  it.each([
    ['the same amount', 50_000, 'delivered'],
    ['another amount', 10_000, 'qr'],
  ])('that is faster than the commit of its charge, of %s', async (_what, minor, state) => {
    const granted = Promise.withResolvers<boolean>();
    bench.gateway.watch = () => granted.promise;
    const sale = await sellWithQr('tx-1');
    const told = tell(notice('evt-1', 'tx-1', minor));
    await settle();
    granted.resolve(true);
    await told;
    expect(bench.box.sale(sale)?.state).toBe(state);
    expect(bench.kinds().includes('order.received')).toBe(state === 'qr');
  });

  it('whose sale was given up before the charge was committed is kept as any other', async () => {
    const granted = Promise.withResolvers<boolean>();
    bench.gateway.watch = () => granted.promise;
    const sale = await sellWithQr('tx-1');
    const told = tell(notice('evt-1', 'tx-1'));
    await settle();
    bench.box.cancel(sale, 'api');
    granted.resolve(true);
    await told;
    expect(bench.kinds()).toContain('order.received');
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 8, 12])('is spoken also when it comes just as the one before was said, %i turns after', async (turns) => {
    const before = await sellWithQr('tx-1');
    bench.box.cancel(before, 'api');
    await sellWithQr('tx-2');
    const first = tell(notice('evt-1', 'tx-1'));
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    await Promise.all([first, tell(notice('evt-2', 'tx-2'))]);
    await settle();
    expect(bench.said).toHaveLength(2);
  });

  it('is not said again because the journal could not take that it was', async () => {
    await sellWithQr('tx-1');
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = (one) => {
      if (one.entries.some(({ kind }) => kind === 'announced')) throw new StoreFault('No room', { code: 'store-full', outcome: 'refused' });
      return commit(one);
    };
    await tell(notice('evt-1', 'tx-1'));
    await settle();
    bench.store.commit = commit;
    await sellWithQr('tx-2');
    expect(bench.kinds()).toContain('announced');
    expect(bench.said).toHaveLength(1);
  });

  it('that comes after its QR was gone is still a payment of that sale', async () => {
    const sale = await sellWithQr('tx-1');
    await bench.clock.flow(301_000);
    expect(bench.box.sale(sale)?.cancelReason).toBe('qr-expired');
    await bench.clock.flow(610_000);
    expect(bench.kinds()).toContain('charge.abandoned');
    await tell(notice('evt-1', 'tx-1'));
    expect(bench.box.sale(sale)).toMatchObject({ qrMinor: 50_000 });
    expect(bench.gateway.queried).toEqual([]);
  });

  it.each([
    [299_000, 1],
    [301_000, 0],
  ])('that is told %i ms after it was made settles its sale, and is spoken within five minutes only', async (agoMs, times) => {
    const sale = await sellWithQr('tx-1');
    await tell(notice('evt-1', 'tx-1', 50_000, agoMs));
    await bench.clock.flow(5_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', qrMinor: 50_000 });
    expect(bench.said).toHaveLength(times);
    expect(bench.kinds().filter((kind) => kind === 'announced')).toHaveLength(1);
  });
});

it('a box that has nothing for cash says nothing of cash', () => {
  expect(bench.box.screen()).toMatchObject({ kind: 'idle', qr: true });
  expect(bench.box.screen()).not.toHaveProperty('cash');
});

describe('a QR that does not come', () => {
  it('ends its sale, which is shown and said', async () => {
    bench.gateway.offers.push(new RequestFault('no', { code: 'backend-refused', retryable: false }));
    bench.box.sell({ amountMinor: 50_000, origin: 'api' });
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'qr-refused' });
    expect(bench.said).toEqual([{ phrase: 'failed', amount: null }]);
  });
});

describe('a payment of nothing the box knows', () => {
  it('is kept, shown and spoken, once for each event and each transaction, over restarts too', async () => {
    await tell(notice('evt-1', 'tx-9'));
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'announcement', amount: { minor: 50_000 }, message: 'Pembayaran diterima Rp50.000' });
    await bench.clock.flow(1_500);
    await tell(notice('evt-2', 'tx-9'));
    await bench.cut();
    await bench.start();
    await tell(notice('evt-1', 'tx-9'));
    await tell(notice('evt-1', 'tx-10'));
    await bench.clock.flow(5_000);
    expect(bench.said).toEqual([{ phrase: 'received', amount: { minor: 50_000, currency: 'IDR' } }]);
    expect(bench.kinds().filter((kind) => kind.startsWith('order.'))).toEqual(['order.received', 'order.announced']);
  });

  it('that is older than five minutes is shown and not spoken', async () => {
    await tell(notice('evt-1', 'tx-1', 50_000, 301_000));
    await bench.clock.flow(1_500);
    expect(bench.said).toEqual([]);
    expect(bench.screens.map(({ kind }) => kind)).toContain('announcement');
  });

  it('is not said again while the journal cannot take that it was', async () => {
    const commit = bench.store.commit.bind(bench.store);
    bench.store.commit = (one) => {
      if (one.entries.some(({ kind }) => kind === 'order.announced'))
        throw new StoreFault('No room', { code: 'store-full', outcome: 'refused' });
      return commit(one);
    };
    await tell(notice('evt-1', 'tx-1'));
    await bench.clock.flow(20_000);
    bench.store.commit = commit;
    await bench.clock.flow(2_000);
    expect(bench.said).toHaveLength(1);
    expect(bench.box.status().orders).toBe(0);
  });

  it('that the box missed for hours do not hold up those of now', async () => {
    for (let n = 0; n < 200; n++) await tell(notice(`old-${n}`, `old-tx-${n}`, 1_000, 3_600_000));
    await tell(notice('evt-1', 'tx-1'));
    await bench.clock.flow(5_000);
    expect(bench.said).toEqual([{ phrase: 'received', amount: { minor: 50_000, currency: 'IDR' } }]);
    expect(bench.box.status().orders).toBe(0);
  });

  it('a thousand at once are each recorded, and said as few sums', async () => {
    for (let n = 0; n < 1_000; n++) await tell(notice(`evt-${n}`, `tx-${n}`, 1_000));
    await bench.clock.flow(10_000);
    const count = (kind: string) =>
      bench.store
        .ledger({ limit: 1_000 })
        .concat(bench.store.ledger({ after: 1_000, limit: 1_000 }))
        .concat(bench.store.ledger({ after: 2_000, limit: 1_000 }))
        .filter(({ entry }) => entry.kind === kind).length;
    expect([count('order.received'), count('order.announced')]).toEqual([1_000, 1_000]);
    expect(bench.said.length).toBeLessThanOrEqual(4);
    expect(bench.said.reduce((sum, { amount }) => sum + (amount?.minor ?? 0), 0)).toBe(1_000_000);
    expect(bench.said.at(-1)).toMatchObject({ phrase: 'received-many' });
  });
});
