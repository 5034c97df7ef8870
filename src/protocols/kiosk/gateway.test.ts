import { afterEach, describe, expect, test } from 'vitest';
import { ConfigurationFault } from '../../domain/fault.ts';
import type { KioskAction } from '../../domain/kiosk.ts';
import { openSocket } from '../../net/socket.ts';
import { settle } from '../../testkit/clock.ts';
import { frame, hostileWebSocketServer, TEXT, upgraded } from '../../testkit/hostile-websocket-server.ts';
import { KIOSK_TOKEN, testKioskGateway } from '../../testkit/kiosk-gateway.ts';
import { changed, compact, type Fixture, TRANSACTION } from '../../testkit/kiosk-messages.ts';
import { websocketServer } from '../../testkit/websocket-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const START = compact('amount-select-screen');
const pounds = (minor: number) => ({ minor, currency: 'GBP' as const });

async function serve(...given: Parameters<typeof websocketServer>): ReturnType<typeof websocketServer> {
  const server = await websocketServer(...given);
  cleanups.push(() => server.close());
  return server;
}

async function box(...given: Parameters<typeof testKioskGateway>): Promise<ReturnType<typeof testKioskGateway>> {
  const made = testKioskGateway(...given);
  cleanups.push(() => made.stop());
  await made.gateway.start();
  return made;
}

describe('the documented dialogue', () => {
  /** Who says what, in the order of the contract; what the box says stands beside the fixture it must be. */
  type Step = Fixture | readonly [Fixture, KioskAction];
  const preset: Step = ['amount-chosen', { action: 'amount', amount: pounds(6_000) }];
  const other: readonly Step[] = [
    ['other-chosen', { action: 'other-amount' }],
    'keypad-screen',
    ['amount-typed', { action: 'typed-amount', amount: pounds(7_500) }],
  ];
  const method: readonly Step[] = [
    'payment-method-screen',
    ['method-chosen', { action: 'method', method: 'DEBIT_CARD' }],
    'processing-screen',
  ];
  const ticket: readonly Step[] = [
    'print-ticket-screen',
    ['ticket-printed', { action: 'printed' }],
    'collect-ticket-screen',
    'thank-you-screen',
  ];
  const fault: KioskAction = { action: 'device-error', code: 'PRINTER_ERROR', message: 'Printer out of paper' };

  test.each<readonly [string, readonly Step[]]>([
    ['an offered amount, paid', [preset, ...method, 'success-screen', ...ticket]],
    ['a typed amount, paid', [...other, ...method, 'success-screen', ...ticket]],
    ['declined', [preset, ...method, 'failed-screen']],
    ['beyond the limit of the day', [...other, ...method, 'limit-error-screen']],
    ['given up at the keypad', [...other.slice(0, 2), ['keypad-cancelled', { action: 'cancel', screen: 'keypad' }]]],
    ['given up at the methods', [preset, 'payment-method-screen', ['method-cancelled', { action: 'cancel', screen: 'payment-method' }]]],
    ['without paper', [preset, ...method, 'success-screen', 'print-ticket-screen', ['device-error', fault], 'device-error-screen']],
    ['timed out', [preset, ...method, 'timeout-error']],
  ])('%s', async (_what, steps) => {
    const server = await serve([START]);
    const { kiosk, clock, events, gateway } = await box(server.url);
    await events.next('connected');
    expect(await events.next('screen')).toMatchObject({ screen: { screen: 'amount-select' }, transaction: 'initial' });
    for (const step of steps) {
      if (typeof step === 'string') {
        server.say(compact(step));
        const heard = await events.next(step === 'timeout-error' ? 'error' : 'screen');
        expect(heard).toMatchObject({ transaction: TRANSACTION });
        continue;
      }
      const [fixture, action] = step;
      // The examples' own times, so that every byte can be compared.
      clock.stepWall(JSON.parse(compact(fixture)).timestamp - clock.wallMs());
      expect(kiosk.send(action, TRANSACTION)).toBe(true);
      expect((await server.events.next('message')).text).toBe(compact(fixture));
    }
    expect([gateway.links(), gateway.faults(), gateway.rejections()]).toEqual([{ websocket: 'up' }, [], { count: 0, last: null }]);
  });
});

describe('what it is', () => {
  test('a dialect of screens, and of nothing else', async () => {
    const made = testKioskGateway('ws://127.0.0.1:9');
    const { gateway, clock } = made;
    const { signal } = new AbortController();
    expect(gateway.capabilities).toEqual({ pairs: false, pushes: true, queries: false, qr: false, reports: false });
    expect([gateway.cards, gateway.updates, gateway.parameters, gateway.remote]).toEqual([null, null, null, null]);
    for (const [ask, code] of [
      [() => gateway.register(signal), 'register-unsupported'],
      [() => gateway.identify('x'), 'identify-unsupported'],
      [() => gateway.requestQr({ request: 'r', amount: pounds(100), description: '' }, signal), 'qr-unsupported'],
      [() => gateway.queryPayment('c', signal), 'query-unsupported'],
    ] as const) {
      await expect(ask()).rejects.toMatchObject({ code, blame: 'caller' });
    }
    expect(await gateway.deliver([], signal)).toMatchObject({ state: 'refused' });
    expect(await gateway.watch('c')).toBe(false);
    await gateway.unwatch('c');
    gateway.publishState({ status: 'normal', activity: 'idle', uptimeMinutes: 1, rssiDbm: null });
    expect([gateway.backendNowMs(), gateway.links()]).toEqual([clock.wallMs(), { websocket: 'off' }]);
    await made.stop();
  });

  test('the token goes with every handshake, and the open transaction with those that follow', async () => {
    const server = await serve([START]);
    const { kiosk, events, clock, log } = await box(`${server.url}/kiosk`);
    const first = (await server.events.next('connection')).request;
    expect([first.url, first.headers.authorization]).toEqual(['/kiosk', `Bearer ${KIOSK_TOKEN}`]);
    await events.next('screen');
    kiosk.resume(TRANSACTION);
    kiosk.reconnect();
    await events.next('disconnected');
    clock.advance(1_000);
    const second = (await server.events.next('connection')).request;
    expect([second.url, second.headers.authorization]).toEqual([`/kiosk?transactionId=${TRANSACTION}`, `Bearer ${KIOSK_TOKEN}`]);
    await events.next('connected');
    kiosk.resume(null);
    server.socket().terminate();
    await events.next('disconnected');
    clock.advance(2_000);
    expect((await server.events.next('connection')).request.url).toBe('/kiosk');
    expect(JSON.stringify(log.lines)).not.toContain(KIOSK_TOKEN);
  });

  test.each(['', 'two\nlines', 'bläh', 'x'.repeat(4_097)])('a token that no header can carry: %j', (token) => {
    const make = () => testKioskGateway('ws://127.0.0.1:9', { settings: { token } });
    expect(make).toThrow(ConfigurationFault);
    expect(make).toThrow(expect.objectContaining({ code: 'token-invalid', found: `${token.length} characters` }));
  });

  test.each([
    ['ws://192.0.2.1/kiosk', {}, 'not-encrypted'],
    ['wss://192.0.2.1/kiosk', { insecure: true }, 'tls-unverified'],
    ['wss://192.0.2.1/kiosk', {}, undefined],
    ['ws://localhost/kiosk', {}, undefined],
  ])('%s %j: a standing warning %s', async (url, settings, code) => {
    const dial = () => {
      throw Object.assign(new Error('no way'), { code: 'ENETUNREACH' });
    };
    const { gateway, log } = await box(url, { settings, dial });
    expect(gateway.faults().map((fault) => [fault.code, fault.severity])).toEqual(code === undefined ? [] : [[code, 'warning']]);
    expect(log.lines.some(({ event }) => event === 'websocket.insecure')).toBe(code !== undefined);
  });
});

describe('no screen after connecting', () => {
  test.each([
    ['nothing at all', []],
    ['what cannot be used', ['{', compact('amount-chosen'), changed('amount-select-screen', { screen: 'CASHBACK' })]],
    [
      'nothing to show',
      [compact('timeout-error'), changed('thank-you-screen', { messageType: 'STATUS_UPDATE' }), '{"messageType":"HINT"}'],
    ],
  ])('%s: made anew after 5 s', async (_what, greet) => {
    const server = await serve(greet);
    const { clock, events, log, metrics } = await box(server.url);
    await events.next('connected');
    server.say(compact('timeout-error'));
    await events.next('error');
    clock.advance(4_999);
    await settle();
    expect(events.of('disconnected')).toEqual([]);
    clock.advance(1);
    await events.next('disconnected');
    expect(log.lines.at(-1)).toMatchObject({ event: 'websocket.down', fields: { code: 'kiosk-no-screen' } });
    expect(metrics.value('websocket_connects_total', { outcome: 'kiosk-no-screen' })).toBe(1);
    clock.advance(1_000);
    await events.next('connected');
  });

  test('a screen in time: the connection stays', async () => {
    const server = await serve();
    const { clock, events, gateway } = await box(server.url, { settings: { firstScreenMs: 2_000 } });
    await events.next('connected');
    clock.advance(1_999);
    server.say(START);
    await events.next('screen');
    clock.advance(5_000);
    await settle();
    expect([gateway.links(), events.of('disconnected')]).toEqual([{ websocket: 'up' }, []]);
  });
});

describe('messages that cannot be used', () => {
  test('are counted and named, and what comes after them is taken', async () => {
    const server = await serve([START]);
    const { gateway, events, screen, clock, log, metrics } = await box(server.url);
    await screen();
    server.say('{"messageType":', changed('keypad-screen', { screen: 'CASHBACK' }), compact('amount-chosen'));
    server.say(changed('keypad-screen', { data: { currency: '€', minAmount: 1, maxAmount: 2 } }));
    server.say(compact('processing-screen'));
    expect(await screen()).toBe('processing');
    expect(gateway.rejections()).toEqual({
      count: 4,
      last: {
        code: 'message-invalid',
        detail: 'The field data.currency is not usable; found a text of 1 characters; expected £ or GBP',
        atMs: clock.wallMs(),
      },
    });
    expect(log.lines.filter(({ event }) => event === 'kiosk.message-refused').map(({ fields }) => fields.code)).toEqual([
      'json-malformed',
      'screen-unknown',
      'message-invalid',
      'message-invalid',
    ]);
    expect(metrics.value('kiosk_messages_total', { outcome: 'malformed' })).toBe(4);
    expect(metrics.value('kiosk_messages_total', { outcome: 'screen' })).toBe(2);
    expect(events.of('disconnected')).toEqual([]);
  });

  test('a frame that is too large ends the connection, and another one is made', async () => {
    const server = await serve([START]);
    const { events, clock, log } = await box(server.url);
    await events.next('screen');
    server.say(`"${'x'.repeat(70_000)}"`);
    await events.next('disconnected');
    expect(log.lines.at(-1)?.fields.code).toBe('websocket-too-large');
    clock.advance(1_000);
    await events.next('screen');
  });
});

describe('a consumer that is behind', () => {
  test('is not drowned: the connection is given up, and nothing piles up', async () => {
    const server = await serve(Array.from({ length: 40 }, () => START));
    const look = Promise.withResolvers<void>();
    const made = testKioskGateway(server.url, {}, look.promise);
    cleanups.push(() => made.stop());
    await made.gateway.start();
    for (let i = 0; i < 5; i++) {
      await server.events.next('connection');
      if (i > 0) await server.events.next('closed');
      else {
        while (made.metrics.value('kiosk_messages_total', { outcome: 'screen' }) < 40) await settle();
        server.socket().terminate();
        await server.events.next('closed');
      }
      while (made.gateway.links().websocket === 'up') await settle();
      if (i < 4) made.clock.advance(60_000);
    }
    expect(made.metrics.value('websocket_connects_total', { outcome: 'kiosk-flood' })).toBeGreaterThanOrEqual(3);
    look.resolve();
    await made.events.next('disconnected');
    await settle();
    const { all } = made.events;
    expect(all.length).toBeLessThanOrEqual(67);
    // Each connection's screens stand between its beginning and its end.
    let open = false;
    for (const { event } of all) {
      if (event === 'screen') expect(open).toBe(true);
      else expect(open).toBe(event !== 'connected');
      if (event !== 'screen') open = event === 'connected';
    }
  });
});

describe('late screens', () => {
  test('of a connection given up never come', async () => {
    const server = await hostileWebSocketServer((request) => Buffer.concat([Buffer.from(upgraded(request)), frame(TEXT, START)]));
    cleanups.push(() => server.close());
    const { kiosk, events, clock } = await box(server.url);
    const { socket } = await server.events.next('request');
    await events.next('screen');
    socket.write(Buffer.concat([frame(TEXT, compact('success-screen')), frame(TEXT, compact('thank-you-screen'))]));
    kiosk.reconnect();
    socket.write(frame(TEXT, compact('success-screen')));
    await events.next('disconnected');
    await settle();
    expect(events.all.map(({ event }) => event)).toEqual(['connected', 'screen', 'disconnected']);
    clock.advance(1_000);
    await events.next('screen');
    expect(events.all.map(({ event }) => event)).toEqual(['connected', 'screen', 'disconnected', 'connected', 'screen']);
  });

  test('nothing comes after a stop', async () => {
    const server = await serve([START]);
    const made = await box(server.url);
    await made.screen();
    server.say(compact('success-screen'));
    await made.stop();
    server.say(compact('thank-you-screen'));
    await settle();
    expect(made.events.all.map(({ event }) => event)).toEqual(['connected', 'screen']);
    expect([made.clock.pending(), made.gateway.links(), made.kiosk.send({ action: 'printed' }, 'T1')]).toEqual([
      0,
      { websocket: 'off' },
      false,
    ]);
  });
});

describe('without a link', () => {
  test('nothing can be sent, nothing is told, and asking anew changes nothing', async () => {
    const dial = () => {
      throw Object.assign(new Error('no way'), { code: 'ENETUNREACH' });
    };
    const { gateway, kiosk, clock, events, log } = await box('ws://127.0.0.1:9', { dial });
    await settle();
    expect([gateway.links(), gateway.faults()]).toEqual([{ websocket: 'down' }, []]);
    expect([kiosk.send({ action: 'other-amount' }, 'T1'), events.all]).toEqual([false, []]);
    kiosk.reconnect();
    expect(clock.pending()).toBe(1);
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', event: 'websocket.down', fields: { code: 'peer-unreachable' } });
  });

  test('a wrong token is a fault until a right one is let in', async () => {
    let right = false;
    const server = await serve([START]);
    const guard = await hostileWebSocketServer(() => 'HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n');
    cleanups.push(() => guard.close());
    const { gateway, clock, events, log } = await box(guard.url, {
      dial: (host) => openSocket({ host, port: right ? server.port : guard.port, tls: null }, undefined),
    });
    await guard.events.next('closed');
    while (gateway.faults().length === 0) await settle();
    expect(gateway.faults()).toEqual([
      {
        link: 'websocket',
        code: 'websocket-auth-refused',
        detail: 'The server does not let this box in; found status 401. Check the token.',
      },
    ]);
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', event: 'websocket.alarm' });
    right = true;
    clock.advance(45_000);
    await events.next('screen');
    expect(gateway.faults()).toEqual([]);
  });
});
