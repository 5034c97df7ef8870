import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeStatusReport } from '../protocols/ds50/tms.ts';
import { REFERENCE_DS50 } from '../refserver/ds50/api-key.ts';
import { type ReferenceBackend, startReferenceBackend } from '../refserver/server.ts';
import { createLog } from '../runtime/log.ts';
import { cardLeaks, cardLeaksBelow, PLANTED_IDS, PLANTED_TEXTS } from '../testkit/card-leaks.ts';
import { plantedPackages } from '../testkit/card-packages.ts';
import { DETAILS_PATH, SALE_PATH } from '../testkit/ds50-gateway.ts';
import { documented } from '../testkit/ds50-messages.ts';
import { WATCHED_SERIAL, WatchedBox } from '../testkit/watched-box.ts';

/** A box and the reference backend with real card payments between them, and card data wherever either takes a text. */

const TEXTS = Object.values(PLANTED_TEXTS);
const IDS = Object.values(PLANTED_IDS);
const EVERYTHING = TEXTS.join(' | ');
const LONG = 120_000;

const [T, I] = [TEXTS.length, IDS.length];
/** How many requests with card data, or about it, each place must have got. */
const EXPECTED: Readonly<Record<string, number>> = {
  next: 6,
  list: 5,
  push: T,
  'push raw': 2 * T,
  'push bad': T,
  'push order': I,
  'next bad': T,
  sale: 14 * (I + 1) + 1,
  details: 4,
  'sale no JSON': 1,
  report: 3 * (I + 1),
  package: I + 1,
  group: 2 * (I + 1),
  address: 4 * (I + 1),
  deployment: I + 1,
  fault: I + 1,
  upload: 26 * 3,
};

const root = fs.mkdtempSync(join(os.tmpdir(), 'tilld-card-reference-'));
const backendFolder = join(root, 'backend');
const lines: string[] = [];
const leaks: string[] = [];
const arrived = new Map<string, number>();
let backend: ReferenceBackend;
let box: WatchedBox;

beforeAll(async () => {
  fs.mkdirSync(backendFolder);
  const log = createLog({ level: 'debug', human: false, write: (line) => void lines.push(line) });
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, stateFile: join(backendFolder, 'refserver.sqlite'), log });
  box = new WatchedBox(join(root, 'box'), backend);
  await box.start();
  await box.until('online', ({ links }) => links.mqtt === 'up');
});
afterAll(async () => {
  await box.end('SIGKILL');
  await backend.stop();
  fs.rmSync(root, { recursive: true });
});

/** One request to the backend; whatever it answers is searched. */
async function ask(where: string, path: string, body?: unknown, more: RequestInit = {}): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-api-key': REFERENCE_DS50.apiKey };
  const init = body === undefined ? { headers, ...more } : { method: 'POST', headers, body: JSON.stringify(body), ...more };
  const response = await fetch(backend.httpUrl + path, init);
  const text = await response.text();
  leaks.push(...cardLeaks(`backend, ${init.method ?? 'GET'} ${path}`, text));
  arrived.set(where, (arrived.get(where) ?? 0) + 1);
  return text;
}
const sales = async () =>
  (JSON.parse(await (await fetch(`${backend.httpUrl}/ref/ds50/sales`)).text()) as { sales: { answer: string; maskedPan: string }[] }).sales;

test(
  'card payments: approved, declined, answered late, garbled or not at all',
  async () => {
    for (const [i, outcome] of ['approve', 'decline', 'no-answer', 'garbage', 'http-500', 'late'].entries()) {
      await ask('next', '/ref/ds50/next', { outcome, ...(outcome === 'late' ? { ms: 300 } : {}) });
      const before = (await sales()).length;
      await box.sellByCard(1_000 + i, i % 2 === 0 ? 'visa' : 'amex', async () => (await sales()).length > before);
    }
    expect((await sales()).map(({ answer, maskedPan }) => `${answer} ${maskedPan}`).reverse()).toEqual([
      'approve 411111******1111',
      'decline 378282*****0005',
      'no-answer 411111******1111',
      'garbage 378282*****0005',
      'http-500 411111******1111',
      'late 378282*****0005',
    ]);
  },
  LONG,
);

test(
  'what is pushed from the page',
  async () => {
    for (const text of TEXTS) {
      await ask('push', '/ref/ds50/push', { deviceSn: WATCHED_SERIAL, transType: '99', amount: '100', message: text });
      await ask('push raw', '/ref/ds50/push', { deviceSn: WATCHED_SERIAL, raw: text });
      await ask('push raw', '/ref/ds50/push', {
        deviceSn: WATCHED_SERIAL,
        raw: JSON.stringify({ transType: '99', amount: '1', orderId: 'x', [text]: text }),
      });
      await ask('push bad', '/ref/ds50/push', { deviceSn: text, transType: text, amount: text, orderId: text, [text]: text });
      await ask('next bad', '/ref/ds50/next', { outcome: text, responseCode: text, [text]: text });
    }
    for (const orderId of IDS)
      await ask('push order', '/ref/ds50/push', { deviceSn: WATCHED_SERIAL, transType: '99', amount: '1', orderId });
    for (const list of ['pushes', 'sales']) await ask('list', `/ref/ds50/${list}`);
    const { orders, rejections } = await box.status();
    expect(orders + rejections.count).toBeGreaterThan(TEXTS.length);
  },
  LONG,
);

test(
  'what boxes send to the payment server',
  async () => {
    const request = documented('sale-request');
    for (const field of Object.keys(request)) {
      for (const text of [EVERYTHING, ...IDS]) {
        // A serial number may have as many digits as a card: that of a phone module has, with a check digit of the same kind.
        if (field === 'deviceSn' && text !== EVERYTHING) continue;
        await ask('sale', SALE_PATH, { ...request, [field]: text, traceNo: field === 'traceNo' ? text : '000777' });
      }
    }
    for (const field of ['deviceSn', 'pageNo', 'pageSize', 'date']) {
      const details = { deviceSn: 'other', pageNo: '1', pageSize: '1', date: '2026-01-01', [field]: EVERYTHING };
      await ask('details', DETAILS_PATH, details);
    }
    await ask('sale no JSON', SALE_PATH, undefined, { method: 'POST', body: EVERYTHING });
  },
  LONG,
);

test(
  'what boxes and people send to the TMS',
  async () => {
    const report = { id: 'r', deployment: 'd', status: 'PROGRESS' as const, progress: 1, reason: '', atMs: 0 };
    for (const id of [...IDS, EVERYTHING]) {
      for (const change of [{ id }, { deployment: id }, { reason: id.toLowerCase() }]) {
        const body = Buffer.from(encodeStatusReport({ deviceSn: 'other', reports: [{ ...report, ...change }] })).toString();
        await ask('report', '/tms/v1/status', undefined, { method: 'POST', headers: { 'x-api-key': REFERENCE_DS50.apiKey }, body });
      }
      const coded = encodeURIComponent(id);
      await ask('package', `/tms/v1/packages/${coded}`);
      await ask('group', `/ref/tms/groups/${coded}`, { devices: [WATCHED_SERIAL] }, { method: 'PUT' });
      await ask('group', '/ref/tms/groups/all', { devices: [id, `no ${id}`] }, { method: 'PUT' });
      await ask('address', `/ref/tms/groups/${coded}`);
      await ask('address', `/ref/tms/deployments/${coded}`);
      await ask('address', `/ref/${coded}`);
      await ask('address', `/${coded}`);
      await ask('deployment', '/ref/tms/deployments', { package: id, group: id, batchSize: id, [id]: id });
      await ask('fault', '/ref/faults', { kind: id, [id]: id });
    }
    for (const bytes of Object.values(plantedPackages(box.keys))) {
      for (const named of ['CUST_DS50-MQ_ACME_V1.0.0.zip', `CUST_DS50-MQ_${PLANTED_IDS.visa}_V1.0.0.zip`, `${PLANTED_IDS.chip}.zip`]) {
        const init = { method: 'POST', headers: { 'content-type': 'application/zip' }, body: new Uint8Array(bytes) };
        await ask('upload', `/ref/tms/packages?name=${named}`, undefined, init);
      }
    }
    for (const list of ['packages', 'groups', 'deployments']) await ask('list', `/ref/tms/${list}`);
  },
  LONG,
);

test(
  'nothing of it came out, and nothing is on either disk',
  async () => {
    await box.read();
    await box.end('SIGKILL');
    leaks.push(...box.leaks, ...cardLeaksBelow(backendFolder));
    await backend.stop();
    leaks.push(...cardLeaks('log of the backend', lines.join('')), ...cardLeaksBelow(backendFolder));
    // What never arrived proves nothing.
    expect(Object.fromEntries(arrived)).toEqual(EXPECTED);
    expect(lines.length).toBeGreaterThan(20);
    expect(leaks).toEqual([]);
  },
  LONG,
);
