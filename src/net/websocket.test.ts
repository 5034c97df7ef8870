import type { TLSSocket } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates, type Pair } from '../testkit/certificates.ts';
import { settle } from '../testkit/clock.ts';
import { needsOpenssl } from '../testkit/needs.ts';
import { PING_MS, testWebSocketLink } from '../testkit/websocket-link.ts';
import { websocketServer } from '../testkit/websocket-server.ts';
import { openSocket } from './socket.ts';
import { WebSocketFault } from './websocket-fault.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function link(...given: Parameters<typeof testWebSocketLink>): ReturnType<typeof testWebSocketLink> {
  const made = testWebSocketLink(...given);
  cleanups.push(() => made.link.stop());
  return made;
}

async function serve(...given: Parameters<typeof websocketServer>): ReturnType<typeof websocketServer> {
  const server = await websocketServer(...given);
  cleanups.push(() => server.close());
  return server;
}

const TOKEN = 'kt_000000000000000000000000';
/** The engine's own, which it shows only to who asks for it. */
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
};
const givenUp = () => new WebSocketFault('No longer wanted', { code: 'test-given-up', lasting: false });

describe('a good server', () => {
  test('hears and is heard, in order; the handshake carries token and query and offers no compression', async () => {
    const server = await serve(['first', 'second £']);
    const box = link(`${server.url}/kiosk`, {
      endpoint: { url: `${server.url}/kiosk`, token: TOKEN },
      query: () => ({ transactionId: 'T:1' }),
    });
    expect([box.link.state, box.link.send('too early')]).toEqual(['off', false]);
    box.link.start();
    expect(box.link.state).toBe('down');
    const { request } = await server.events.next('connection');
    expect([request.url, request.headers.authorization]).toEqual(['/kiosk?transactionId=T%3A1', `Bearer ${TOKEN}`]);
    expect(request.headers['sec-websocket-extensions']).toBe(undefined);
    expect(request.headers['sec-websocket-protocol']).toBe(undefined);
    expect((await box.events.next('message')).text).toBe('first');
    expect((await box.events.next('message')).text).toBe('second £');
    expect(box.link.state).toBe('up');
    expect([box.link.send('one'), box.link.send('two £')]).toEqual([true, true]);
    expect((await server.events.next('message')).text).toBe('one');
    expect((await server.events.next('message')).text).toBe('two £');
    expect(box.events.all.map(({ kind }) => kind)).toEqual(['up', 'message', 'message']);
  });

  test('is pinged, and as long as it answers the link stays', async () => {
    const server = await serve();
    const box = link(server.url);
    box.link.start();
    const { socket } = await server.events.next('connection');
    await box.events.next('up');
    for (let i = 0; i < 10; i++) {
      const pinged = new Promise((resolve) => void socket.once('ping', resolve));
      box.clock.advance(PING_MS);
      await pinged;
      // The pong is on its way: what is sent after it arrives after it.
      socket.send('after the pong');
      await box.events.next('message');
    }
    expect(box.link.state).toBe('up');
    expect(box.events.of('down')).toEqual([]);
  });

  test('hears a goodbye when the link stops, and nothing is left behind', async () => {
    const server = await serve();
    const box = link(server.url);
    box.link.start();
    await box.events.next('up');
    await box.link.stop();
    expect((await server.events.next('closed')).code).toBe(1000);
    expect([box.link.state, box.link.send('too late'), box.clock.pending()]).toEqual(['off', false, 0]);
    expect(box.events.of('down')).toEqual([]);
    box.link.start();
    await box.events.next('up');
  });

  test('that goes is gone back to: lost on its goodbye, up again after the wait, by the query of that time', async () => {
    const server = await serve();
    let transaction = 'T1';
    const box = link(server.url, { query: () => ({ transaction }) });
    box.link.start();
    (await server.events.next('connection')).socket.close(1012, 'restarting');
    transaction = 'T2';
    const { fault } = await box.retry();
    expect([fault.code, fault.explain()]).toEqual(['websocket-closed', 'The server closed the connection; found code 1012']);
    expect((await server.events.next('connection')).request.url).toBe('/?transaction=T2');
    await box.events.next('up');
    server.socket().terminate();
    expect((await box.retry()).fault.code).toBe('peer-cut');
    await box.events.next('up');
    box.link.reconnect(givenUp());
    expect([box.link.state, (await box.retry()).fault.code]).toEqual(['down', 'test-given-up']);
    await box.events.next('up');
  });

  test('is sent no more than it takes', async () => {
    const server = await serve();
    const box = link(server.url);
    box.link.start();
    const { socket } = await server.events.next('connection');
    await box.events.next('up');
    socket.pause();
    const text = 'x'.repeat(65_536);
    let taken = 0;
    while (box.link.send(text)) expect(++taken).toBeLessThan(1_000);
    expect(taken).toBeGreaterThan(3);
    expect(box.link.send('x'.repeat(262_145))).toBe(false);
    socket.resume();
    for (let i = 0; i < taken; i++) expect((await server.events.next('message')).text.length).toBe(65_536);
    expect(box.link.send('again')).toBe(true);
    expect((await server.events.next('message')).text).toBe('again');
  });
});

describe('tries again', () => {
  test('with full jitter that doubles to a cap, from the start again after 30 s of a good link', async () => {
    const server = await serve();
    const fractions = [0.5, 0.25, 0.999, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
    let asked = 0;
    let reachable = false;
    const box = link(server.url, {
      entropy: { fraction: () => fractions[asked++] ?? 0.5, bytes: (count) => new Uint8Array(count) },
      dial: (host, port) => {
        if (!reachable) throw Object.assign(new Error('no way'), { code: 'ENETUNREACH' });
        return openSocket({ host, port, tls: null }, undefined);
      },
    });
    box.link.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { fault, retryMs } = await box.events.next('down');
      expect(fault.code).toBe('peer-unreachable');
      waits.push(retryMs);
      box.clock.advance(retryMs - 1);
      await settle();
      expect(box.events.of('down')).toHaveLength(i + 1);
      box.clock.advance(1);
    }
    expect(waits).toEqual([500, 500, 3_996, 0, 8_000, 16_000, 30_000, 30_000]);
    await box.events.next('down');
    reachable = true;
    box.clock.advance(30_000);
    await box.events.next('up');
    box.link.reconnect(givenUp());
    expect((await box.retry()).retryMs).toBe(30_000);
    await box.events.next('up');
    for (let i = 0; i < 3; i++) {
      box.clock.advance(PING_MS);
      box.link.send('x');
      server.say('y');
      await box.events.next('message');
    }
    box.link.reconnect(givenUp());
    expect((await box.events.next('down')).retryMs).toBe(500);
  });

  test('200 times, and nothing has grown', async () => {
    const server = await serve();
    const box = link(server.url);
    const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const handles = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'Timeout').length;
    box.link.start();
    const measured: { readonly timers: number; readonly listeners: number; readonly handles: number; readonly heap: number }[] = [];
    for (let i = 0; i < 200; i++) {
      await box.events.next('up');
      const { socket } = await server.events.next('connection');
      const gone = server.events.next('closed');
      if (i === 20 || i === 199) {
        collectGarbage();
        measured.push({
          timers: box.clock.pending(),
          listeners: listeners(),
          handles: handles(),
          heap: process.memoryUsage().heapUsed,
        });
      }
      if (i % 2 === 0) box.link.reconnect(givenUp());
      else socket.terminate();
      await gone;
      await box.retry();
    }
    const [early, late] = measured;
    if (early === undefined || late === undefined) throw new TypeError('not measured');
    expect([late.timers, late.listeners]).toEqual([early.timers, early.listeners]);
    expect(late.timers).toBe(2);
    expect(late.handles).toBeLessThanOrEqual(early.handles + 2);
    expect(late.heap).toBeLessThan(early.heap * 1.5);
  });
});

const openssl = needsOpenssl();
describe.skipIf(openssl.missing)(`over TLS${openssl.why}`, () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  afterAll(() => certificates.dispose());
  const secure = (pair: Pair, more: object = {}) => serve([], { ...pair, ...more });

  test('with the right authority', async () => {
    const server = await secure(certificates.server, { maxVersion: 'TLSv1.2' });
    const box = link(server.url, { endpoint: { url: server.url, ca: certificates.ca, token: TOKEN } });
    box.link.start();
    const { request } = await server.events.next('connection');
    expect([request.headers.authorization, (request.socket as TLSSocket).getProtocol()]).toEqual([`Bearer ${TOKEN}`, 'TLSv1.2']);
    await box.events.next('up');
    expect(box.link.send('hello')).toBe(true);
    expect((await server.events.next('message')).text).toBe('hello');
    expect(box.link.fault).toBe(null);
  });

  test('with any certificate where that is wanted', async () => {
    const server = await secure(certificates.expired);
    const box = link(server.url, { endpoint: { url: server.url, insecure: true } });
    box.link.start();
    await box.events.next('up');
  });

  test.each([
    ['of an authority that is not trusted', 'server', 'otherCa', 'tls-untrusted'],
    ['for another host', 'elsewhere', 'ca', 'tls-host'],
    ['that has expired', 'expired', 'ca', 'tls-expired'],
  ] as const)('a certificate %s: no token is sent, and a person must mend it', async (_what, pair, ca, code) => {
    const server = await secure(certificates[pair]);
    const box = link(server.url, { endpoint: { url: server.url, ca: certificates[ca], token: TOKEN } });
    box.link.start();
    const { fault, retryMs } = await box.events.next('down');
    expect([fault.code, fault.lasting, box.link.fault]).toEqual([code, true, fault]);
    expect(retryMs).toBeGreaterThanOrEqual(15_000);
    await settle();
    expect(server.events.all).toEqual([]);
  });

  test('a server that knows nothing newer than TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    const server = await secure(certificates.server, old);
    const box = link(server.url, { endpoint: { url: server.url, insecure: true } });
    box.link.start();
    const { fault } = await box.events.next('down');
    expect([fault.code, fault.lasting]).toEqual([expect.stringMatching(/^tls-(failed|client-refused)$/), true]);
    expect(server.events.all).toEqual([]);
  });

  test('certificates that are none', async () => {
    const server = await secure(certificates.server);
    const box = link(server.url, {
      endpoint: { url: server.url, ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    });
    box.link.start();
    expect((await box.events.next('down')).fault.code).toMatch(/^tls-/);
  });

  test('a server without TLS, and TLS where none is expected', async () => {
    const plain = await serve();
    const box = link(plain.url, { endpoint: { url: plain.url.replace('ws:', 'wss:') } });
    box.link.start();
    expect((await box.events.next('down')).fault.code).toBe('tls-failed');
    const server = await secure(certificates.server);
    const other = link(server.url, { endpoint: { url: server.url.replace('wss:', 'ws:') } });
    other.link.start();
    expect((await other.events.next('down')).fault.code).toMatch(/^(websocket-|peer-cut)/);
  });
});
