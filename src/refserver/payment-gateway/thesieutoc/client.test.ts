import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../domain/fault.ts';
import { FakeClock } from '../../../testkit/clock.ts';
import { ScriptedUpstream, type UpstreamAnswer } from '../../../testkit/scripted-upstream.ts';
import { FAKE_THESIEUTOC_KEY, sampleCard } from '../../../testkit/simulated-thesieutoc.ts';
import { createTheSieuTocClient, type TheSieuTocClient } from './client.ts';

const NEVER = new AbortController().signal;
const CARD = sampleCard();
const DISCOUNTS = { body: [{ card_type: 'Viettel', discount: { '20000': '12.5', '50000': 12.5 } }] };
const says = (status: unknown, more: object = {}): UpstreamAnswer => ({ body: { status, msg: 'lời', ...more } });

/** What any answer can do wrong. */
const BROKEN: readonly [string, UpstreamAnswer, string][] = [
  ['a cut connection', 'cut', 'upstream-unreachable'],
  ['a cut in the middle of the answer', 'cut-body', 'upstream-unreachable'],
  ['500', { status: 500, body: { status: '47' } }, 'upstream-unreachable'],
  ['429', { status: 429 }, 'upstream-unreachable'],
  ['403 of a guard before it', { status: 403, body: '<html>' }, 'upstream-unreachable'],
  ['a redirect', { status: 301, headers: { location: 'https://elsewhere.example/' }, body: { status: '-9' } }, 'upstream-invalid'],
  ['what is no HTTP', 'not-http', 'upstream-invalid'],
  ['too large a body', { body: ' '.repeat(70_000) }, 'upstream-invalid'],
  ['HTML', { body: '<!doctype html>' }, 'upstream-invalid'],
  ['half a JSON text', { body: '{"status":"0' }, 'upstream-invalid'],
];

describe('the client of TheSieuToc', () => {
  let client: TheSieuTocClient;
  let server: ScriptedUpstream;
  let clock: FakeClock;
  let url: string;
  beforeEach(async () => {
    server = new ScriptedUpstream();
    clock = new FakeClock();
    url = await server.open();
    client = createTheSieuTocClient({ apiKey: FAKE_THESIEUTOC_KEY, url, timeoutMs: 5_000 }, clock);
  });
  afterEach(async () => {
    await client.close();
    await server.close();
  });
  const outcome = (promise: Promise<unknown>) =>
    promise.then(
      (state) => state,
      (error: unknown) => (error instanceof Fault ? `${error.blame} ${error.code}` : error),
    );
  const explained = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof Fault ? error.explain() : String(error)),
    );

  it('posts cards as a form, and nothing of them in the address', async () => {
    server.answer(says('00'), says('-9'));
    await client.submit(CARD, NEVER);
    await client.status(CARD, NEVER);
    const sent = server.requests.all.map(({ method, path, headers, body }) => [
      method,
      path,
      headers['content-type'],
      Object.fromEntries(new URLSearchParams(body)),
    ]);
    const form = 'application/x-www-form-urlencoded';
    expect(sent).toEqual([
      [
        'POST',
        '/chargingws/v2',
        form,
        { APIkey: FAKE_THESIEUTOC_KEY, mathe: CARD.pin, seri: CARD.serial, type: 'Viettel', menhgia: '50000', content: CARD.id },
      ],
      ['POST', '/chargingws/status_card', form, { APIkey: FAKE_THESIEUTOC_KEY, content: CARD.id }],
    ]);
  });

  it.each<[unknown, unknown]>([
    ['00', { status: 0, message: 'lời' }],
    ['thanhcong', { status: 0 }],
    ['1', 'peer upstream-refused'],
    ['3', 'peer upstream-refused'],
    ['54', 'peer upstream-refused'],
    ['-1089', 'peer upstream-refused'],
    [-1089, 'peer upstream-refused'],
    ['47', 'peer upstream-invalid'],
    ['12345', 'peer upstream-invalid'],
    ['', 'peer upstream-invalid'],
    [null, 'peer upstream-invalid'],
  ])('reads %j after a submission', async (code, expected) => {
    server.answer(says(code));
    const result = await outcome(client.submit(CARD, NEVER));
    if (typeof expected === 'string') expect(result).toBe(expected);
    else expect(result).toMatchObject(expected as object);
  });

  it.each<[unknown, object, unknown]>([
    ['-9', {}, { status: 0, actualAmount: null, receivedAmount: null }],
    [-9, {}, { status: 0 }],
    ['-10', {}, { status: 2, actualAmount: null, receivedAmount: 0 }],
    ['thatbai', {}, { status: 2 }],
    ['00', {}, { status: 1, actualAmount: 50_000, receivedAmount: 43_750 }],
    ['00', { amount: 50_000 }, { status: 1, actualAmount: 50_000, receivedAmount: 43_750 }],
    ['thanhcong', { amount: '50000' }, { status: 1, actualAmount: 50_000, receivedAmount: 43_750 }],
    ['99', { amount: '20000' }, { status: 3, actualAmount: 20_000, receivedAmount: 8_750 }],
    ['saimenhgia', { amount: 20_000 }, { status: 3, actualAmount: 20_000, receivedAmount: 8_750 }],
    ['99', { amount: 30_000 }, { status: 3, actualAmount: 30_000, receivedAmount: null }],
    ['2', {}, null],
    ['1', {}, 'peer upstream-refused'],
    ['00', { amount: 20_000 }, 'peer upstream-invalid'],
    ['99', {}, 'peer upstream-invalid'],
    ['99', { amount: 50_000 }, 'peer upstream-invalid'],
    ['99', { amount: -20_000 }, 'peer upstream-invalid'],
    ['99', { amount: 2e9 }, 'peer upstream-invalid'],
    ['99', { amount: 20_000.5 }, 'peer upstream-invalid'],
    ['constructor', {}, 'peer upstream-invalid'],
    ['7', {}, 'peer upstream-invalid'],
  ])('reads the status %j with %j', async (code, more, expected) => {
    server.answer(says(code, more), DISCOUNTS);
    const result = await outcome(client.status(CARD, NEVER));
    if (expected === null || typeof expected === 'string') expect(result).toBe(expected);
    else expect(result).toMatchObject(expected as object);
  });

  it('asks for a card that is used already: the answer may have been lost', async () => {
    server.answer(says('2'), says('-9'));
    expect(await client.submit(CARD, NEVER)).toMatchObject({ status: 0 });
    server.answer(says('2'), says('00'), DISCOUNTS);
    expect(await client.submit(CARD, NEVER)).toMatchObject({ status: 1, receivedAmount: 43_750 });
    server.answer(says('2'), says('2'));
    expect(await client.submit(CARD, NEVER)).toEqual({ status: 2, actualAmount: null, receivedAmount: 0, message: 'lời' });
    server.answer(says('2'), 'cut');
    expect(await outcome(client.submit(CARD, NEVER))).toBe('peer upstream-unreachable');
  });

  it('leaves a card open while its fee is not known for the moment', async () => {
    server.answer(says('00'), { status: 503 });
    expect(await outcome(client.status(CARD, NEVER))).toBe('peer upstream-unreachable');
  });

  it('takes the penalty it is set to', async () => {
    const strict = createTheSieuTocClient({ apiKey: FAKE_THESIEUTOC_KEY, url, penaltyPercent: 100 }, clock);
    server.answer(says('99', { amount: 20_000 }), DISCOUNTS);
    expect(await strict.status(CARD, NEVER)).toMatchObject({ receivedAmount: 0 });
    await strict.close();
  });

  it('reads the fees of cards it takes, and leaves the others', async () => {
    server.answer({
      body: [
        { card_type: 'Zing', discount: { '10000': '11', '1000000': 0 } },
        { card_type: 'Garena', discount: { '10000': '9' } },
      ],
    });
    expect(await client.fees('đại lý/1', NEVER)).toEqual([
      { type: 'Zing', value: 10_000, fees: 11, penalty: 50 },
      { type: 'Zing', value: 1_000_000, fees: 0, penalty: 50 },
    ]);
    const { method, path } = await server.requests.next('request');
    expect([method, path]).toEqual(['GET', `/topup/discount/${encodeURIComponent('đại lý/1')}`]);
  });

  it.each([
    ['no list', {}],
    ['no discount', [{ card_type: 'Viettel' }]],
    ['no type', [{ discount: {} }]],
    ['null in it', [null]],
    ['a percentage that is none', [{ card_type: 'Viettel', discount: { '10000': 'x' } }]],
    ['more than everything', [{ card_type: 'Viettel', discount: { '10000': 101 } }]],
    ['a value that is none', [{ card_type: 'Viettel', discount: { x: 1 } }]],
  ])('refuses a table of fees with %s', async (_what, body) => {
    server.answer({ body });
    expect(await outcome(client.fees(null, NEVER))).toBe('peer upstream-invalid');
  });

  it.each(BROKEN)('names %s', async (_what, answer, code) => {
    for (const ask of [() => client.submit(CARD, NEVER), () => client.status(CARD, NEVER), () => client.fees(null, NEVER)]) {
      server.answer(answer);
      expect(await outcome(ask())).toBe(`peer ${code}`);
    }
  });

  it('gives up on silence in time', async () => {
    server.answer('silence');
    const pending = explained(client.submit(CARD, NEVER));
    await server.requests.next('request');
    clock.advance(5_000);
    expect(await pending).toContain('no whole reply within 5000 ms');
    expect(clock.pending()).toBe(0);
  });

  it('quotes neither PIN, serial nor key, whoever echoes them', async () => {
    const echo = `Thẻ ${CARD.pin}/${CARD.serial.toLowerCase()} khoá ${FAKE_THESIEUTOC_KEY}`;
    const hidden = 'Thẻ [hidden]/[hidden] khoá [hidden]';
    server.answer(
      says('00', { msg: echo }),
      says('-10', { msg: echo }),
      says('1', { msg: echo }),
      says('47', { msg: echo }),
      says('7', { msg: echo }),
    );
    expect((await client.submit(CARD, NEVER)).message).toBe(hidden);
    expect((await client.status(CARD, NEVER))?.message).toBe(hidden);
    expect(await explained(client.submit(CARD, NEVER))).toContain(hidden);
    expect(await explained(client.submit(CARD, NEVER))).toContain(hidden);
    expect(await explained(client.status(CARD, NEVER))).toContain(hidden);
    const digits = sampleCard({ pin: '9990001112223', serial: '99900011122299' });
    server.answer(says('9990001112223', { msg: '' }));
    expect(await explained(client.status(digits, NEVER))).toContain('code [hidden]');
  });

  it('knows whether TheSieuToc answers', async () => {
    server.answer({ body: [] }, { status: 502 }, 'cut');
    expect([await client.probe(NEVER), await client.probe(NEVER), await client.probe(NEVER)]).toEqual([true, false, false]);
  });
});
