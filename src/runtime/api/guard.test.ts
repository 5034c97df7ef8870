import { request } from 'node:http';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CallerFault } from '../../domain/fault.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import type { Api, ApiParts } from './server.ts';

let box: ScriptedBox;
const running: Api[] = [];

beforeEach(() => {
  box = new ScriptedBox();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.stop()));
  box.done();
});

async function start(change: Partial<ApiParts> = {}, api: Partial<ApiParts['settings']['api']> = {}): Promise<Api> {
  const started = await serveBox(box, api, change);
  running.push(started);
  return started;
}

/** A request with headers fetch does not let a caller set; its status. */
const rawStatus = (url: string, headers: Record<string, string>, method = 'GET') =>
  new Promise<number>((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

test.each([
  ['localhost:7070', 200],
  ['LOCALHOST', 200],
  ['127.0.0.1:1', 200],
  ['[::1]:7070', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['localhost:7070@evil.example', 400],
  ['192.168.1.5', 403],
])('Host %s', async (host, status) => {
  const { url } = await start();
  expect(await rawStatus(`${url}/v1/status`, { host })).toBe(status);
});

test.each([
  ['the same', (url: string) => url, 409],
  ['another port', () => 'http://127.0.0.1:1', 403],
  ['another site', () => 'https://evil.example', 403],
  ['none that counts', () => 'null', 403],
])('Origin: %s', async (_, origin, status) => {
  const { url } = await start();
  if (status !== 403) box.expect('pair', [], new CallerFault('no', { code: 'pairing-unsupported' }));
  expect(await rawStatus(`${url}/v1/pair`, { origin: origin(url) }, 'POST')).toBe(status);
});

test('with a token, only who has it; except for the question of health', async () => {
  const { url } = await start({}, { token: 'a-token-of-some-length' });
  const ask = (path: string, authorization?: string) => rawStatus(url + path, authorization === undefined ? {} : { authorization });
  expect(await ask('/v1/status', 'Bearer a-token-of-some-length')).toBe(200);
  expect(await ask('/v1/status', 'bearer a-token-of-some-length')).toBe(200);
  for (const wrong of [
    undefined,
    '',
    'Bearer',
    'Bearer a-token-of-some-lengtH',
    'Bearer a-token-of-some-length-',
    'Basic a-token-of-some-length',
    'Bearer  ',
  ]) {
    expect(await ask('/v1/status', wrong)).toBe(401);
  }
  expect(await ask('/metrics')).toBe(401);
  expect(await ask('/nowhere')).toBe(401);
  expect(await ask('/healthz')).toBe(200);
  expect((await fetch(`${url}/v1/status`)).headers.get('www-authenticate')).toBe('Bearer');
});

test('off loopback any host name will do, with the token', async () => {
  const { port } = await start({}, { host: '0.0.0.0', token: 'a-token-of-some-length' });
  const authorization = 'Bearer a-token-of-some-length';
  expect(await rawStatus(`http://127.0.0.1:${port}/v1/status`, { host: 'box.shop.example', authorization })).toBe(200);
});

test('further routes stand behind the same guard, with limits of their own', async () => {
  const extra = new Hono();
  extra.post('/sim/pulses', async (c) => c.json({ length: (await c.req.text()).length }));
  const { url } = await start({ extra }, { token: 'a-token-of-some-length' });
  const headers = { authorization: 'Bearer a-token-of-some-length' };
  expect(await (await fetch(`${url}/sim/pulses`, { method: 'POST', body: 'x'.repeat(100_000), headers })).json()).toEqual({
    length: 100_000,
  });
  expect((await fetch(`${url}/sim/pulses`, { method: 'POST', body: 'x' })).status).toBe(401);
});
