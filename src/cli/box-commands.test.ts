import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CallerFault } from '../domain/fault.ts';
import type { Api } from '../runtime/api/server.ts';
import { runTilld } from '../testkit/command-line.ts';
import { ScriptedBox, sampleSale } from '../testkit/scripted-box.ts';
import { serveBox } from '../testkit/served-box.ts';

const TOKEN = 'a-token-of-some-length';
let box: ScriptedBox;
let api: Api;

beforeEach(async () => {
  box = new ScriptedBox();
  api = await serveBox(box, { token: TOKEN });
});

afterEach(async () => {
  await api.stop();
  box.done();
});

const tilld = (argv: string[], setting: Parameters<typeof runTilld>[1] = {}) =>
  runTilld(argv, { ...setting, env: { TILLD_URL: api.url, TILLD_TOKEN: TOKEN, ...setting.env } });

describe('finding the box', () => {
  test.each([
    ['--url', (url: string) => ['--url', `${url}/`, '--token', TOKEN]],
    ['--port', (url: string) => ['--port', new URL(url).port, '--token', TOKEN]],
  ])('by %s', async (_, options) => {
    const { code, out } = await runTilld(['queue', ...options(api.url)]);
    expect([code, out]).toEqual([0, '0 waiting, 0 parked\n']);
  });

  test('without its token', async () => {
    const { code, out, err } = await tilld(['status'], { env: { TILLD_TOKEN: '' } });
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(
      'tilld: The token is missing or wrong; expected the header `Authorization: Bearer …`. Give the token of the box with --token or TILLD_TOKEN.\n',
    );
  });

  test('that is not running', async () => {
    const { port } = new URL(api.url);
    await api.stop();
    const { code, out, err } = await tilld(['status', '--port', port]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(
      `tilld: No box answers at http://127.0.0.1:${port}; found ECONNREFUSED. Start it with \`tilld run --config FILE\``,
    );
    const json = await tilld(['status', '--port', port, '--json']);
    expect(JSON.parse(json.err).error).toMatchObject({ code: 'box-unreachable', blame: 'peer' });
  });

  test('that is something else', async () => {
    const other = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { code, err } = await tilld(['status', '--port', String((other.address() as AddressInfo).port)]);
    other.close();
    expect([code, err]).toEqual([1, expect.stringContaining('is not a box; found HTTP 200; expected the local API of tilld')]);
  });
});

test('status', async () => {
  box.state = {
    ...box.state,
    sale: sampleSale,
    uptimeSeconds: 7_260,
    alarms: [{ code: 'store-full', detail: 'no room', severity: 'error', sinceMs: 0 }],
  };
  const { code, out } = await tilld(['status']);
  expect([code, out]).toEqual([
    0,
    `Box        TB-0001 (AA:BB:CC:DD:EE:0F), test box, tilld 0.0.0, up 2 h 1 min
Board      sim, protocol promptpay
Ready for  QR and cash
Pairing    paired
Links      mqtt up, http up
Sale       sale-1: ฿20.00, qr
Credit     ฿0.00
Queue      0 waiting, 0 parked
Watching   0 charges
Clock      set
Alarm      store-full: no room
`,
  ]);
  expect(JSON.parse((await tilld(['status', '--json'])).out)).toEqual(box.state);
});

describe('sell', () => {
  test.each([
    ['20', 2_000],
    ['20.5', 2_050],
    ['0.01', 1],
  ])('%s baht', async (amount, amountMinor) => {
    box.expect('sell', [{ amountMinor, description: 'Wash', origin: 'api' }], {
      ...sampleSale,
      state: 'requesting',
      dueMinor: amountMinor,
      qr: null,
    });
    const { code, out } = await tilld(['sell', amount, '--description', 'Wash']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^Sale sale-1: ฿[\d.]+, asking the backend for a QR\n$/)]);
  });

  test.each(['0', '-1', '20.505', '1,000', 'x', '', '1e3'])('%j is no amount', async (amount) => {
    const { code, out, err } = await tilld(['sell', '--', amount]);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining('an amount in THB, such as 20.50')]);
  });

  test('amounts are of the currency of the box', async () => {
    box.state = { ...box.state, currency: 'IDR' };
    box.expect('sell', [{ amountMinor: 50_000, origin: 'api' }], {
      ...sampleSale,
      currency: 'IDR',
      dueMinor: 50_000,
      state: 'requesting',
      qr: null,
    });
    expect((await tilld(['sell', '50000'])).out).toContain('Rp50.000');
    expect((await tilld(['sell', '50000.5'])).code).toBe(2);
  });

  test('what the box refuses exits 1 in its words', async () => {
    const busy = new CallerFault('A sale is in progress', { code: 'sale-in-progress', remedy: 'Cancel it first.' });
    box.expect('sell', [{ amountMinor: 100, origin: 'api' }], busy).expect('sell', [{ amountMinor: 100, origin: 'api' }], busy);
    expect(await tilld(['sell', '1'])).toEqual({ code: 1, out: '', err: 'tilld: A sale is in progress. Cancel it first.\n' });
    expect(JSON.parse((await tilld(['sell', '1', '--json'])).err)).toEqual({
      error: { code: 'sale-in-progress', blame: 'caller', message: 'A sale is in progress', remedy: 'Cancel it first.' },
    });
  });

  /** A sale that goes through these states, one for each line the command prints. */
  function goingThrough(...states: Partial<typeof sampleSale>[]): (line: string) => void {
    box.expect('sell', [{ amountMinor: 2_000, origin: 'api' }], { ...sampleSale, state: 'requesting', qr: null });
    const next = () => {
      const state = states.shift();
      if (!state) return;
      box.expect('sale', ['sale-1'], { ...sampleSale, ...state });
      return true;
    };
    // The look that follows the opening of the stream.
    next();
    return (line) => {
      if (!/^Sale|^\{/.test(line) || line.includes('asking') || line.includes('"requesting"')) return;
      if (next()) box.commit({ kind: 'sale.settled', sale: 'another', dueMinor: 1 }, { kind: 'sale.settled', sale: 'sale-1', dueMinor: 1 });
    };
  }

  test('--wait follows the sale to its delivery and shows its QR', async () => {
    const onOut = goingThrough({ state: 'qr' }, { state: 'delivering' }, { state: 'delivered' });
    const { code, out } = await tilld(['sell', '20', '--wait'], { onOut });
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.startsWith('Sale'))).toEqual([
      'Sale sale-1: ฿20.00, waiting for the QR to be paid',
      'Sale sale-1: ฿20.00, paid, delivering',
      'Sale sale-1: ฿20.00, delivered',
    ]);
    expect(out).toMatch(/[█▀▄]{5}/);
    expect(box.listeners()).toBeLessThanOrEqual(2);
  });

  test.each<[Partial<typeof sampleSale>, string]>([
    [{ state: 'cancelled', cancelReason: 'qr-expired' }, 'cancelled (qr-expired)'],
    [{ state: 'delivery-failed', refundMinor: 2_000 }, 'paid, but the delivery failed (฿20.00 to refund)'],
    [{ state: 'delivery-unknown' }, 'paid, but nobody knows whether it was delivered'],
  ])('--wait exits 1 when the sale ends as %j', async (end, words) => {
    const onOut = goingThrough({ state: 'cash', cashMinor: 1_000 }, end);
    const { code, out } = await tilld(['sell', '20', '--wait'], { onOut });
    expect([code, out]).toEqual([1, `Sale sale-1: ฿20.00, waiting for cash or a card (฿10.00 in cash)\nSale sale-1: ฿20.00, ${words}\n`]);
  });

  test('--wait --json prints the sale at every change, a line each', async () => {
    const onOut = goingThrough({ state: 'qr' }, { state: 'delivered' });
    const { code, out } = await tilld(['sell', '20', '--wait', '--json'], { onOut });
    const states = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).state);
    expect([code, states]).toEqual([0, ['qr', 'delivered']]);
  });

  test('--wait ends with Ctrl-C, the sale does not', async () => {
    const stop = new AbortController();
    box.expect('sell', [{ amountMinor: 2_000, origin: 'api' }], sampleSale).expect('sale', ['sale-1'], sampleSale);
    const { code, err } = await tilld(['sell', '20', '--wait'], { stop: stop.signal, onOut: () => stop.abort() });
    expect([code, err]).toEqual([1, 'tilld: no longer waiting; sale sale-1 goes on. `tilld cancel` ends it.\n']);
  });
});

describe('cancel', () => {
  test('the sale in progress, or one by its id', async () => {
    box.state = { ...box.state, sale: sampleSale };
    box
      .expect('cancel', ['sale-1', 'api'], { ...sampleSale, state: 'cancelled' })
      .expect('cancel', ['a b/c', 'api'], { ...sampleSale, state: 'cancelled' });
    expect(await tilld(['cancel'])).toMatchObject({ code: 0, out: 'Sale sale-1: ฿20.00, cancelled\n' });
    expect(await tilld(['cancel', 'a b/c'])).toMatchObject({ code: 0 });
  });

  test('when there is none', async () => {
    expect(await tilld(['cancel'])).toEqual({ code: 1, out: '', err: 'tilld: No sale is in progress\n' });
  });
});

describe('ticket', () => {
  test('printed', async () => {
    box.expect('printTicket', ['sale-1'], { result: 'done', code: '', reason: '' });
    expect(await tilld(['ticket', 'sale-1'])).toEqual({ code: 0, out: 'Sale sale-1: printed\n', err: '' });
  });

  test('not printed', async () => {
    const reason = 'The printer is out of paper. Put a new roll in.';
    const outcome = { result: 'failed', code: 'printer-paper-out', reason };
    box.expect('printTicket', ['sale-1'], outcome).expect('printTicket', ['sale-1'], outcome);
    expect(await tilld(['ticket', 'sale-1'])).toEqual({ code: 1, out: `Sale sale-1: not printed. ${reason}\n`, err: '' });
    const { code, out } = await tilld(['ticket', 'sale-1', '--json']);
    expect([code, JSON.parse(out)]).toEqual([1, outcome]);
  });
});

test.each([
  [
    { state: 'registered', pin: '1150', deviceId: 'device-1', reason: null },
    0,
    "PIN 1150: type it on the backend's page to claim device-1.",
  ],
  [{ state: 'paired', pin: null, deviceId: 'device-1', reason: null }, 0, 'The box is paired as device-1.'],
  [{ state: 'refused', pin: null, deviceId: null, reason: 'Bad Request' }, 1, 'The box is refused by the backend: Bad Request'],
  [{ state: 'unpaired', pin: null, deviceId: null, reason: 'no answer' }, 1, 'The box is not paired: no answer'],
])('pair: %j', async (pairing, code, words) => {
  box.expect('pair', [], pairing);
  expect(await tilld(['pair'])).toEqual({ code, out: `${words}\n`, err: '' });
});
