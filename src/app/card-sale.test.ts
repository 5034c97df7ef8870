import { afterEach, describe, expect, it } from 'vitest';
import { CallerFault, DeviceFault } from '../domain/fault.ts';
import { RequestFault } from '../domain/request-fault.ts';
import { ScriptedCardReader, ScriptedCards, testCard } from '../testkit/card-desk.ts';
import { settle } from '../testkit/clock.ts';
import { TestBox, type TestBoxOptions } from '../testkit/test-box.ts';

let bench: TestBox;
let reader: ScriptedCardReader;
let cards: ScriptedCards;

/** A payment speaker: cards, no QR, nothing to drive, nobody to report to. */
async function start(options: TestBoxOptions = {}): Promise<void> {
  reader = new ScriptedCardReader();
  cards = new ScriptedCards();
  bench = await new TestBox({
    board: { delivery: null },
    cardReader: reader,
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: true, queries: true, qr: false, reports: false };
      gateway.cards = cards;
      gateway.steadyAnswer = { state: 'unresolved', reason: 'not-found' };
    },
    ...options,
  }).start();
}

const CHARGE = '20260101-000001-000001';

async function sell(amountMinor = 2_500): Promise<string> {
  const { id } = bench.box.sell({ amountMinor, origin: 'keypad' });
  await settle();
  return id;
}

async function present(card: ReturnType<typeof testCard> | Error = testCard()): Promise<void> {
  if (!reader.waiting) throw new Error('No card is waited for');
  reader.waiting.present(card);
  await settle();
}

async function answer(answer: Parameters<ScriptedCards['answer']>[0]): Promise<void> {
  cards.answer(answer);
  await settle();
}

afterEach(async () => {
  expect(bench.gateway.leftovers()).toEqual([]);
  await bench.end();
});

describe('a sale by card', () => {
  it('asks for the card, charges it once, and is settled by the answer', async () => {
    await start();
    const sale = await sell();
    expect(bench.box.screen()).toMatchObject({ kind: 'present-card', due: { minor: 2_500 }, message: '' });
    expect(reader.waiting?.minor).toBe(2_500);
    await present();
    expect(bench.box.screen().kind).toBe('authorising');
    expect(cards.requests.map(({ charge, amount }) => [charge, amount.minor])).toEqual([[CHARGE, 2_500]]);
    await answer({ state: 'paid' });
    expect(bench.box.sale(sale)).toMatchObject({
      state: 'delivered',
      cardMinor: 2_500,
      qrMinor: 0,
      card: { org: 'VISA', maskedPan: '411111******1111' },
    });
    expect(bench.box.screen().kind).toBe('success');
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['present-card', 'received']);
    expect(bench.store.counters().sinceEver).toMatchObject({ cardMinor: 2_500, cardCount: 1, qrMinor: 0, salesMinor: 2_500 });
    expect(bench.store.outboxSize()).toEqual({ waiting: 0, parked: 0 });
  });

  it('has trace and batch number in the journal before the request goes out', async () => {
    await start();
    await sell();
    await present();
    const created = bench.store.ledger({}).find(({ entry }) => entry.kind === 'charge.created');
    expect(created?.entry).toMatchObject({ charge: CHARGE, amountMinor: 2_500, qr: '' });
    expect([bench.store.fact('card.trace'), bench.store.fact('card.batch')]).toEqual(['1', '1']);
    await answer({ state: 'paid' });
    await bench.clock.flow(5_000);
    await sell(100);
    await present();
    expect(cards.requests.at(-1)?.charge).toBe('20260101-000001-000002');
    await answer({ state: 'paid' });
  });

  it('counts traces up to 999999 and begins anew; closing the books begins a batch', async () => {
    await start();
    bench.store.commit({ entries: [], facts: { 'card.trace': '999999', 'card.batch': '999999' } });
    await sell();
    await present();
    expect(cards.requests.at(-1)?.charge).toBe('20260101-999999-000001');
    await answer({ state: 'paid' });
    bench.box.resetCounters();
    expect(bench.store.fact('card.batch')).toBe('1');
  });

  it('ends when the card is declined', async () => {
    await start();
    const sale = await sell();
    await present();
    await answer({ state: 'failed', reason: 'declined 05' });
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'card-declined', cardMinor: 0 });
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'card-declined' });
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['present-card', 'card-declined']);
  });

  it('lets the customer try again after a card that could not be read', async () => {
    await start();
    await sell();
    await present(new DeviceFault('unreadable', { code: 'card-unreadable' }));
    expect(bench.box.screen().kind).toBe('present-card');
    await present();
    await answer({ state: 'paid' });
    expect(bench.box.screen().kind).toBe('success');
  });

  it('tells when the reader itself is at fault, and gives it time', async () => {
    await start();
    await sell();
    await present(new DeviceFault('no reader', { code: 'card-reader-failed' }));
    expect(bench.box.status().alarms).toMatchObject([{ code: 'card-reader' }]);
    expect(reader.waiting).toBeNull();
    await bench.clock.flow(2_000);
    await present();
    expect(bench.box.status().alarms).toEqual([]);
    await answer({ state: 'paid' });
  });

  it('ends by itself when nobody presents a card for 120 s', async () => {
    await start();
    const sale = await sell();
    await bench.clock.flow(119_000);
    expect(bench.box.screen().kind).toBe('present-card');
    await bench.clock.flow(2_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'timeout' });
    expect(reader.waiting).toBeNull();
  });

  it('can be cancelled until the card is read, not while it is charged', async () => {
    await start();
    const first = await sell();
    bench.box.cancel(first, 'keypad');
    await settle();
    expect(reader.waiting).toBeNull();
    await bench.clock.flow(5_000);
    const second = await sell();
    await present();
    expect(() => bench.box.cancel(second, 'keypad')).toThrow(CallerFault);
    await answer({ state: 'paid' });
  });

  it('reads no second card while the first may have been charged', async () => {
    await start();
    await sell();
    await present();
    expect(reader.waiting).toBeNull();
    await answer({ state: 'unresolved', reason: 'cut' });
    expect(reader.waiting).toBeNull();
    expect(cards.requests).toHaveLength(1);
  });
});

describe('no answer to a sale request', () => {
  it('is followed by questions at once, never by a second request', async () => {
    await start();
    const sale = await sell();
    await present();
    bench.gateway.answers.push({ state: 'paid' });
    await answer({ state: 'unresolved', reason: 'peer-timeout' });
    expect(bench.gateway.queried).toEqual([CHARGE]);
    expect(cards.requests).toHaveLength(1);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', cardMinor: 2_500 });
  });

  it('ends the sale after its time, and is left to a person when the server never knew of it', async () => {
    await start();
    const sale = await sell();
    await present();
    await bench.clock.flow(76_000);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'card-unanswered' });
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'card-unanswered' });
    await bench.clock.flow(601_000);
    expect(bench.kinds()).toContain('charge.abandoned');
    const [alarm] = bench.box.status().alarms;
    expect(alarm).toMatchObject({ code: 'card-unresolved' });
    expect(alarm?.detail).toContain(CHARGE);
    expect(cards.requests).toHaveLength(1);
    bench.box.resetCounters();
    expect(bench.box.status().alarms).toEqual([]);
  });

  it('is owed back when the server says later that it was approved, whatever becomes of late QRs', async () => {
    await start({ policy: { latePayment: 'credit' } });
    const sale = await sell();
    await present();
    await bench.clock.flow(76_000);
    bench.gateway.steadyAnswer = { state: 'paid' };
    await bench.clock.flow(60_000);
    expect(bench.box.sale(sale)).toMatchObject({ cardMinor: 2_500, refundMinor: 2_500 });
    expect(bench.store.counters().sinceEver).toMatchObject({ cardMinor: 2_500, refundMinor: 2_500, salesMinor: 0 });
  });

  it('is asked about after a power cut, without a second request', async () => {
    await start();
    const sale = await sell();
    await present();
    await bench.cut();
    bench.gateway.answers.push({ state: 'paid' });
    await bench.start();
    expect(bench.gateway.queried).toEqual([CHARGE]);
    expect(cards.requests).toHaveLength(1);
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', cardMinor: 2_500 });
  });

  it('keeps the alarm over a restart', async () => {
    await start();
    await sell();
    await present();
    await bench.clock.flow(680_000);
    await bench.cut();
    await bench.start();
    expect(bench.box.status().alarms).toMatchObject([{ code: 'card-unresolved' }]);
  });
});

describe('the time a customer waits for the answer', () => {
  it('is the box’s own: a clock that is set meanwhile changes nothing', async () => {
    await start();
    const sale = await sell();
    await present();
    bench.clock.stepWall(2 * 86_400_000);
    bench.gateway.reconnect();
    await bench.clock.flow(60_000);
    expect(bench.box.screen().kind).toBe('authorising');
    await answer({ state: 'paid' });
    expect(bench.box.sale(sale)?.state).toBe('delivered');
  });

  it('after a restart with a clock that went back is no longer than before', async () => {
    await start();
    const sale = await sell();
    await present();
    await bench.cut(-3_600_000);
    await bench.start();
    await bench.clock.flow(76_000);
    expect(bench.box.sale(sale)?.cancelReason).toBe('card-unanswered');
  });

  it('ends although a question is still under way', async () => {
    await start();
    const sale = await sell();
    await present();
    bench.gateway.steadyAnswer = null;
    bench.gateway.answers.push(new Promise(() => undefined));
    await bench.clock.flow(82_000);
    expect(bench.box.sale(sale)?.cancelReason).toBe('card-unanswered');
    expect(bench.said.at(-1)?.phrase).toBe('card-unanswered');
  });
});

describe('a card payment nobody explains', () => {
  it('raises the alarm as soon as the server falls silent about it', async () => {
    await start();
    await sell();
    await present();
    const silence = new RequestFault('gone', { code: 'backend-missing', retryable: false });
    bench.gateway.steadyAnswer = null;
    bench.gateway.answers.push(...Array.from({ length: 60 }, () => silence));
    await bench.clock.flow(700_000);
    expect(bench.box.status()).toMatchObject({ watching: 1, alarms: [{ code: 'card-unresolved' }] });
    bench.gateway.answers.length = 0;
  });

  it('is named beside the others', async () => {
    await start();
    for (let n = 0; n < 2; n++) {
      await sell();
      await present();
      await bench.clock.flow(680_000);
    }
    const [alarm] = bench.box.status().alarms;
    expect(alarm?.detail).toContain('20260101-000001-000001');
    expect(alarm?.detail).toContain('20260101-000001-000002');
  });

  it('keeps its sale from charging another card', async () => {
    await start();
    await sell();
    bench.coin.insert(500);
    await settle();
    await present();
    await bench.clock.flow(700_000);
    expect(bench.kinds()).toContain('charge.abandoned');
    expect(bench.box.status().sale).not.toBeNull();
    expect(reader.waiting).toBeNull();
    expect(cards.requests).toHaveLength(1);
  });
});

describe('a request that could not be sent', () => {
  it('is no declined card', async () => {
    await start();
    const sale = await sell();
    await present();
    await answer({ state: 'failed', reason: 'not-sent' });
    expect(bench.box.sale(sale)).toMatchObject({ state: 'cancelled', cancelReason: 'card-not-sent' });
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'card-not-sent' });
    expect(bench.said.at(-1)?.phrase).toBe('failed');
  });
});

describe('a sale whose customer has left', () => {
  it('ends in its time although orders keep coming in', async () => {
    await start();
    const sale = await sell();
    for (let minute = 0; minute < 3; minute++) {
      await bench.gateway.order({ id: `o-${minute}`, purpose: 'announcement', amountMinor: 100, message: '' });
      await bench.clock.flow(45_000);
    }
    expect(bench.box.sale(sale)?.cancelReason).toBe('timeout');
  });
});

describe('cash beside a card', () => {
  it('shows that a card is still taken once money is in', async () => {
    await start();
    await sell();
    bench.coin.insert(500);
    await settle();
    expect(bench.box.screen()).toMatchObject({ kind: 'present-card', rest: { minor: 2_000 }, expiresAtMonotonicMs: null });
  });

  it('a coin changes what the card is charged, and reading begins anew', async () => {
    await start();
    const sale = await sell();
    bench.coin.insert(500);
    await settle();
    expect(reader.waiting?.minor).toBe(2_000);
    await present();
    await answer({ state: 'paid' });
    expect(bench.box.sale(sale)).toMatchObject({ state: 'delivered', cashMinor: 500, cardMinor: 2_000 });
  });
});
