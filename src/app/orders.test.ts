import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { PeerFault } from '../domain/fault.ts';
import type { Order } from '../domain/order.ts';
import { decodeInbound } from '../protocols/ds50/codec.ts';
import { ScriptedCardReader, ScriptedCards, testCard } from '../testkit/card-desk.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;
let reader: ScriptedCardReader;
let cards: ScriptedCards;

async function start(): Promise<void> {
  reader = new ScriptedCardReader();
  cards = new ScriptedCards();
  bench = await new TestBox({
    board: { delivery: null },
    cardReader: reader,
    timings: { resultMs: 2_000 },
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: true, queries: true, qr: false, reports: false };
      gateway.cards = cards;
    },
  }).start();
}

const paidElsewhere = (id: string, amountMinor = 12_344): Order => ({ id, purpose: 'announcement', amountMinor, message: 'hello' });
const toSell = (id: string, amountMinor = 500): Order => ({ id, purpose: 'sale', amountMinor, message: 'Coffee' });

afterEach(() => bench.end());

describe('an amount to announce', () => {
  it('is committed, acknowledged, shown, spoken and noted, in this order', async () => {
    await start();
    await bench.gateway.order(paidElsewhere('o-1'));
    await settle();
    expect(bench.kinds()).toEqual(['boot', 'order.received']);
    expect(bench.box.screen()).toEqual({ kind: 'announcement', amount: { minor: 12_344, currency: 'THB' }, message: 'hello' });
    expect(bench.said).toEqual([{ phrase: 'amount', amount: { minor: 12_344, currency: 'THB' } }]);
    await bench.clock.flow(2_100);
    expect(bench.kinds()).toEqual(['boot', 'order.received', 'order.announced']);
    expect(bench.box.screen().kind).toBe('idle');
  });

  it('moves no money of the box', async () => {
    await start();
    await bench.gateway.order(paidElsewhere('o-1'));
    await bench.clock.flow(2_100);
    const { salesMinor, qrMinor, cardMinor } = bench.store.counters().sinceEver;
    expect([salesMinor, qrMinor, cardMinor, bench.box.status().creditMinor]).toEqual([0, 0, 0, 0]);
  });

  it('comes once, however often and however much later it is sent', async () => {
    await start();
    for (let n = 0; n < 40; n++) await bench.gateway.order(paidElsewhere(`o-${n}`));
    await bench.clock.flow(100_000);
    await bench.gateway.order(paidElsewhere('o-0'));
    await bench.cut();
    await bench.start();
    await bench.gateway.order(paidElsewhere('o-0'));
    await bench.clock.flow(5_000);
    expect(bench.said).toHaveLength(40);
    expect(bench.kinds().filter((kind) => kind === 'order.received')).toHaveLength(40);
  });

  it('is said again when power went before it was noted, and not when it is stale', async () => {
    await start();
    await bench.gateway.order(paidElsewhere('o-1'));
    await settle();
    await bench.cut();
    await bench.start();
    expect(bench.said).toHaveLength(2);
    await bench.cut(600_000);
    await bench.start();
    await bench.clock.flow(2_100);
    expect(bench.said).toHaveLength(2);
    const [announced] = bench.store.ledger({ limit: 1_000 }).flatMap(({ entry }) => (entry.kind === 'order.announced' ? [entry] : []));
    expect(announced).toMatchObject({ order: 'o-1', spoken: false });
  });

  it('is not said from before a restart by a clock that cannot be trusted', async () => {
    await start();
    await bench.gateway.order(paidElsewhere('o-1'));
    await settle();
    await bench.cut();
    bench.clock.trusted = false;
    await bench.start();
    await bench.clock.flow(2_100);
    expect(bench.said).toHaveLength(1);
    expect(bench.kinds()).toContain('order.announced');
  });

  it('holds no card number where it is kept', async () => {
    await start();
    await bench.gateway.order({ ...paidElsewhere('4111111111111111'), message: 'card 4111 1111 1111 1111' });
    await bench.gateway.order(paidElsewhere('378282246310005'));
    await bench.gateway.order(paidElsewhere('4111111111111111'));
    const text = JSON.stringify([bench.store.ledger({}), bench.log.lines, bench.box.screen()]);
    expect(text).not.toMatch(/4111 ?1111 ?1111 ?1111|378282246310005/);
    expect(bench.kinds().filter((kind) => kind === 'order.received')).toHaveLength(2);
  });
});

describe('a clock that is set', () => {
  it('makes no order stale that has just come in', async () => {
    await start();
    bench.box.sell({ amountMinor: 700, origin: 'keypad' });
    await bench.gateway.order(paidElsewhere('o-1'));
    bench.clock.stepWall(3_600_000);
    const sale = bench.box.status().sale?.id ?? '';
    bench.box.cancel(sale, 'keypad');
    await bench.clock.flow(5_000);
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['present-card', 'amount']);
  });
});

describe('a loudspeaker that hangs', () => {
  it('holds up an announcement for half a minute, and nothing for ever', async () => {
    await start();
    bench.speaking = new Promise(() => undefined);
    await bench.gateway.order(paidElsewhere('o-1'));
    await bench.gateway.order(toSell('o-2'));
    await bench.clock.flow(31_000);
    expect(bench.kinds()).toContain('order.announced');
    expect(bench.box.status().sale).toMatchObject({ dueMinor: 500 });
  });
});

describe('an order to sell', () => {
  it('opens a sale with its message, and the card pays it', async () => {
    await start();
    await bench.gateway.order(toSell('o-1'));
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'present-card', due: { minor: 500 }, message: 'Coffee' });
    expect(bench.box.status().sale).toMatchObject({ origin: 'backend', description: 'Coffee' });
    reader.waiting?.present(testCard());
    await settle();
    cards.answer({ state: 'paid' });
    await settle();
    expect(bench.kinds()).toContain('sale.settled');
    expect(bench.box.status().orders).toBe(0);
  });

  it('waits while the box is busy, and until the result before has been seen', async () => {
    await start();
    const { id } = bench.box.sell({ amountMinor: 700, origin: 'keypad' });
    await bench.gateway.order(toSell('o-1'));
    await bench.gateway.order(paidElsewhere('o-2'));
    await settle();
    expect(bench.box.status()).toMatchObject({ orders: 2, sale: { id } });
    bench.box.cancel(id, 'keypad');
    await bench.clock.flow(1_900);
    expect(bench.box.status().sale).toBeNull();
    await bench.clock.flow(200);
    expect(bench.box.status()).toMatchObject({ orders: 1, sale: { dueMinor: 500 } });
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['present-card', 'present-card']);
  });

  it('is refused with the reason when it cannot be sold, and the next one is tried', async () => {
    await start();
    await bench.gateway.order(toSell('o-1', 99_999_999));
    await bench.gateway.order(toSell('o-2'));
    await settle();
    const refused = bench.store.ledger({}).flatMap(({ entry }) => (entry.kind === 'order.refused' ? [entry] : []));
    expect(refused).toMatchObject([{ order: 'o-1', code: 'amount-out-of-range' }]);
    expect(bench.box.status().sale).toMatchObject({ dueMinor: 500 });
  });

  it('is refused when it has waited for more than five minutes', async () => {
    await start();
    bench.box.sell({ amountMinor: 700, origin: 'keypad' });
    await bench.gateway.order(toSell('o-1'));
    await settle();
    await bench.cut(301_000);
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: '' };
    await bench.start();
    await bench.clock.flow(130_000);
    const refused = bench.store.ledger({ limit: 100 }).flatMap(({ entry }) => (entry.kind === 'order.refused' ? [entry] : []));
    expect(refused).toMatchObject([{ order: 'o-1', code: 'order-stale' }]);
  });

  it('waits while the box cannot sell, and does not hold up what is to be announced', async () => {
    await start();
    bench.box.resetOutput();
    bench.store.commit({ entries: [], facts: { 'fault.output': 'stuck' } });
    await bench.cut();
    await bench.start();
    await bench.gateway.order(toSell('o-1'));
    await bench.gateway.order(paidElsewhere('o-2'));
    await bench.clock.flow(3_000);
    expect(bench.box.status()).toMatchObject({ orders: 1, sale: null });
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['amount']);
    bench.box.resetOutput();
    await bench.clock.flow(2_500);
    expect(bench.box.status().sale).toMatchObject({ dueMinor: 500 });
  });

  it('beyond 200 that wait is refused, and seen all the same', async () => {
    await start();
    bench.box.sell({ amountMinor: 700, origin: 'keypad' });
    for (let n = 0; n <= 200; n++) await bench.gateway.order(toSell(`o-${n}`));
    expect(bench.box.status().orders).toBe(200);
    const refused = bench.store.ledger({ limit: 1_000 }).flatMap(({ entry }) => (entry.kind === 'order.refused' ? [entry.order] : []));
    expect(refused).toEqual(['o-200']);
  });
});

it('whatever the broker delivers leaves one whole order behind, or nothing at all', async () => {
  await start();
  const text = fc.oneof(fc.string({ maxLength: 80 }), fc.constant(undefined), fc.constant(null), fc.integer());
  const message = fc.record({
    message: text,
    amount: fc.oneof(fc.stringMatching(/^\d{0,13}$/), fc.double(), text),
    transType: fc.oneof(fc.constantFrom('00', '99', '01', ''), text),
    orderId: fc.oneof(fc.stringMatching(/^[a-z0-9]{1,6}$/), text),
  });
  const payload = fc.oneof(
    message.map((value) => new TextEncoder().encode(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 200 }),
  );
  await fc.assert(
    fc.asyncProperty(payload, async (bytes) => {
      const before = bench.kinds().filter((kind) => kind.startsWith('order.'));
      let read: Order | null = null;
      try {
        const inbound = decodeInbound(bytes, 'THB');
        read = inbound.kind === 'order' ? inbound.order : null;
      } catch (error) {
        expect(error).toBeInstanceOf(PeerFault);
      }
      if (read) await bench.gateway.order(read);
      const added = bench.kinds().filter((kind) => kind.startsWith('order.')).length - before.length;
      expect(added).toBeLessThanOrEqual(read ? 2 : 0);
    }),
    { numRuns: 150 },
  );
});
