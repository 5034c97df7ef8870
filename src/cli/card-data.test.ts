import fs from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UpdateState } from '../domain/ota/update.ts';
import { REFERENCE_DS50 } from '../refserver/ds50/api-key.ts';
import { type TestBroker, testBroker } from '../testkit/broker.ts';
import { PLANTED_IDS, PLANTED_TEXTS } from '../testkit/card-leaks.ts';
import { plantedPackages } from '../testkit/card-packages.ts';
import { HostileServer, type RawAnswer } from '../testkit/hostile-server.ts';
import { sha256 } from '../testkit/ota-package.ts';
import { WATCHED_SERIAL, WatchedBox } from '../testkit/watched-box.ts';

/** A box among servers that send card data wherever they can: none of it may come out of any output, or be on its disk. */

const TEXTS = Object.values(PLANTED_TEXTS);
const IDS = Object.values(PLANTED_IDS);
/** All of them in one text, where there is room for it. */
const EVERYTHING = TEXTS.join(' | ');
const TOPIC = `${REFERENCE_DS50.topicPrefix}/${WATCHED_SERIAL}`;
const LONG = 120_000;

const [T, I] = [TEXTS.length, IDS.length];
/** How many inputs with card data each place must have got. */
const EXPECTED: Readonly<Record<string, number>> = {
  'mqtt retained': 1,
  'mqtt sale': 1,
  'mqtt message': T,
  'mqtt orderId': I,
  'mqtt orderId twice': I,
  'mqtt number': 2,
  'mqtt amount': T,
  'mqtt transType': T,
  'mqtt unknown field': T,
  'mqtt wrong type': T,
  'mqtt no object': T,
  'mqtt no JSON': 2 * T,
  'mqtt key twice': T,
  'mqtt no UTF-8': 1,
  'mqtt huge': 1,
  'update deployment': I,
  'update name': 2 * I,
  'update path': I,
  'update size': T,
  'update sha256': T,
  'update permitDowngrade': T,
  'update deadline': T,
  'update unknown': T,
  'update wrong type': T + 1,
  'update and order': T,
  'payment sale': 21,
  'payment details': 29,
  'tms part': 8,
  'tms report': 1,
  package: 26,
  'package by hand': 26,
};

/** Inputs that carried card data and demonstrably arrived, by where they went in. */
const arrived = new Map<string, number>();
const count = (where: string): void => void arrived.set(where, (arrived.get(where) ?? 0) + 1);

const root = fs.mkdtempSync(join(os.tmpdir(), 'tilld-card-data-'));
let broker: TestBroker;
let server: HostileServer;
let box: WatchedBox;

beforeAll(async () => {
  broker = await testBroker();
  server = new HostileServer();
  await server.open();
  box = new WatchedBox(join(root, 'box'), { httpUrl: server.url, mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
});
afterAll(async () => {
  await box.end('SIGKILL');
  await server.close();
  await broker.stop();
  fs.rmSync(root, { recursive: true });
});

/** Publishes to the box; each has arrived when it is acknowledged. */
async function push(where: string, ...payloads: readonly (Uint8Array | object | string)[]): Promise<void> {
  for (const payload of payloads) {
    await broker.publish(TOPIC, payload instanceof Uint8Array || typeof payload === 'string' ? payload : JSON.stringify(payload));
    await broker.events.next('ack');
    count(where);
  }
}

let numbered = 0;
const order = (change: Readonly<Record<string, unknown>>) => ({
  message: '',
  amount: '100',
  transType: '99',
  orderId: `order-${++numbered}`,
  ...change,
});

test('what the broker kept', async () => {
  await broker.publish(TOPIC, JSON.stringify(order({ message: EVERYTHING, orderId: IDS[0] })), { retain: true });
  await box.start();
  await box.until('offered it', ({ rejections }) => rejections.last?.code === 'message-retained');
  count('mqtt retained');
  await broker.publish(TOPIC, '', { retain: true });
  await broker.events.next('ack');
});

test(
  'orders',
  async () => {
    await push('mqtt sale', order({ transType: '00', message: EVERYTHING.slice(0, 200) }));
    await box.until('selling', ({ sale }) => sale !== null);
    await box.read();
    await box.until('rid of it', async ({ sale }) => sale === null || (await box.post(`/v1/sales/${sale.id}/cancel`, {})).status === 200);
    await push('mqtt message', ...TEXTS.map((message) => order({ message })));
    await push('mqtt orderId', ...IDS.map((orderId) => order({ orderId })));
    await push('mqtt orderId twice', ...IDS.map((orderId) => order({ orderId })));
    await push('mqtt number', order({ orderId: Number(PLANTED_IDS.visa) }), order({ amount: Number(PLANTED_IDS.visa) }));
    await push('mqtt amount', ...TEXTS.map((amount) => order({ amount })));
    await push('mqtt transType', ...TEXTS.map((transType) => order({ transType })));
    await push('mqtt unknown field', ...TEXTS.map((text) => order({ [text]: text, cvv: '7391', pin: PLANTED_TEXTS['pin-alone'] })));
    await push('mqtt wrong type', ...TEXTS.map((text) => order({ orderId: [text], message: { [text]: text } })));
    await push('mqtt no object', ...TEXTS.map((text) => JSON.stringify([text])));
    await push('mqtt no JSON', ...TEXTS, ...TEXTS.map((text) => `{"message":"${text}","${text}`));
    await push('mqtt key twice', ...TEXTS.map((text) => `{"${text}":1,"${text}":2}`));
    await push('mqtt no UTF-8', Buffer.concat([Buffer.from(EVERYTHING), Buffer.from([0xff])]));
    await push('mqtt huge', order({ message: EVERYTHING.repeat(100) }));
    await box.read();
  },
  LONG,
);

const instruction = (change: Readonly<Record<string, unknown>>) => ({
  update: { deployment: 'dep', name: 'CUST_DS50-MQ_ACME_V1.0.0.zip', size: 9, sha256: sha256(Buffer.from('x')), path: '/p', ...change },
});

test(
  'update instructions',
  async () => {
    await push('update deployment', ...IDS.map((deployment) => instruction({ deployment })));
    await push(
      'update name',
      ...IDS.flatMap((id) => [instruction({ name: `${id}.zip` }), instruction({ name: `CUST_DS50-MQ_${id}_V1.0.0.zip` })]),
    );
    await push('update path', ...IDS.map((id) => instruction({ path: `/tms/${id}` })));
    for (const field of ['size', 'sha256', 'permitDowngrade', 'deadline', 'unknown'])
      await push(`update ${field}`, ...TEXTS.map((text) => instruction({ [field]: text, [text]: text })));
    await push('update wrong type', ...TEXTS.map((text) => ({ update: text })), instruction({ size: Number(PLANTED_IDS.visa) }));
    await push('update and order', ...TEXTS.map((text) => ({ ...instruction({ deployment: text }), ...order({ message: text }) })));
    await box.read();
  },
  LONG,
);

const json = (value: unknown, more: Partial<RawAnswer> = {}): RawAnswer => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
  ...more,
});
/** What any server can answer to anything. */
const replies = (body: unknown): RawAnswer[] => [
  { headers: { 'content-type': 'text/html' }, body: `<h1>${EVERYTHING}</h1>` },
  { headers: { 'content-type': 'application/json' }, body: EVERYTHING },
  json(body, { status: `500 ${EVERYTHING}` }),
  json(
    { error: EVERYTHING },
    { status: `401 ${EVERYTHING}`, headers: { 'content-type': 'application/json', 'www-authenticate': EVERYTHING } },
  ),
  json(body, { status: `302 ${EVERYTHING}`, headers: { location: `http://127.0.0.1/${encodeURIComponent(EVERYTHING)}` } }),
  {
    headers: { 'content-type': EVERYTHING, date: EVERYTHING, etag: EVERYTHING, 'retry-after': IDS[0] ?? '', 'set-cookie': EVERYTHING },
    body: EVERYTHING,
  },
  { headers: { 'content-type': 'application/json', 'x-a': EVERYTHING, [IDS[0] ?? '']: EVERYTHING }, body: `[${EVERYTHING}` },
  { status: EVERYTHING, body: EVERYTHING },
];

test(
  'answers to a sale',
  async () => {
    const good = { acqAuthCode: '123456', acqResponseCode: '00', emvData: '', transStatus: 'APPROVE' };
    const fields = Object.keys(good).flatMap((field) =>
      [EVERYTHING, PLANTED_IDS.visa, Number(PLANTED_IDS.visa)].map((value) => ({ [field]: value })),
    );
    const answers = [...fields.map((change) => json({ ...good, ...change, [EVERYTHING]: EVERYTHING })), json(good), ...replies(good)];
    const question = { respCode: '00', total: 1, transInfo: [] };
    const record = {
      transStatus: 'UNKNOWN',
      acqAuthCode: '1',
      transAmount: '1',
      transType: 'SALE',
      cardNo: '',
      cardOrg: 'VISA',
      traceNo: '000001',
      batchNo: '000001',
      transDatetime: '',
    };
    const records = Object.keys(record).flatMap((field) =>
      IDS.slice(0, 1)
        .concat(EVERYTHING)
        .map((text) => ({ ...question, transInfo: [{ ...record, [field]: text }] })),
    );
    const questions = [
      ...[
        ...records,
        { ...question, respCode: EVERYTHING },
        { ...question, total: EVERYTHING },
        { ...question, transInfo: EVERYTHING },
      ].map((body) => json(body)),
      ...replies(question),
    ];
    server.give('details', ...questions);
    for (const answer of answers) {
      server.give('sale', answer);
      const before = server.served.of('sale').length;
      await box.sellByCard(100 + (++numbered % 50), numbered % 2 === 0 ? 'visa' : 'amex', () => server.served.of('sale').length > before);
      count('payment sale');
    }
    // More charges that nobody knows anything of, until every question has had its answer.
    while (server.left() > 0) {
      server.give('sale', { status: '503 Busy', body: '' });
      const before = server.served.of('sale').length;
      await box.sellByCard(777, 'visa', () => server.served.of('sale').length > before);
      await box.until('asked', ({ watching }) => watching === 0 || server.left() === 0);
    }
    arrived.set('payment details', questions.length);
    await box.read();
  },
  LONG,
);

/** Has the box look at a package; resolves when it has told how that ended. */
async function rollOut(where: string, deployment: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  await push(where, instruction({ deployment, ...change }));
  const ended = () =>
    server.served.all.some(({ kind, body }) => kind === 'report' && body.includes(`"${deployment}"`) && /_FAIL|UPGRADE_SUCCESS/.test(body));
  await box.until(`done with ${deployment}`, () => {
    box.searchUpdateState();
    return ended();
  });
}

test(
  'answers of the TMS',
  async () => {
    const part = (etag: string, range: string): RawAnswer => ({ status: '206 Part', headers: { etag, 'content-range': range }, body: 'x' });
    // The box waits a moment after the second one, with the tag of the first on its disk.
    server.give('part', part(`"${IDS[0]}"`, 'bytes 0-0/9'), part(EVERYTHING, EVERYTHING), part(`"${IDS[0]}"`, 'bytes 1-1/9'));
    server.give('part', part(EVERYTHING, 'bytes 2-2/9'), { status: `416 ${EVERYTHING}`, body: EVERYTHING });
    await rollOut('tms part', 'dep-parts', { path: '/parts' });
    for (const [i, answer] of replies({}).entries()) {
      // Of those that are tried again one is enough.
      if (i === 4) continue;
      const before = server.served.of('part').length;
      server.give('part', answer, { status: '404 Not Found', body: EVERYTHING });
      await rollOut('tms part', `dep-answer-${i}`, { path: `/answer-${i}` });
      expect(server.served.of('part').length).toBeGreaterThan(before);
      server.takeBack('part');
    }
    server.give(
      'report',
      json({ respCode: EVERYTHING, accepted: 1 }),
      json({ respCode: '00', accepted: Number(PLANTED_IDS.visa) }),
      json({ message: EVERYTHING }, { status: `400 ${EVERYTHING}` }),
    );
    await rollOut('tms report', 'dep-report', { path: '/report' });
    await box.until('told', () => server.left() === 0);
    await box.read();
  },
  LONG,
);

test(
  'packages',
  async () => {
    const packages = Object.entries(plantedPackages(box.keys));
    const outcomes: string[] = [];
    const last = async () => {
      const { job, last } = JSON.parse((await box.ask('/v1/updates')).text) as UpdateState;
      return job === null ? last : null;
    };
    for (const [name, bytes] of packages) {
      server.give('part', { headers: { 'content-type': 'application/zip', etag: '"1"' }, body: bytes });
      await rollOut('package', `dep-${name}`, { size: bytes.length, sha256: sha256(bytes), path: `/${name}` });
      outcomes.push(`${name} ${(await last())?.code}`);
      await box.read();
    }
    for (const [name, bytes] of packages) {
      const file = join(root, '4111111111111111', name, 'CUST_DS50-MQ_ACME_V1.0.0.zip');
      fs.mkdirSync(dirname(file), { recursive: true });
      fs.writeFileSync(file, bytes);
      const sinceMs = (await last())?.atMs ?? 0;
      await box.post('/v1/updates/install', { file });
      await box.until('done with it', async () => ((await last())?.atMs ?? 0) > sinceMs);
      count('package by hand');
    }
    // Each was read as far as its own fault.
    expect(outcomes.filter((outcome) => !/ (?:zip-|ota-(?:manifest|missing-file|posparam|certificate)$)/.test(outcome))).toEqual([]);
    await box.read();
  },
  LONG,
);

test(
  'nothing came out, nothing is on the disk: not in order, not after SIGKILL, not after the next start',
  async () => {
    await box.read();
    await box.end('SIGKILL');
    const files = [...fs.readdirSync(root, { recursive: true }), ...fs.readdirSync('.')].map(String);
    expect(files.filter((name) => /(^|\/)core(\.|$)/.test(name))).toEqual([]);
    await box.start();
    await box.read();
    await box.end('SIGTERM');
    // What never arrived proves nothing.
    expect(Object.fromEntries(arrived)).toEqual(EXPECTED);
    expect(box.searched).toBeGreaterThan(500);
    expect(box.leaks).toEqual([]);
  },
  LONG,
);
