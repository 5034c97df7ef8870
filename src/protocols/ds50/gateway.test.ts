import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Certificates, makeCertificates } from '../../testkit/certificates.ts';
import { settle } from '../../testkit/clock.ts';
import { DETAILS_PATH, DS50_SERIAL, ds50Files, SAMPLE_SALE, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { needsOpenssl } from '../../testkit/needs.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';

const never = new AbortController().signal;
const DETAILS = `POST ${DETAILS_PATH}`;
const NONE: ScriptedReply = { body: { respCode: '00', total: 0, transInfo: [] } };

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
beforeEach(async () => {
  backend = await scriptedBackend();
  box = testDs50Gateway(backend);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

async function another(change: Parameters<typeof testDs50Gateway>[1]): Promise<void> {
  await box.stop();
  box = testDs50Gateway(backend, change);
}
async function up(): Promise<void> {
  await box.gateway.start();
  await box.inbound.next('reconnected');
}
const parameters = () => {
  const { parameters } = box.gateway;
  if (parameters === null) throw new TypeError('no parameters');
  return parameters;
};
const codes = () => box.gateway.faults().map(({ code, severity = 'error' }) => `${severity} ${code}`);

test('says what it can and refuses what it cannot', async () => {
  const { gateway } = box;
  expect(gateway.capabilities).toEqual({ pairs: false, pushes: true, queries: true, qr: false, reports: false });
  const refusal = (code: string) => expect.objectContaining({ code, blame: 'caller' });
  await expect(gateway.register(never)).rejects.toEqual(refusal('register-unsupported'));
  await expect(gateway.identify('x')).rejects.toEqual(refusal('identify-unsupported'));
  const intent = { request: 'r', amount: SAMPLE_SALE.amount, description: '' };
  await expect(gateway.requestQr(intent, never)).rejects.toEqual(refusal('qr-unsupported'));
  expect(await gateway.deliver([], never)).toMatchObject({ state: 'refused' });
  expect(await gateway.watch(SAMPLE_SALE.charge)).toBe(true);
  await gateway.unwatch(SAMPLE_SALE.charge);
  expect(backend.broker.events.all).toEqual([]);
});

test('names a charge by the day of the box, batch and trace number', () => {
  const lateAtNight = new Date(2025, 11, 31, 23, 59, 59).getTime();
  const name = (batch: number, trace: number) => box.gateway.cards?.charge({ atMs: lateAtNight, batch, trace });
  expect([name(1, 1), name(999_999, 42)]).toEqual(['20251231-000001-000001', '20251231-999999-000042']);
});

test.each(['', 'a/b', '+', '#', 'a b', 'x'.repeat(65)])('a serial number %j is never made a topic', (serial) => {
  expect(() => testDs50Gateway(backend, { serial })).toThrow(expect.objectContaining({ code: 'serial-invalid', blame: 'configuration' }));
});

test('a dial hook for each link makes its connections', async () => {
  const dialled: string[] = [];
  const through = (link: string) => (host: string, port: number) => {
    dialled.push(`${link} ${port}`);
    return connect(port, host);
  };
  await another({ dial: through('http'), mqttDial: through('mqtt') });
  backend.script({ request: DETAILS, reply: NONE });
  await box.gateway.queryPayment(SAMPLE_SALE.charge, never);
  await up();
  expect(dialled).toEqual([`http ${new URL(backend.httpUrl).port}`, `mqtt ${backend.broker.port}`]);
});

describe('whether the whole backend answers', () => {
  const today = (): string => {
    const now = new Date(box.clock.wallMs());
    return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;
  };

  test('yes, when the broker is up and the first page of today comes', async () => {
    await up();
    const body = `{"deviceSn":"${DS50_SERIAL}","pageNo":"1","pageSize":"1","date":"${today()}"}`;
    backend.script({ request: DETAILS, body, reply: NONE });
    expect(await parameters().probe(never)).toBe(true);
  });

  test.each<[string, ScriptedReply]>([
    ['a refused key', { status: 401, body: {} }],
    ['a wrong path', { status: 404, body: {} }],
    ['a page of something else', { type: 'text/html', body: '<html>' }],
    ['another response code', { body: { respCode: '96', total: 0 } }],
    ['500', { status: 500, body: {} }],
    ['a cut', 'cut'],
  ])('no, with %s', async (_what, reply) => {
    await up();
    backend.script({ request: DETAILS, reply });
    expect(await parameters().probe(never)).toBe(false);
  });

  test('no, without a broker, and none is asked then', async () => {
    expect(await parameters().probe(never)).toBe(false);
  });

  test('no, when nobody waits for the answer any more', async () => {
    await up();
    expect(await parameters().probe(AbortSignal.abort())).toBe(false);
  });
});

describe('what a person must know', () => {
  const KEY = '20260131';
  const at = (day: number) => new Date(2026, 0, day, 12).getTime();

  test.each([
    ['31 days before', new Date(2025, 11, 31, 12).getTime(), []],
    ['30 days before', at(1), ['warning api-key-expiring']],
    ['on its last day', new Date(2026, 0, 31, 23, 59, 59).getTime(), ['warning api-key-expiring']],
    ['the day after', new Date(2026, 1, 1, 0, 0, 0).getTime(), ['error api-key-expired']],
  ])('of a key: %s', async (_when, wallMs, expected) => {
    await another({ wallMs, files: { payment: { apiKeyExpiry: KEY } } });
    expect(codes()).toEqual(expected);
  });

  test('a clock that cannot be trusted says nothing of a key', async () => {
    await another({ wallMs: at(1) + 400 * 86_400_000, files: { payment: { apiKeyExpiry: KEY } } });
    box.clock.trusted = false;
    expect(codes()).toEqual([]);
    box.clock.trusted = true;
    expect(codes()).toEqual(['error api-key-expired']);
  });

  test('a server that is not verified is told at every start and every change, and stands', async () => {
    const unverified = { payment: { verifyTls: false } };
    await another({ files: unverified });
    expect(box.log.lines).toEqual([]);
    await up();
    const told = () => box.log.lines.filter(({ event }) => event === 'http.insecure');
    expect(told()).toMatchObject([{ level: 'warn', fields: { url: backend.httpUrl } }]);
    await parameters().apply(ds50Files(backend, unverified));
    expect([told().length, codes()]).toEqual([2, ['warning tls-unverified']]);
    await parameters().apply(ds50Files(backend));
    expect([told().length, codes()]).toEqual([2, []]);
  });

  test('so is a TMS that is not verified', async () => {
    await another({ settings: { tms: { url: 'https://tms.invalid', apiKey: 'fake', insecure: true } } });
    await up();
    expect(box.log.lines).toContainEqual({ level: 'warn', event: 'http.insecure', fields: { url: 'https://tms.invalid' } });
    expect(box.gateway.faults()).toMatchObject([{ link: 'tms', code: 'tls-unverified', severity: 'warning' }]);
  });
});

test('requests go to the parameters in use', async () => {
  await parameters().apply(ds50Files(backend, { payment: { url: `${backend.httpUrl}/v2`, detailsPath: '/records' } }));
  backend.script({ request: 'POST /v2/records', reply: NONE });
  expect(await box.gateway.queryPayment(SAMPLE_SALE.charge, never)).toEqual({ state: 'unresolved', reason: 'not-found' });
});

const openssl = needsOpenssl();
describe.skipIf(openssl.missing)(`certificates that cannot be used${openssl.why}`, () => {
  let pems: Certificates;
  beforeAll(() => {
    pems = makeCertificates();
  });
  afterAll(() => pems.dispose());
  const byCertificate = { auth: { kind: 'certificate' } } as const;

  test.each<[string, () => { clientKey?: string; ca?: string; cert?: string }]>([
    ['client-key-missing', () => ({ cert: pems.client.cert })],
    ['client-key-mismatch', () => ({ cert: pems.client.cert, clientKey: pems.server.key })],
    ['client-key-invalid', () => ({ cert: pems.client.cert, clientKey: 'no key' })],
    ['client-certificate-missing', () => ({ clientKey: pems.client.key })],
    ['client-certificate-invalid', () => ({ cert: 'no certificate', clientKey: pems.client.key })],
    ['ca-invalid', () => ({ cert: pems.client.cert, clientKey: pems.client.key, ca: 'no certificate' })],
  ])('%s: refused when the box starts and when it is applied, and then nothing has changed', async (code, material) => {
    const { clientKey, ca = null, cert = null } = material();
    const settings = clientKey === undefined ? {} : { clientKey };
    const files = { mqtt: byCertificate, ca, clientCertificate: cert };
    const refusal = expect.objectContaining({ code, blame: 'configuration' });
    expect(() => testDs50Gateway(backend, { settings, files })).toThrow(refusal);
    await another({ settings });
    await up();
    await expect(parameters().apply(ds50Files(backend, files))).rejects.toEqual(refusal);
    await settle();
    expect([backend.broker.events.of('client').length, box.gateway.links().mqtt]).toEqual([1, 'up']);
  });
});
