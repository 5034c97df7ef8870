import { describe, expect, it } from 'vitest';
import { BOARDS_DIR, loadBoard } from './board.ts';
import { parseConfig } from './config.ts';
import { checkProducts } from './products.ts';

const settingsWith = (...buttons: string[]) =>
  parseConfig(
    JSON.stringify({
      device: { serial: 'S-1', mac: '02:00:00:00:00:01', chipId: 'c', model: 'm' },
      board: 'sim',
      protocol: 'promptpay',
      promptpay: { http: { url: 'http://localhost' }, mqtt: { url: 'mqtt://localhost' } },
      sale: { products: buttons.map((button) => ({ button, label: button, priceMinor: 2_000 })) },
    }),
    'box.json',
    {},
  );

describe('the products of a configuration on a board', () => {
  const board = loadBoard('sim', BOARDS_DIR);

  it('may hang on its free buttons', () => {
    expect(() => checkProducts('box.json', settingsWith('p1', 'p3'), board)).not.toThrow();
  });

  it('must not hang on a key or on a button it does not have: every fault is named', () => {
    expect(() => checkProducts('box.json', settingsWith('p1', 'ok', 'p9'), board)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        faults: [
          { path: '$.sale.products[1].button', found: '"ok"', expected: 'p1 or p2 or p3' },
          { path: '$.sale.products[2].button', found: '"p9"', expected: 'p1 or p2 or p3' },
        ],
      }),
    );
  });

  it('must not hang on the volume keys of a DS50, which has no key to spare', () => {
    expect(() => checkProducts('box.json', settingsWith('volume-up'), loadBoard('ds50-sim', BOARDS_DIR))).toThrow(
      expect.objectContaining({
        faults: [{ path: '$.sale.products[0].button', found: '"volume-up"', expected: 'a board with free buttons; ds50-sim has none' }],
      }),
    );
  });
});
