import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import { makeCertificates } from '../../testkit/certificates.ts';
import { settle } from '../../testkit/clock.ts';
import { PLANTED, SALE_PATH, SAMPLE_CARD, SAMPLE_SALE, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { eventLog } from '../../testkit/event-log.ts';
import { needsOpenssl } from '../../testkit/needs.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';

const SALE = `POST ${SALE_PATH}`;
const never = new AbortController().signal;
const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
const APPROVED = fixture('sale-reply');

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  backend = await scriptedBackend();
  box = testDs50Gateway(backend);
});
afterEach(async () => {
  await box.stop();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await backend.stop();
});

/** Another box in place of the first. */
async function use(urls: { readonly httpUrl: string }, change?: Parameters<typeof testDs50Gateway>[1]): Promise<void> {
  await box.stop();
  box = testDs50Gateway({ mqttUrl: backend.mqttUrl, ...urls }, change);
}

const authorise = (change: Partial<typeof SAMPLE_SALE> = {}, signal = never) => {
  const { cards } = box.gateway;
  if (cards === null) throw new TypeError('no cards');
  return cards.authorise({ ...SAMPLE_SALE, ...change }, signal);
};

/** A server that reads whole requests, counts them, and then does as it pleases. */
async function misbehaving(
  then: (socket: net.Socket) => void,
): Promise<{ readonly httpUrl: string; readonly seen: ReturnType<typeof eventLog<{ kind: 'request' }>> }> {
  const seen = eventLog<{ kind: 'request' }>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const [, length, body = ''] = /content-length: (\d+).*?\r\n\r\n(.*)$/is.exec(text) ?? [];
      if (length === undefined || body.length < Number(length)) return;
      text = '';
      seen.add({ kind: 'request' });
      then(socket);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { httpUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, seen };
}

describe('a sale', () => {
  test('goes out once, byte by byte as documented, with the key', async () => {
    const documented = fixture('sale-request');
    backend.script({ request: SALE, body: JSON.stringify(documented), reply: { body: APPROVED } });
    const card = {
      ...SAMPLE_CARD,
      emvData: new CardSecret(String(documented.emvData)),
      pinBlock: new CardSecret(String(documented.pin)),
    };
    expect(await authorise({ card })).toEqual({ state: 'paid' });
    const [request] = backend.requests.all;
    expect(request?.headers).toMatchObject({ 'x-api-key': PLANTED.apiKey, 'content-type': 'application/json', connection: 'close' });
    expect(request?.headers.authorization).toBeUndefined();
    expect(box.gateway.links().payment).toBe('up');
  });

  test('carries the key as a bearer token where that is set', async () => {
    await use(backend, { settings: { apiKeyHeader: 'authorization-bearer' } });
    backend.script({ request: SALE, reply: { body: APPROVED } });
    await authorise();
    const headers = backend.requests.all[0]?.headers;
    expect([headers?.authorization, headers?.['x-api-key']]).toEqual([`Bearer ${PLANTED.apiKey}`, undefined]);
  });

  test.each<[string, ScriptedReply, object]>([
    ['APPROVED', { body: { ...APPROVED, transStatus: 'APPROVED' } }, { state: 'paid' }],
    ['DECLINE', { body: { ...APPROVED, transStatus: 'DECLINE', acqResponseCode: '05' } }, { state: 'failed', reason: 'declined 05' }],
    ['DECLINED', { body: { ...APPROVED, transStatus: 'DECLINED', acqResponseCode: 'N7' } }, { state: 'failed', reason: 'declined N7' }],
    ['DECLINED without a code', { body: { transStatus: 'DECLINED' } }, { state: 'failed', reason: 'declined' }],
    [
      'DECLINED with a card number for a code',
      { body: { transStatus: 'DECLINED', acqResponseCode: PLANTED.pan } },
      { state: 'failed', reason: 'declined' },
    ],
    [
      'APPROVE with another code',
      { body: { ...APPROVED, acqResponseCode: '05' } },
      { state: 'unresolved', reason: 'contradictory-answer' },
    ],
    ['APPROVE without a code', { body: { transStatus: 'APPROVE' } }, { state: 'unresolved', reason: 'contradictory-answer' }],
    ['DECLINE with code 00', { body: { ...APPROVED, transStatus: 'DECLINE' } }, { state: 'unresolved', reason: 'contradictory-answer' }],
    ['another word', { body: { ...APPROVED, transStatus: 'PENDING' } }, { state: 'unresolved', reason: 'contradictory-answer' }],
    ['no status', { body: { acqResponseCode: '00' } }, { state: 'unresolved', reason: 'message-invalid' }],
    ['half a reply', { body: '{"acqResponseCode":"00","transStatus":"APPR' }, { state: 'unresolved', reason: 'json-malformed' }],
    ['two statuses', { body: '{"transStatus":"DECLINE","transStatus":"APPROVE"}' }, { state: 'unresolved', reason: 'json-duplicate-key' }],
    ['nothing', { body: '' }, { state: 'unresolved', reason: 'json-malformed' }],
    ['a captive portal', { type: 'text/html', body: '<html>Sign in</html>' }, { state: 'unresolved', reason: 'peer-not-json' }],
    ['another content type', { type: 'text/plain', body: APPROVED }, { state: 'unresolved', reason: 'peer-not-json' }],
    ['201', { status: 201, body: APPROVED }, { state: 'unresolved', reason: 'http-201' }],
    ['302', { status: 302, headers: { location: '/again' }, body: '' }, { state: 'unresolved', reason: 'http-302' }],
    ['307 to the same place', { status: 307, headers: { location: SALE_PATH }, body: '' }, { state: 'unresolved', reason: 'http-307' }],
    ['400', { status: 400, body: { transStatus: 'DECLINE' } }, { state: 'unresolved', reason: 'http-400' }],
    ['401', { status: 401, body: {} }, { state: 'unresolved', reason: 'http-401' }],
    ['408', { status: 408, body: '' }, { state: 'unresolved', reason: 'http-408' }],
    ['429', { status: 429, headers: { 'retry-after': '1' }, body: '' }, { state: 'unresolved', reason: 'http-429' }],
    ['500', { status: 500, body: APPROVED }, { state: 'unresolved', reason: 'http-500' }],
    ['503', { status: 503, headers: { 'retry-after': '0' }, body: '' }, { state: 'unresolved', reason: 'http-503' }],
    ['a huge reply', { body: ' '.repeat(70_000) }, { state: 'unresolved', reason: 'peer-too-large' }],
    ['a cut after reading', 'cut', { state: 'unresolved', reason: 'peer-cut' }],
  ])('answered with %s', async (_what, reply, expected) => {
    backend.script({ request: SALE, reply });
    expect(await authorise()).toEqual(expected);
    // Time enough for every second try there could be; the script would not follow it.
    await box.clock.flow(5_000, 500);
    expect(backend.requests.all).toHaveLength(1);
  });

  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
  const TEXT = JSON.stringify(APPROVED);
  /** Says one thing, and another without end. */
  const drip = (socket: net.Socket, first: string, text: string): void => {
    socket.write(first);
    const timer = setInterval(() => (socket.writable ? socket.write(text) : clearInterval(timer)), 1);
    cleanups.push(() => clearInterval(timer));
  };
  test.each<[string, string, (socket: net.Socket) => void]>([
    [
      'cut while answering',
      'peer-cut',
      (socket) => socket.write(`${HEAD}content-length: 99\r\n\r\n${TEXT.slice(0, 20)}`, () => socket.destroy()),
    ],
    ['reset while answering', 'peer-cut', (socket) => socket.write(`${HEAD}content-length: 99\r\n\r\n{`, () => socket.resetAndDestroy())],
    ['closed without a word', 'peer-cut', (socket) => void socket.end()],
    ['an endless body', 'peer-too-large', (socket) => drip(socket, `${HEAD}\r\n`, ' '.repeat(8_192))],
    ['no HTTP', 'peer-not-http', (socket) => void socket.write('APPROVE\r\n\r\n')],
    ['endless headers', 'peer-too-large', (socket) => drip(socket, HEAD, `x-a: ${'b'.repeat(4_000)}\r\n`)],
  ])('%s: unresolved, and never sent again', async (_what, reason, then) => {
    const { httpUrl, seen } = await misbehaving(then);
    await use({ httpUrl });
    expect(await authorise()).toEqual({ state: 'unresolved', reason });
    await box.clock.flow(5_000, 500);
    expect(seen.all).toHaveLength(1);
    expect(box.gateway.links().payment).toBe('down');
  });

  test.each<[string, (socket: net.Socket) => void]>([
    ['silence', () => {}],
    ['a body that never ends', (socket) => void socket.write(`${HEAD}content-length: ${TEXT.length}\r\n\r\n${TEXT.slice(0, -1)}`)],
    ['a body that trickles', (socket) => drip(socket, `${HEAD}\r\n`, ' ')],
  ])('%s is given up after its own time limit', async (_what, then) => {
    const { httpUrl, seen } = await misbehaving(then);
    await use({ httpUrl });
    const answer = authorise();
    await seen.next('request');
    await box.clock.flow(59_000, 1_000);
    expect(await Promise.race([answer, 'still waiting'])).toBe('still waiting');
    box.clock.advance(1_000);
    expect(await answer).toEqual({ state: 'unresolved', reason: 'peer-timeout' });
    await box.clock.flow(5_000, 500);
    expect(seen.all).toHaveLength(1);
  });

  test('given up by the box, or by its stop, while it is under way: unresolved', async () => {
    const { httpUrl, seen } = await misbehaving(() => {});
    await use({ httpUrl });
    const abort = new AbortController();
    const first = authorise({}, abort.signal);
    const second = authorise({ charge: '20251215-000000-000002' });
    await seen.next('request');
    await seen.next('request');
    abort.abort();
    expect(await first).toEqual({ state: 'unresolved', reason: 'request-aborted' });
    await box.gateway.stop();
    expect((await second).state).toBe('unresolved');
    expect(seen.all).toHaveLength(2);
  });

  test('every sale has a connection of its own', async () => {
    const ports: unknown[] = [];
    const { httpUrl } = await misbehaving((socket) => {
      ports.push(socket.remotePort);
      socket.write(`${HEAD}content-length: ${TEXT.length}\r\n\r\n${TEXT}`);
    });
    await use({ httpUrl });
    for (const trace of ['000001', '000002']) expect(await authorise({ charge: `20251215-000000-${trace}` })).toEqual({ state: 'paid' });
    expect(new Set(ports).size).toBe(2);
  });

  test('a second request for the same charge is refused before it is made', async () => {
    backend.script({ request: SALE, reply: 'cut' });
    await authorise();
    await expect(authorise()).rejects.toThrow(expect.objectContaining({ code: 'sale-sent-before' }));
  });

  test.each(['20251215-000000', '20251215-000000-00001', '2025-12-15', ''])('a charge %j is none of a card', async (charge) => {
    await expect(authorise({ charge })).rejects.toThrow(expect.objectContaining({ code: 'charge-invalid' }));
    await expect(box.gateway.queryPayment(charge, never)).rejects.toThrow(expect.objectContaining({ code: 'charge-invalid' }));
  });
});

describe('a sale that never left the box has failed', () => {
  const NOT_SENT = { state: 'failed', reason: 'not-sent' };
  const failing = (code: string) => () => {
    const socket = new net.Socket();
    process.nextTick(() => socket.destroy(Object.assign(new Error('as Node says it'), { code })));
    return socket;
  };

  test.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT'])('%s', async (code) => {
    await use(backend, { dial: failing(code) });
    expect(await authorise()).toEqual(NOT_SENT);
    expect(box.gateway.links().payment).toBe('down');
  });

  test('nothing listens', async () => {
    const closed = net.createServer();
    await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    await new Promise((resolve) => closed.close(resolve));
    await use({ httpUrl: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` });
    expect(await authorise()).toEqual(NOT_SENT);
  });

  test('no connection in time', async () => {
    await use(backend, { dial: () => new net.Socket() });
    const answer = authorise();
    await settle();
    await box.clock.flow(60_000, 1_000);
    expect(await answer).toEqual(NOT_SENT);
  });

  test('given up before it began', async () => {
    expect(await authorise({}, AbortSignal.abort())).toEqual(NOT_SENT);
  });

  const openssl = needsOpenssl();
  test.skipIf(openssl.missing)(`a certificate that is not trusted, until it is not verified${openssl.why}`, async () => {
    const pems = makeCertificates();
    cleanups.push(() => pems.dispose());
    const heard: string[] = [];
    const server = tls.createServer(pems.server, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        heard.push(chunk.toString());
        const text = JSON.stringify(APPROVED);
        socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
      });
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    const urls = { httpUrl: `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}` };
    await use(urls, { files: { ca: pems.otherCa } });
    expect(await authorise()).toEqual(NOT_SENT);
    expect(heard).toEqual([]);
    expect(box.gateway.faults()).toMatchObject([{ link: 'payment', code: 'tls-untrusted' }]);
    await use(urls, { files: { ca: pems.ca } });
    expect(await authorise()).toEqual({ state: 'paid' });
    expect(box.gateway.faults()).toEqual([]);
    await use(urls, { files: { payment: { verifyTls: false } } });
    expect(await authorise()).toEqual({ state: 'paid' });
    expect(box.gateway.faults()).toMatchObject([{ link: 'payment', code: 'tls-unverified', severity: 'warning' }]);
  });
});
