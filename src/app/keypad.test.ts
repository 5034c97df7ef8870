import { afterEach, describe, expect, it } from 'vitest';
import { settle } from '../testkit/clock.ts';
import { TestBox } from '../testkit/test-box.ts';

let bench: TestBox;

afterEach(() => bench.end());

const press = (...buttons: string[]) => {
  for (const button of buttons) bench.box.press(button);
};

const PRODUCTS = [{ button: 'p1', label: 'Quick wash', priceMinor: 2_000, drive: { mode: 'hold', holdMs: 9_000 } as const }];

describe('the keys of the box', () => {
  it('type an amount in whole units and sell it', async () => {
    bench = await new TestBox({ paired: false }).start();
    press('0', '1', '5');
    expect(bench.box.screen()).toMatchObject({ kind: 'idle', typed: { minor: 1_500 } });
    press('ok');
    expect(bench.box.status().sale).toMatchObject({ dueMinor: 1_500, origin: 'keypad' });
  });

  it('type no more than the largest amount, and clear', async () => {
    bench = await new TestBox({ paired: false, policy: { maxMinor: 50_000 } }).start();
    press('9', '9', '9');
    expect(bench.box.screen()).toMatchObject({ typed: { minor: 9_900 } });
    press('clear');
    expect(bench.box.screen()).toMatchObject({ typed: null });
    press('ok');
    expect(bench.box.status().sale).toBeNull();
  });

  it('sell a product with its own drive, and nothing while a sale is on', async () => {
    bench = await new TestBox({ paired: false, policy: { products: PRODUCTS } }).start();
    press('p1', 'p1');
    expect(bench.box.status().sale).toMatchObject({ description: 'Quick wash', origin: 'button', dueMinor: 2_000 });
    bench.coin.insert(2_000);
    expect(bench.outputs.driven[0]?.train.pulseMs).toBe(9_000);
  });

  it('cancel the sale in progress', async () => {
    bench = await new TestBox({ paired: false }).start();
    press('2', '0', 'ok', 'cancel');
    expect(bench.box.status().sale).toBeNull();
    expect(bench.box.screen()).toMatchObject({ kind: 'failed', reason: 'cancelled' });
  });

  it('ask for a new QR over the rest with OK, when the first one ran out with money in', async () => {
    bench = await new TestBox().start();
    const offer = (charge: string) => bench.gateway.offers.push({ charge, qr: 'QR', expiresAtMs: bench.clock.wallMs() + 6_000 });
    offer('ch_1');
    bench.box.sell({ amountMinor: 2_000, origin: 'api' });
    await settle();
    bench.coin.insert(500);
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: 'pending' };
    offer('ch_2');
    await bench.clock.flow(30_000, 250);
    expect(bench.box.screen()).toMatchObject({ kind: 'insert-cash', rest: { minor: 1_500 } });
    expect(bench.gateway.requested).toHaveLength(2);
    offer('ch_3');
    press('ok');
    await settle();
    expect(bench.gateway.requested).toHaveLength(3);
    expect(bench.gateway.leftovers()).toEqual([]);
  });

  it('do nothing when they mean nothing', async () => {
    bench = await new TestBox({ paired: false }).start();
    press('ok', 'cancel', 'p9', 'nonsense');
    expect(bench.box.status().sale).toBeNull();
  });
});
