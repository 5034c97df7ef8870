import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyTill, type Sale, type Till } from '../domain/till/state.ts';
import { settle } from '../testkit/clock.ts';
import { memoryLog } from '../testkit/log.ts';
import { TestBox } from '../testkit/test-box.ts';
import type { SellRequest } from './box.ts';
import { Keypad, type KeypadOptions } from './keypad.ts';

let bench: TestBox;

const press = (...buttons: string[]) => {
  for (const button of buttons) bench.box.press(button);
};

const PRODUCTS = [{ button: 'p1', label: 'Quick wash', priceMinor: 2_000, drive: { mode: 'hold', holdMs: 9_000 } as const }];

describe('the keys of the box', () => {
  afterEach(() => bench.end());

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

describe('a keypad by itself', () => {
  let till: Till;
  let sold: SellRequest[];
  let steps: number[];
  let drawn: number;
  beforeEach(() => {
    till = emptyTill('THB');
    sold = [];
    steps = [];
    drawn = 0;
  });

  const keypad = (options: Partial<KeypadOptions> = {}) =>
    new Keypad({
      till: { state: till },
      policy: { currency: 'THB', maxMinor: 100_000_000_000, products: [] },
      log: memoryLog(),
      sell: (request) => sold.push(request),
      cancel: () => undefined,
      pair: () => undefined,
      requote: () => undefined,
      volume: (step) => steps.push(step),
      changed: () => {
        drawn += 1;
      },
      ...options,
    });
  const type = (keys: Keypad, text: string) => {
    for (const digit of text) keys.press(digit);
  };

  it.each([
    ['', null],
    ['0', null],
    ['000', null],
    ['5', 5],
    ['50', 50],
    ['0050', 50],
    ['12344', 12_344],
    ['12345678', 12_345_678],
    ['123456789', 12_345_678],
  ])('of a DS50 takes %j as cents', (text, minor) => {
    const keys = keypad({ keypad: 'minor' });
    type(keys, text);
    expect(keys.typed()?.minor ?? null).toBe(minor);
    keys.press('ok');
    expect(sold).toEqual(minor === null ? [] : [{ amountMinor: minor, origin: 'keypad' }]);
    expect(keys.typed()).toBeNull();
  });

  it('takes eight digits in whole units as well, and in a currency without cents', () => {
    const keys = keypad();
    type(keys, '123456789');
    expect(keys.typed()).toEqual({ minor: 1_234_567_800, currency: 'THB' });
    for (const unit of ['major', 'minor'] as const) {
      const rupiah = keypad({ keypad: unit, policy: { currency: 'IDR', maxMinor: 100_000_000_000, products: [] } });
      type(rupiah, '50000');
      expect(rupiah.typed()).toEqual({ minor: 50_000, currency: 'IDR' });
    }
  });

  it('types no cent above the largest amount', () => {
    const keys = keypad({ keypad: 'minor', policy: { currency: 'THB', maxMinor: 50_000, products: [] } });
    type(keys, '500001');
    expect(keys.typed()?.minor).toBe(50_000);
    expect(drawn).toBe(5);
  });

  it('sets the volume, whatever is typed and whatever is on, and leaves both alone', () => {
    const keys = keypad();
    type(keys, '12');
    keys.press('volume-up');
    till = { ...till, sale: { id: 's', phase: 'paying' } as Sale };
    const busy = keypad();
    for (const key of ['volume-down', 'volume-up', '7']) busy.press(key);
    expect([steps, keys.typed()?.minor, busy.typed(), sold]).toEqual([[1, -1, 1], 1_200, null, []]);
  });
});
