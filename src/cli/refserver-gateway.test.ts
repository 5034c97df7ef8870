import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signedAnswer, webhookBody } from '../refserver/payment-gateway/payos/payloads.ts';
import { createSignature } from '../refserver/payment-gateway/payos/signature.ts';
import { runTilld } from '../testkit/command-line.ts';
import { ScriptedUpstream } from '../testkit/scripted-upstream.ts';

const CLIENT_KEY = 'fake-client-key-0000';
const PAYOS = { clientId: 'fake-client-id', apiKey: 'fake-payos-key', checksumKey: 'fake-checksum-key-0000' };
const CARD_KEY = 'fake-tst-key-0000';
const DATA_KEY = '0f'.repeat(32);
const CARD = { username: 'u1', card_type: 'Viettel', card_amount: '50000', pin: 'FAKEPIN1234567', serial: 'FAKESERIAL765432' };
const CHECKOUT = {
  orderCode: 4711,
  amount: 50_000,
  description: 'Nuoc suoi',
  returnUrl: 'https://shop.example/ok',
  cancelUrl: 'https://shop.example/no',
};
const SECRETS = [CLIENT_KEY, ...Object.values(PAYOS), CARD_KEY, DATA_KEY, CARD.pin, CARD.serial];

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilld-gateway-keys-'));
  file = join(folder, 'gateway.json');
});
afterEach(() => rm(folder, { recursive: true }));

const keep = async (config: unknown, mode = 0o600) => {
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  await chmod(file, mode);
};
const argv = (more: readonly string[] = []) =>
  ['refserver', '--http-port', '0', '--mqtt-port', '0', '--gateway-port', '0', '--gateway-config', file, '--state', folder].concat(more);
const demandDiscreet = (...texts: readonly string[]) => {
  for (const secret of SECRETS) for (const text of texts) expect(text).not.toContain(secret);
};

/** Runs the command, does `work` at the gateway's address, and stops it. */
async function atGateway(work: (url: string) => Promise<void>, env: Record<string, string> = {}) {
  const stop = new AbortController();
  let working: Promise<void> | undefined;
  const onOut = (text: string) => {
    working = work(JSON.parse(text).gatewayUrl).finally(() => stop.abort());
    // It is awaited below.
    working.catch(() => undefined);
  };
  const done = await runTilld(argv(['--json']), { stop: stop.signal, onOut, env });
  await working;
  return done;
}

const post = async (url: string, path: string, body: object | URLSearchParams, key?: string) => {
  const form = body instanceof URLSearchParams;
  const headers = { ...(form ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { 'x-api-key': key }) };
  const reply = await fetch(url + path, { method: 'POST', headers, body: form ? body : JSON.stringify(body) });
  return { status: reply.status, ...((await reply.json()) as { data?: Record<string, unknown> }) };
};
const get = async (url: string, path: string) =>
  (await (await fetch(url + path, { headers: { 'x-api-key': CLIENT_KEY } })).json()) as { data: Record<string, unknown> };

describe('with keys it is a real gateway', () => {
  let payos: ScriptedUpstream;
  let thesieutoc: ScriptedUpstream;
  let config: Record<string, unknown>;
  beforeEach(async () => {
    payos = new ScriptedUpstream();
    thesieutoc = new ScriptedUpstream();
    await writeFile(join(folder, 'checksum'), `${PAYOS.checksumKey}\n`);
    config = {
      apiKeys: { 'kiosk-7': { env: 'KIOSK_KEY' } },
      payos: { ...PAYOS, checksumKey: { file: 'checksum' }, baseUrl: await payos.open() },
      thesieutoc: { apiKey: CARD_KEY, baseUrl: await thesieutoc.open() },
      dataKey: DATA_KEY,
      limits: { write: 20 },
    };
    await keep(config);
  });
  afterEach(() => Promise.all([payos.close(), thesieutoc.close()]));
  const env = { KIOSK_KEY: CLIENT_KEY };

  test('a link is made at PayOS, and paid by its signed webhook', async () => {
    const link = {
      bin: '970422',
      accountNumber: '0000000000001',
      accountName: 'CONG TY TEST',
      amount: CHECKOUT.amount,
      description: CHECKOUT.description,
      orderCode: CHECKOUT.orderCode,
      currency: 'VND',
      paymentLinkId: 'abc123xyz',
      status: 'PENDING',
      checkoutUrl: 'https://pay.example/web/abc123xyz',
      qrCode: '00020101021238',
    };
    payos.answer({ body: signedAnswer(link, PAYOS.checksumKey) });
    const transfer = { reference: 'FT1', amount: CHECKOUT.amount, accountNumber: '1', description: 'x', atMs: Date.now() };
    const { code, out, err } = await atGateway(async (url) => {
      expect(await post(url, '/api/payos/checkout', CHECKOUT, 'pk_00000000000000000000000000000000')).toMatchObject({ status: 401 });
      expect(await post(url, '/api/payos/checkout', CHECKOUT, CLIENT_KEY)).toMatchObject({
        status: 200,
        data: { qrCode: '00020101021238', status: 'PENDING' },
      });
      const [made] = payos.requests.all;
      expect(made).toMatchObject({
        method: 'POST',
        path: '/v2/payment-requests',
        headers: { 'x-client-id': PAYOS.clientId, 'x-api-key': PAYOS.apiKey },
      });
      const asked = JSON.parse(made?.body ?? '');
      expect(asked).toMatchObject({ ...CHECKOUT, signature: createSignature(CHECKOUT, PAYOS.checksumKey) });
      const notice = (key: string) => webhookBody({ orderCode: CHECKOUT.orderCode, paymentLinkId: 'abc123xyz' }, transfer, key);
      expect(await post(url, '/api/payos/callback', notice('another-key'))).toMatchObject({ status: 400 });
      expect(await get(url, '/api/payos/orders/4711')).toMatchObject({ data: { status: 'PENDING', amountPaid: 0 } });
      expect(await post(url, '/api/payos/callback', notice(PAYOS.checksumKey))).toMatchObject({ status: 200 });
      expect(await get(url, '/api/payos/orders/4711')).toMatchObject({ data: { status: 'SUCCESS', amountPaid: 50_000 } });
    }, env);
    expect(code).toBe(0);
    expect(JSON.parse(out).gatewayUpstreams).toEqual({ payos: 'real', thesieutoc: 'real' });
    demandDiscreet(out, err);
  });

  test('a card goes to TheSieuToc, and its callback counts once TheSieuToc itself says the same', async () => {
    thesieutoc.answer(
      { body: { status: '00', title: 'ok', msg: 'ok' } },
      { body: { status: '00', amount: 50_000, msg: 'ok' } },
      { body: [{ card_type: 'Viettel', discount: { 50000: '12.5' } }] },
      { body: [{ card_type: 'Viettel', discount: { 50000: '12.5' } }] },
    );
    const { code, out, err } = await atGateway(async (url) => {
      const submitted = await post(url, '/api/thesieutoc', CARD, CLIENT_KEY);
      expect(submitted).toMatchObject({ status: 200, data: { status: 0, status_text: 'PENDING' } });
      const id = String(submitted.data?.transaction_id);
      const [sent] = thesieutoc.requests.all;
      expect(sent).toMatchObject({ method: 'POST', path: '/chargingws/v2' });
      expect(Object.fromEntries(new URLSearchParams(sent?.body))).toMatchObject({ APIkey: CARD_KEY, mathe: CARD.pin, seri: CARD.serial });
      const { pin, serial, card_type } = CARD;
      const told = { status: 'thanhcong', pin, serial, card_type, amount: '50000', receive_amount: '50000', real_amount: '43750' };
      expect(await post(url, '/api/thesieutoc/callback', new URLSearchParams({ ...told, content: id }))).toMatchObject({ status: 200 });
      expect(thesieutoc.requests.all[1]).toMatchObject({ path: '/chargingws/status_card' });
      expect(await get(url, `/api/transaction/${id}/logs`)).toMatchObject({
        data: { transaction: { status_text: 'SUCCESS', actual_amount: 50_000, received_amount: 43_750 } },
      });
    }, env);
    expect(code).toBe(0);
    demandDiscreet(out, err);
  });

  test('health says what is real, and a part may stay simulated', async () => {
    await keep({ ...config, thesieutoc: undefined });
    payos.answer({ body: { code: '101', desc: 'none', data: null } });
    const { out } = await atGateway(async (url) => {
      expect(await (await fetch(`${url}/health`)).json()).toMatchObject({
        status: 'healthy',
        checks: { payos: { status: 'healthy', upstream: 'real' }, thesieutoc: { status: 'healthy', upstream: 'simulated' } },
      });
      expect(await (await fetch(`${url}/health/version`)).json()).toMatchObject({ environment: 'partly simulated' });
    }, env);
    expect(JSON.parse(out).gatewayUpstreams).toEqual({ payos: 'real', thesieutoc: 'simulated' });
  });

  test('its state is not opened without its keys: a simulation decides on nothing that is real', async () => {
    expect((await runTilld(argv(), { stop: AbortSignal.abort(), env })).code).toBe(0);
    const simulated = argv().filter((word) => word !== '--gateway-config' && word !== file);
    const { code, err } = await runTilld(simulated, { stop: AbortSignal.abort() });
    expect(code).toBe(1);
    expect(err).toContain('not the one its cards were kept under');
  });

  test.each([0o644, 0o660])('a file of mode %o is warned about', async (mode) => {
    await keep(config, mode);
    const { code, out, err } = await runTilld(argv(), { stop: AbortSignal.abort(), env });
    expect(code).toBe(0);
    expect(err).toContain('chmod 600');
    expect(out).toContain('PayOS: real, TheSieuToc: real');
    demandDiscreet(out, err);
  });
});

const KEYS = { apiKeys: { shop: CLIENT_KEY } };
test.each<[string, unknown, string]>([
  ['no client', {}, '$.apiKeys: found nothing, expected The key of each client'],
  ['no clients', { apiKeys: {} }, 'expected the key of one client at the least'],
  ['a key that is short', { apiKeys: { shop: 'short' } }, '$.apiKeys.shop: found a text that does not fit, expected 16 to 256'],
  ['a key that is a number', { apiKeys: { shop: 1234567890123456 } }, '$.apiKeys.shop: found a value that is not shown'],
  ['the published key', { apiKeys: { shop: 'pk_00000000000000000000000000000000' } }, 'one that is not published'],
  ['one key for two', { apiKeys: { a: CLIENT_KEY, b: CLIENT_KEY } }, '$.apiKeys.b: found the key of a, expected a key of its own'],
  ['name and key exchanged', { apiKeys: { [CLIENT_KEY]: 'shop' } }, '$.apiKeys[…]'],
  ['half of PayOS', { ...KEYS, payos: { clientId: PAYOS.clientId } }, '$.payos.checksumKey: found nothing'],
  ['PayOS in the clear', { ...KEYS, payos: { ...PAYOS, baseUrl: 'http://api.example' } }, '$.payos.baseUrl: found "http://api.example"'],
  ['a checksum key that is a number', { ...KEYS, payos: { ...PAYOS, checksumKey: 42 } }, 'checksumKey: found a value that is not shown'],
  ['PayOS without a data key', { ...KEYS, payos: PAYOS }, '$.dataKey: found nothing, expected the key of what is real'],
  ['what is no address', { ...KEYS, thesieutoc: { apiKey: CARD_KEY, baseUrl: 'nonsense' } }, '$.thesieutoc.baseUrl: found "nonsense"'],
  ['another scheme', { ...KEYS, thesieutoc: { apiKey: CARD_KEY, baseUrl: 'ftp://x' } }, '$.thesieutoc.baseUrl: found "ftp://x"'],
  ['half a data key', { ...KEYS, dataKey: DATA_KEY.slice(2) }, '$.dataKey: found a text that does not fit, expected 64 hexadecimal'],
  ['a limit of nothing', { ...KEYS, limits: { write: 0 } }, '$.limits.write: found 0, expected a whole number from 1'],
  ['an unknown key', { ...KEYS, payOS: {} }, 'did you mean "payos"?'],
  ['a file that is missing', { apiKeys: { shop: { file: 'none' } } }, 'ENOENT'],
  ['a variable that is missing', { apiKeys: { shop: { env: 'NONE' } } }, 'no environment variable NONE'],
  ['a list', [], '$: found a list'],
  ['what is no JSON', `{"apiKeys": "${CLIENT_KEY}`, 'line 1 column'],
  ['a key twice', `{"apiKeys": {}, "apiKeys": {"shop": "${CLIENT_KEY}"}}`, 'each key once'],
])('%s is a fault that shows no key', async (_, config, words) => {
  await keep(config);
  const { code, out, err } = await runTilld(argv());
  expect(code).toBe(1);
  expect(err).toContain(words);
  demandDiscreet(out, err);
});

test('a file that is not there, or is too large, is said so', async () => {
  expect((await runTilld(argv())).err).toContain('--gateway-config');
  await keep(' '.repeat(70_000));
  expect(await runTilld(argv())).toMatchObject({ code: 1, err: expect.stringContaining('70000 bytes') });
});
