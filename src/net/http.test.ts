import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RequestFault } from '../domain/request-fault.ts';
import { type Certificates, makeCertificates, type Pair } from '../testkit/certificates.ts';
import { FakeClock } from '../testkit/clock.ts';
import { needsOpenssl } from '../testkit/needs.ts';
import type { HttpEndpoint } from './endpoint.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions, jsonBody } from './http.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const clock = new FakeClock();

async function listen(server: net.Server): Promise<number> {
  const open = new Set<net.Socket>();
  server.on('connection', (socket) => open.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

function client(endpoint: HttpEndpoint, options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ endpoint, clock, timeoutMs: 5_000, maxBytes: 65_536, ...options });
  cleanups.push(() => made.close());
  return made;
}

const serve = async (handler: http.RequestListener) => `http://127.0.0.1:${await listen(http.createServer(handler))}`;
/** A server that answers every connection with these bytes and then does `after`. */
const raw = async (bytes: string, after: (socket: net.Socket) => void = () => {}) => {
  const server = net.createServer((socket) => void socket.once('data', () => void socket.write(bytes, () => after(socket))));
  return `http://127.0.0.1:${await listen(server)}`;
};
const get = (from: HttpClient, signal = new AbortController().signal) => from.request({ method: 'GET', path: '/x', headers: {}, signal });
const fault = async (reply: Promise<unknown>): Promise<RequestFault> => {
  const error = await reply.then(
    () => 'no fault',
    (thrown: unknown) => thrown,
  );
  if (error instanceof RequestFault) return error;
  throw error;
};

describe('a good server', () => {
  test('gets the request as it was made and its reply comes back whole', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      const body = await Array.fromAsync(request);
      seen.push(request.method, request.url, request.headers['x-sign'], request.headers['content-type'], Buffer.concat(body).toString());
      response.writeHead(201, { 'content-type': 'application/json; charset=utf-8', date: 'Tue, 06 Jan 2026 10:00:00 GMT' }).end('{"a":1}');
    });
    const one = client({ url: `${url}/prefix` });
    const body = new TextEncoder().encode('{"amount":100}');
    const signal = new AbortController().signal;
    const reply = await one.request({ method: 'POST', path: '/payments', headers: { 'x-sign': 'abc' }, body, signal });
    expect(seen).toEqual(['POST', '/prefix/payments', 'abc', 'application/json', '{"amount":100}']);
    expect(one.target('/payments')).toBe('/prefix/payments');
    expect(new TextDecoder().decode(jsonBody(reply))).toBe('{"a":1}');
    expect(reply).toMatchObject({ status: 201, dateMs: Date.UTC(2026, 0, 6, 10), retryAfterMs: null, etag: null, contentRange: null });
  });

  test('tells which part of which file it sends', async () => {
    const headers = { etag: '"v1"', 'content-range': 'bytes 4-5/9' };
    const url = await serve((_request, response) => void response.writeHead(206, headers).end('ef'));
    expect(await get(client({ url }))).toMatchObject({ status: 206, etag: '"v1"', contentRange: 'bytes 4-5/9' });
  });

  test('a body nobody wants is not read, whatever its size, and the next request works', async () => {
    const url = await serve((_request, response) => void response.writeHead(200, { etag: '"v2"' }).end('x'.repeat(5_000_000)));
    const one = client({ url }, { maxBytes: 10_000_000 });
    const ask = () => one.request({ method: 'GET', path: '/x', headers: {}, signal: new AbortController().signal, unread: [200] });
    for (let i = 0; i < 6; i++) expect(await ask()).toMatchObject({ status: 200, etag: '"v2"', body: new Uint8Array() });
  });

  test('without reuse every request has a connection of its own, and says so', async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      seen.push(`${request.socket.remotePort} ${request.headers.connection}`);
      response.end();
    });
    const own = client({ url }, { reuse: false });
    for (let i = 0; i < 5; i++) await get(own);
    expect([new Set(seen).size, seen.every((text) => text.endsWith(' close'))]).toEqual([5, true]);
    const shared = client({ url });
    for (let i = 0; i < 5; i++) await get(shared);
    expect(new Set(seen).size).toBeLessThan(10);
  });

  test('a redirect is not followed', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests++;
      response.writeHead(302, { location: '/login' }).end();
    });
    expect((await get(client({ url }))).status).toBe(302);
    expect(requests).toBe(1);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['999999999', 3_600_000],
    ['Tue, 06 Jan 2026 10:00:30 GMT', 30_000],
    ['Tue, 06 Jan 2026 09:00:00 GMT', 0],
    ['soon', null],
    ['-5', 0],
  ])('Retry-After %j is %j ms', async (header, expected) => {
    const date = 'Tue, 06 Jan 2026 10:00:00 GMT';
    const url = await serve((_request, response) => void response.writeHead(429, { 'retry-after': header, date }).end());
    expect((await get(client({ url }))).retryAfterMs).toBe(expected);
  });

  test.each([
    ['text/html', '<html>Sign in to the network</html>'],
    ['text/plain', '{"success":true}'],
    ['application/jsonp', '{}'],
    ['', '{}'],
  ])('content type %j is not taken for JSON', async (type, body) => {
    const url = await serve((_request, response) => void response.writeHead(200, type === '' ? {} : { 'content-type': type }).end(body));
    const reply = await get(client({ url }));
    expect(() => jsonBody(reply)).toThrow(expect.objectContaining({ code: 'peer-not-json', retryable: true }));
  });

  test.each(['application/json', 'application/JSON;charset=utf-8', 'application/problem+json'])('content type %j is', async (type) => {
    const url = await serve((_request, response) => void response.writeHead(200, { 'content-type': type }).end('{}'));
    expect(jsonBody(await get(client({ url })))).toHaveLength(2);
  });
});

describe('a bad server', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

  test.each<[string, string, (() => Promise<string>) | string]>([
    ['closes without a word', 'peer-cut', () => raw('', (socket) => void socket.destroy())],
    ['cuts the body', 'peer-cut', () => raw(`${HEAD}content-length: 100\r\n\r\n{"success":`, (socket) => void socket.destroy())],
    ['resets', 'peer-cut', () => raw(`${HEAD}content-length: 9\r\n\r\n{`, (socket) => void socket.resetAndDestroy())],
    ['speaks something else', 'peer-not-http', () => raw('SSH-2.0-OpenSSH_9.9\r\n')],
    ['announces a huge body', 'peer-too-large', () => raw(`${HEAD}content-length: 999999999\r\n\r\n${'x'.repeat(70_000)}`)],
    ['never ends its body', 'peer-too-large', () => raw(`${HEAD}transfer-encoding: chunked\r\n\r\n`, endless)],
    ['sends huge headers', 'peer-too-large', () => raw(`${HEAD}x-long: ${'x'.repeat(70_000)}\r\n\r\n`)],
    ['does not listen', 'peer-refused-connection', closedPort],
    ['has no such name', 'peer-unknown-host', 'http://no-such-host.invalid'],
    ['does not listen for TLS either', 'peer-refused-connection', async () => (await closedPort()).replace('http:', 'https:')],
    ['has no such name for TLS either', 'peer-unknown-host', 'https://no-such-host.invalid'],
  ])('%s: %s', async (_what, code, url) => {
    const at = typeof url === 'string' ? url : await url();
    const error = await fault(get(client({ url: at })));
    const unsent = code === 'peer-refused-connection' || code === 'peer-unknown-host';
    expect(error).toMatchObject({ code, retryable: true, unsent });
  });

  test.each<[string, string]>([
    ['is silent', ''],
    ['stops within its headers', HEAD],
    ['stops within its body', `${HEAD}content-length: 100\r\n\r\n{`],
  ])('%s: given up at the deadline', async (_what, bytes) => {
    const asked = Promise.withResolvers<void>();
    const url = await raw(bytes, () => asked.resolve());
    const own = new FakeClock();
    const answer = fault(get(client({ url }, { clock: own })));
    await asked.promise;
    own.advance(4_999);
    own.advance(1);
    expect(await answer).toMatchObject({ code: 'peer-timeout', unsent: false });
    expect(own.pending()).toBe(0);
  });

  test('drips its body: byte by byte it still misses the deadline', async () => {
    const own = new FakeClock();
    const dripping = Promise.withResolvers<void>();
    const url = await raw(`${HEAD}content-length: 100\r\n\r\n`, (socket) => {
      const timer = setInterval(() => void socket.write('x', () => dripping.resolve()), 1);
      socket.once('close', () => clearInterval(timer));
    });
    const answer = fault(get(client({ url }, { clock: own })));
    await dripping.promise;
    own.advance(5_000);
    expect((await answer).code).toBe('peer-timeout');
  });

  test('cannot be reached: connecting gets half the time', async () => {
    const own = new FakeClock();
    const dialled = Promise.withResolvers<void>();
    const dial = () => {
      dialled.resolve();
      return new net.Socket();
    };
    const answer = fault(get(client({ url: 'http://192.0.2.1' }, { clock: own, dial })));
    await dialled.promise;
    own.advance(2_500);
    expect(await answer).toMatchObject({ code: 'peer-timeout', unsent: true });
  });

  test('the caller gives up', async () => {
    const asked = Promise.withResolvers<void>();
    const url = await raw('', () => asked.resolve());
    const abort = new AbortController();
    const answer = fault(get(client({ url }), abort.signal));
    await asked.promise;
    abort.abort();
    expect((await answer).code).toBe('request-aborted');
  });

  test('the next request works', async () => {
    let first = true;
    const url = await serve((request, response) => {
      if (first) request.socket.destroy();
      else response.writeHead(200).end();
      first = false;
    });
    const one = client({ url });
    expect((await fault(get(one))).code).toBe('peer-cut');
    expect((await get(one)).status).toBe(200);
  });
});

test('a dial hook makes every connection, and what it refuses is refused', async () => {
  const url = await serve((_request, response) => void response.writeHead(204).end());
  const dialled: string[] = [];
  const dial = (host: string, port: number) => {
    dialled.push(host);
    return net.connect(port, host);
  };
  const through = client({ url }, { dial });
  expect((await get(through)).status).toBe(204);
  expect(dialled).toEqual(['127.0.0.1']);
  const cut = client({ url }, { dial: () => new net.Socket().destroy(Object.assign(new Error('cut'), { code: 'ENETUNREACH' })) });
  expect((await fault(get(cut))).code).toBe('peer-unreachable');
});

const openssl = needsOpenssl();
describe.skipIf(openssl.missing)(`over TLS${openssl.why}`, () => {
  let pems: Certificates;
  beforeAll(() => {
    pems = makeCertificates();
  });
  afterAll(() => pems.dispose());

  const secure = async (pair: Pair, options: https.ServerOptions = {}) => {
    const server = https.createServer({ ...pair, ...options }, (request, response) => {
      const { socket } = request;
      const peer = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate().subject?.CN : undefined;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ peer: peer ?? null }));
    });
    server.on('tlsClientError', () => {});
    return listen(server);
  };

  test('a certificate of the given authority is taken, through a dial hook too', async () => {
    const port = await secure(pems.server);
    const endpoint = { url: `https://localhost:${port}`, ca: pems.ca };
    expect((await get(client(endpoint))).status).toBe(200);
    expect((await get(client(endpoint, { dial: (_host, at) => net.connect(at, '127.0.0.1') }))).status).toBe(200);
  });

  test.each([
    ['an authority nobody named', 'server', undefined, 'tls-untrusted'],
    ['another authority', 'server', 'otherCa', 'tls-untrusted'],
    ['another host', 'elsewhere', 'ca', 'tls-host'],
    ['the past', 'expired', 'ca', 'tls-expired'],
  ] as const)('a certificate of %s is refused', async (_what, name, ca, code) => {
    const port = await secure(pems[name]);
    const error = await fault(get(client({ url: `https://localhost:${port}`, ...(ca === undefined ? {} : { ca: pems[ca] }) })));
    expect(error.code).toBe(code);
    expect(error.remedy).toBeDefined();
  });

  test('`insecure` takes any certificate', async () => {
    const port = await secure(pems.expired);
    expect((await get(client({ url: `https://localhost:${port}`, insecure: true }))).status).toBe(200);
  });

  test('a client certificate is shown where the server asks for one, and missed otherwise', async () => {
    const port = await secure(pems.server, { ca: pems.ca, requestCert: true, rejectUnauthorized: true });
    const endpoint = { url: `https://localhost:${port}`, ca: pems.ca };
    const reply = await get(client({ ...endpoint, ...pems.client }));
    expect(new TextDecoder().decode(reply.body)).toBe('{"peer":"tilld-box-0001"}');
    // Node's server hangs up without an alert; one that sends it (mosquitto, nginx) is told apart as tls-client-refused.
    expect((await fault(get(client(endpoint)))).code).toBe('peer-cut');
  });

  test('a server that does not speak TLS is refused', async () => {
    const url = await raw('HTTP/1.1 200 OK\r\n\r\n');
    expect((await fault(get(client({ url: url.replace('http:', 'https:'), ca: pems.ca })))).code).toBe('tls-failed');
  });
});

function endless(socket: net.Socket): void {
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

async function closedPort(): Promise<string> {
  const server = net.createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}
