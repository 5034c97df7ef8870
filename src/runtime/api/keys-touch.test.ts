import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { differences } from '../../testkit/openapi.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import openapi from './openapi.json' with { type: 'json' };
import type { Api, ApiParts } from './server.ts';

let box: ScriptedBox;
let api: Api | null;
beforeEach(() => {
  box = new ScriptedBox();
  api = null;
});
afterEach(async () => {
  await api?.stop();
  box.done();
});

async function start(change: Partial<ApiParts> = {}): Promise<Api> {
  api = await serveBox(box, {}, change);
  return api;
}

const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const AMOUNTS: Screen = { kind: 'amount-select', amounts: [{ minor: 2_000, currency: 'THB' }], other: true };
const TOUCH = [
  { key: 'amount-1', left: 10, top: 20, width: 100, height: 50 },
  { key: 'amount-other', left: 120, top: 20, width: 100, height: 50 },
];
const touched = (touch = TOUCH) => start({ drawScreen: async () => ({ svg: '<svg/>', touch }) });

test.each(['7', 'ok', 'amount-12', 'method-1', 'p1'])('the key %s is pressed, and what it led to is told', async (key) => {
  const { url } = await start();
  box.expect('press', [key], () => box.draw(AMOUNTS));
  const response = await post(`${url}/v1/keys`, { key });
  const answer = await response.json();
  expect([response.status, answer]).toEqual([200, { key, screen: AMOUNTS }]);
  expect(differences(openapi, { $ref: '#/components/schemas/PressReply' }, answer)).toEqual([]);
});

test.each<[string, { x: number; y: number }, string]>([
  ['its first pixel', { x: 10, y: 20 }, 'amount-1'],
  ['its last pixel', { x: 109, y: 69 }, 'amount-1'],
  ['another button', { x: 120, y: 20 }, 'amount-other'],
])('a touch presses the key in that place: %s', async (_, at, key) => {
  box.draw(AMOUNTS);
  const { url } = await touched();
  box.expect('press', [key]);
  const answer = await (await post(`${url}/v1/touch`, at)).json();
  expect(answer).toEqual({ key, screen: AMOUNTS });
  expect(differences(openapi, { $ref: '#/components/schemas/PressReply' }, answer)).toEqual([]);
});

test.each<[string, { x: number; y: number }]>([
  ['left of it', { x: 9, y: 20 }],
  ['right of it', { x: 110, y: 20 }],
  ['above it', { x: 10, y: 19 }],
  ['below it', { x: 10, y: 70 }],
  ['outside the picture', { x: 4_095, y: 4_095 }],
])('a touch beside every key presses none: %s', async (_, at) => {
  box.draw(AMOUNTS);
  const { url } = await touched();
  const response = await post(`${url}/v1/touch`, at);
  const answer = await response.json();
  expect([response.status, answer]).toEqual([200, { key: null, screen: AMOUNTS }]);
  expect(differences(openapi, { $ref: '#/components/schemas/PressReply' }, answer)).toEqual([]);
});

test('of keys that overlap the one drawn last is touched', async () => {
  const { url } = await touched([...TOUCH, { key: 'cancel', left: 50, top: 30, width: 20, height: 20 }]);
  box.expect('press', ['cancel']);
  expect(await (await post(`${url}/v1/touch`, { x: 60, y: 40 })).json()).toMatchObject({ key: 'cancel' });
});

test('a screen that came meanwhile has other things in that place', async () => {
  box.draw(AMOUNTS);
  const drawScreen = async () => {
    box.draw({ kind: 'thank-you' });
    return { svg: '<svg/>', touch: TOUCH };
  };
  const { url } = await start({ drawScreen });
  const response = await post(`${url}/v1/touch`, { x: 10, y: 20 });
  expect([response.status, await response.json()]).toEqual([200, { key: null, screen: { kind: 'thank-you' } }]);
});

test.each<[string, unknown, string]>([
  ['/v1/keys', {}, '$.key'],
  ['/v1/keys', { key: '' }, '$.key'],
  ['/v1/keys', { key: 7 }, '$.key'],
  ['/v1/keys', { key: 'OK' }, '$.key'],
  ['/v1/keys', { key: 'a b' }, '$.key'],
  ['/v1/keys', { key: 'x'.repeat(33) }, '$.key'],
  ['/v1/keys', { key: '__proto__' }, '$.key'],
  ['/v1/keys', { key: 'ok', times: 2 }, '$.times'],
  ['/v1/keys', 'null', '$'],
  ['/v1/touch', {}, '$.x'],
  ['/v1/touch', { x: 1 }, '$.y'],
  ['/v1/touch', { x: -1, y: 1 }, '$.x'],
  ['/v1/touch', { x: 1, y: 4_096 }, '$.y'],
  ['/v1/touch', { x: 1.5, y: 1 }, '$.x'],
  ['/v1/touch', { x: '1', y: 1 }, '$.x'],
  ['/v1/touch', { x: 1, y: 1, z: 1 }, '$.z'],
  ['/v1/touch', '[1, 1]', '$'],
])('%s with %j reaches no key', async (path, body, fault) => {
  const { url } = await touched();
  const response = await post(url + path, body);
  const answer = (await response.json()) as { error: { faults: { path: string }[] } };
  expect(response.status).toBe(400);
  expect(answer).toMatchObject({ error: { code: 'request-invalid', blame: 'caller' } });
  expect(answer.error.faults.map(({ path }) => path)).toContain(fault);
  expect(differences(openapi, { $ref: '#/components/schemas/Error' }, answer)).toEqual([]);
});
