import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadBoard } from '../runtime/board.ts';
import { FakeClock } from '../testkit/clock.ts';
import { type PaperTray, PRINTER_FAULTS } from './paper-tray.ts';
import { simRoutes } from './routes.ts';
import { createSimulator, type Simulator } from './simulator.ts';

const BOARD = loadBoard('sim', join(import.meta.dirname, '../../boards'));

let clock: FakeClock;
let simulator: Simulator;
let cuts: number;
let post: (path: string, body: unknown) => Promise<{ status: number; body: unknown }>;
let get: (path: string) => Promise<unknown>;
let raw: (path: string) => Promise<Response>;
let sounds: Map<string, Uint8Array>;
let wav: Uint8Array | null;
/** The virtual printer: what it printed last, and what is wrong with it. */
let tray: PaperTray & { ticket: Uint8Array | null };
beforeEach(async () => {
  clock = new FakeClock();
  wav = null;
  simulator = createSimulator(BOARD, clock, async () => wav && { wav, ms: 10 });
  await simulator.gpio.open();
  cuts = 0;
  sounds = new Map();
  tray = paperTray();
  const app = simRoutes(
    simulator,
    () => {
      cuts += 1;
    },
    async (clip) => sounds.get(clip) ?? null,
    tray,
  );
  raw = async (path) => app.request(path);
  post = async (path, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = Promise.resolve(app.request(path, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } }));
    let settled = false;
    void answer.finally(() => {
      settled = true;
    });
    while (!settled) await clock.flow(100);
    const response = await answer;
    return { status: response.status, body: await response.json() };
  };
  get = async (path) => (await app.request(path)).json();
});

function paperTray(): typeof tray {
  let fault: ReturnType<PaperTray['fault']> = null;
  return {
    ticket: null,
    latest() {
      return this.ticket;
    },
    fault: () => fault,
    setFault: (wanted) => {
      fault = wanted;
    },
  };
}

describe('the world over HTTP', () => {
  it.each([
    ['/sim/coin', { denomination: 1_000 }, { accepted: true, acceptor: 'coin', pulses: 10 }],
    ['/sim/bill', { denomination: 2_000 }, { accepted: true, acceptor: 'bill', pulses: 2 }],
    ['/sim/pulses', { line: 'coin', widthsMs: [50, 0.5], gapsMs: [100] }, { pulses: 2 }],
    ['/sim/pulses', { line: 'coin', widthsMs: [50] }, { pulses: 1 }],
    ['/sim/key', { key: '5' }, { pressed: '5' }],
    ['/sim/button', { name: 'pair' }, { pressed: 'pair' }],
    ['/sim/link', { mqtt: 'down' }, { mqtt: 'down', http: 'up' }],
    ['/sim/link', { mqtt: 'slow', http: 'down' }, { mqtt: 'slow', http: 'down' }],
    ['/sim/link', {}, { mqtt: 'up', http: 'up' }],
    ['/sim/power', { cut: true }, { cut: true }],
  ])('POST %s %j', async (path, body, expected) => {
    expect(await post(path, body)).toEqual({ status: 200, body: expected });
  });

  it('gives a piece back', async () => {
    await simulator.gpio.set('bill-inhibit', true);
    expect(await post('/sim/bill', { denomination: 2_000 })).toEqual({
      status: 200,
      body: { accepted: false, acceptor: 'bill', reason: 'inhibited' },
    });
  });

  it('cuts the power after it has answered', async () => {
    await post('/sim/power', { cut: true });
    clock.advance(100);
    expect(cuts).toBe(1);
  });

  it('plays as many pulses as a benchmark wants', async () => {
    const times = Array(10_000).fill(0.05);
    expect(await post('/sim/pulses', { line: 'coin', widthsMs: times, gapsMs: times })).toEqual({ status: 200, body: { pulses: 10_000 } });
  });

  it('shows outputs and what was said', async () => {
    void simulator.speaker.say({ phrase: 'paired', amount: null });
    await clock.flow(10);
    expect(await get('/sim/outputs')).toEqual({
      outputs: ['relay', 'coin-inhibit', 'bill-inhibit'].map((name) => ({ name, active: false, level: 'low' })),
    });
    expect(await get('/sim/speaker')).toEqual({
      transcript: [{ atMs: expect.any(Number), text: 'The box is paired', clip: null, volume: 60, sound: null }],
    });
  });

  it('presents a card to the reader that waits for one, and tells nothing of it', async () => {
    const refused = await post('/sim/card', { card: 'visa' });
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'card-not-wanted', remedy: expect.any(String) } } });
    for (const card of ['visa', 'amex'] as const) {
      const reading = simulator.cardReader.read({ minor: 6_666, currency: 'THB' }, new AbortController().signal);
      expect(await post('/sim/card', { card })).toEqual({ status: 200, body: { presented: card } });
      expect(await reading).toMatchObject({ org: card.toUpperCase() });
    }
    const reading = simulator.cardReader.read({ minor: 6_666, currency: 'THB' }, new AbortController().signal);
    const code = reading.catch((error) => error.code);
    expect(await post('/sim/card', { card: 'unreadable' })).toEqual({ status: 200, body: { presented: 'unreadable' } });
    expect(await code).toBe('card-unreadable');
    expect((await post('/sim/card', { card: 'visa' })).status).toBe(409);
  });

  it('serves the clip of a phrase from the resource release, and nothing when that has none', async () => {
    const bytes = new Uint8Array([0xff, 0xfb, 0x90, 0x64]);
    sounds.set('dsp_upgrading', new Uint8Array([0, ...bytes, 0]).subarray(1, 5));
    const found = await raw('/sim/sounds/dsp_upgrading.mp3');
    expect([found.status, found.headers.get('content-type')]).toEqual([200, 'audio/mpeg']);
    expect(new Uint8Array(await found.arrayBuffer())).toEqual(bytes);
    const none = await raw('/sim/sounds/dsp_updatesucc.mp3');
    expect([none.status, await none.text()]).toEqual([204, '']);
  });

  it.each(['dsp_upgrading', 'dsp_reboot.mp3', 'constructor.mp3', '..%2Fkey%2Fca.mp3', '.mp3', `${'x'.repeat(500)}.mp3`])(
    'has no sound %s',
    async (file) => {
      const answer = await raw(`/sim/sounds/${file}`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error: { code: 'sound-unknown' } });
    },
  );

  it('serves what was said as long as it is kept', async () => {
    for (let n = 0; n < 22; n++) {
      wav = new Uint8Array([n, ...Buffer.from('RIFF')]);
      void simulator.speaker.beep();
      await clock.flow(20, 10);
    }
    expect(simulator.transcript().map(({ sound }) => sound)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
    const kept = await raw('/sim/voice/22.wav');
    expect([kept.status, kept.headers.get('content-type')]).toEqual([200, 'audio/wav']);
    expect(new Uint8Array(await kept.arrayBuffer())).toEqual(wav);
    expect((await raw('/sim/voice/3.wav')).status).toBe(200);
    for (const gone of [2, 23]) {
      const old = await raw(`/sim/voice/${gone}.wav`);
      expect([old.status, await old.text()]).toEqual([204, '']);
    }
  });

  it.each(['1', '1.mp3', '-1.wav', '1e0.wav', '..%2Fvoice.wav', '.wav', `${'9'.repeat(400)}.wav`])('has no voice %s', async (file) => {
    const answer = await raw(`/sim/voice/${file}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'sound-unknown' } });
  });

  it('gives the printer a trouble and takes it away, and says how it is', async () => {
    expect(await get('/sim/printer')).toEqual({ printer: { fault: null, ticket: false } });
    for (const fault of [...PRINTER_FAULTS, null]) {
      expect(await post('/sim/printer', { fault })).toEqual({ status: 200, body: { printer: { fault, ticket: false } } });
      expect(tray.fault()).toBe(fault);
      expect(await get('/sim/printer')).toEqual({ printer: { fault, ticket: false } });
    }
  });

  it('serves the ticket that came out last, and nothing before the first', async () => {
    const none = await raw('/sim/ticket.png');
    expect([none.status, await none.text()]).toEqual([204, '']);
    for (const ticket of [new Uint8Array([0x89, 1]), new Uint8Array([0x89, 2, 3])]) {
      tray.ticket = ticket;
      const sent = await raw('/sim/ticket.png');
      expect([sent.status, sent.headers.get('content-type'), sent.headers.get('cache-control')]).toEqual([200, 'image/png', 'no-store']);
      expect(new Uint8Array(await sent.arrayBuffer())).toEqual(ticket);
      expect(await get('/sim/printer')).toEqual({ printer: { fault: null, ticket: true } });
    }
  });

  it('says of a box without a printer that it has none', async () => {
    const app = simRoutes(simulator, () => undefined);
    expect(await (await app.request('/sim/printer')).json()).toEqual({ printer: null });
    expect((await app.request('/sim/ticket.png')).status).toBe(204);
    const refused = await app.request('/sim/printer', { method: 'POST', body: '{"fault":null}' });
    expect([refused.status, await refused.json()]).toEqual([404, { error: expect.objectContaining({ code: 'printer-missing' }) }]);
  });

  const tooMany = Array(10_001).fill(1);
  it.each<[string, unknown, string, number?]>([
    ['/sim/coin', '', 'body-not-json'],
    ['/sim/coin', '{"denomination":', 'body-not-json'],
    ['/sim/coin', [], 'body-invalid'],
    ['/sim/coin', {}, 'body-invalid'],
    ['/sim/coin', { denomination: '1000' }, 'body-invalid'],
    ['/sim/coin', { denomination: -100 }, 'body-invalid'],
    ['/sim/coin', { denomination: 0.5 }, 'body-invalid'],
    ['/sim/coin', '{"denomination":1e308}', 'body-invalid'],
    ['/sim/coin', { denomination: 1_000, times: 2 }, 'body-invalid'],
    ['/sim/coin', { denomination: 300 }, 'denomination-unknown'],
    ['/sim/bill', { denomination: 100 }, 'denomination-unknown'],
    ['/sim/pulses', { line: 'no-such', widthsMs: [50] }, 'input-unknown'],
    ['/sim/pulses', { line: 'coin', widthsMs: [] }, 'body-invalid'],
    ['/sim/pulses', { line: 'coin', widthsMs: [0] }, 'body-invalid'],
    ['/sim/pulses', { line: 'coin', widthsMs: [60_001] }, 'body-invalid'],
    ['/sim/pulses', { line: 'coin', widthsMs: tooMany, gapsMs: tooMany }, 'body-invalid'],
    ['/sim/pulses', { line: 'coin', widthsMs: [1, 1, 1], gapsMs: [1] }, 'pulses-invalid'],
    ['/sim/pulses', { line: 'coin', widthsMs: Array(11).fill(60_000), gapsMs: Array(10).fill(1) }, 'pulses-invalid'],
    ['/sim/key', { key: 'p1' }, 'key-unknown'],
    ['/sim/key', { key: 'x'.repeat(65) }, 'body-invalid'],
    ['/sim/button', { name: '__proto__' }, 'button-unknown'],
    ['/sim/link', { mqtt: 'broken' }, 'body-invalid'],
    ['/sim/link', { wifi: 'up' }, 'body-invalid'],
    ['/sim/card', { card: 'mastercard' }, 'body-invalid'],
    ['/sim/card', { card: 'visa', pan: '1' }, 'body-invalid'],
    ['/sim/card', {}, 'body-invalid'],
    ['/sim/card', { card: 'visa' }, 'card-not-wanted', 409],
    ['/sim/printer', {}, 'body-invalid'],
    ['/sim/printer', { fault: 'on-fire' }, 'body-invalid'],
    ['/sim/printer', { fault: 'paper-out', ticket: true }, 'body-invalid'],
    ['/sim/power', { cut: false }, 'body-invalid'],
    ['/sim/coin', 'x'.repeat(600 * 1024), 'body-too-large', 413],
  ])('POST %s refuses %.60j with %s', async (path, body, code, status = 400) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String), expected: expect.any(String) } } });
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
    expect([cuts, simulator.gpio.backlogMs('coin'), tray.fault()]).toEqual([0, 0, null]);
  });

  it('says what is wrong, what was found and what is possible', async () => {
    expect((await post('/sim/pulses', { line: 'coin', widthsMs: [50, 'x'] })).body).toEqual({
      error: { code: 'body-invalid', message: '"widthsMs.1" is not usable', found: '"x"', expected: 'number' },
    });
    expect((await post('/sim/coin', { denomination: 1 })).body).toMatchObject({
      error: { found: '1', expected: 'minor units: 100, 200, 500, 1000', remedy: expect.stringContaining('minor units') },
    });
  });
});
