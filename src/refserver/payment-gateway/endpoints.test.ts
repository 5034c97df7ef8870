import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  EXAMPLE_CARD,
  EXAMPLE_CHECKOUT,
  GATEWAY_KEY,
  type GatewayReply,
  type TestGateway,
  testGateway,
} from '../../testkit/payment-gateway.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Every endpoint: as it should be, each field wrong, without a key, with a wrong one, and too often. */

const REFERENCE_LIMITS = { write: 5, read: 100, callback: 600 };
let box: TestGateway;
const start = (settings = {}) => {
  box = testGateway({ settings: { limits: REFERENCE_LIMITS, ...settings } });
};
beforeEach(() => start());
afterEach(() => box.stop());

const ID = 'TRANS_1769958000000';

/** What the table needs to be there already. */
const prepare = async () => {
  await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, serial: '999912345678' }, GATEWAY_KEY);
  await box.post('/api/payos/checkout', EXAMPLE_CHECKOUT, GATEWAY_KEY);
  expect(ID).toBe(`TRANS_${box.clock.wallMs()}`);
  box.clock.stepWall(61_000);
};

const LONG = 'x'.repeat(65);
const card = (field: string, ...values: unknown[]) =>
  [undefined, null, '', 7, true, [], {}, ...values].map((value) => [field, { ...EXAMPLE_CARD, [field]: value }] as const);
const link = (field: string, ...values: unknown[]) =>
  ['', true, {}, ...values].map((value) => [field, { ...EXAMPLE_CHECKOUT, orderCode: 7, [field]: value }] as const);
const item = (more: object) => ({ name: 'Gói Premium', quantity: 1, price: 50_000, ...more });

interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly limit: keyof typeof REFERENCE_LIMITS;
  readonly key: boolean;
  readonly valid: unknown;
  /** The field named in the error, and a body or query with it wrong. */
  readonly invalid?: readonly (readonly [string, unknown])[];
}

const query = (field: string, ...values: string[]) => values.map((value) => [field, `?${field}=${encodeURIComponent(value)}`] as const);
const health = (prefix: string): Endpoint[] =>
  ['', '/live', '/ready', '/version', '/ping'].map((end) => ({
    method: 'GET',
    path: `${prefix}${end}`,
    limit: 'read',
    key: false,
    valid: '',
  }));

const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/thesieutoc',
    limit: 'write',
    key: true,
    valid: EXAMPLE_CARD,
    invalid: [
      ...card('username', ' ', LONG, 'a\u0000b'),
      ...card('card_type', 'viettel', 'Garena'),
      ...card('card_amount', '15000', '010000', 10_000, '1e4'),
      ...card('pin', '123456789', '1234567890123456', '12345 67890', '1234567890é'),
      ...card('serial', '123456789', '1'.repeat(21), '100012345-678'),
      ...card('request_id', 'a b', 'x'.repeat(101), 'đ').slice(2),
    ],
  },
  { method: 'GET', path: '/api/thesieutoc/discount', limit: 'read', key: false, valid: '' },
  {
    method: 'GET',
    path: '/api/thesieutoc/discount/account1',
    limit: 'read',
    key: false,
    valid: '',
  },
  {
    method: 'POST',
    path: '/api/thesieutoc/status',
    limit: 'write',
    key: true,
    valid: { transaction_id: ID },
    invalid: [undefined, null, '', 7, LONG, 'a b', ['x']].map((value) => ['transaction_id', { transaction_id: value }] as const),
  },
  {
    method: 'POST',
    path: '/api/payos/checkout',
    limit: 'write',
    key: true,
    valid: { ...EXAMPLE_CHECKOUT, orderCode: 5 },
    invalid: [
      ...link('amount', undefined, null, '50000', 999, 500_000_001, 1_000.5, -50_000, 1e300),
      ...link('description', undefined, null, ' ', 'x'.repeat(51), 'a\nb', 7),
      ...link('orderCode', 0, -1, 1.5, 2 ** 53, '7'),
      ...link('returnUrl', 'x', 'ftp://x.example', 'javascript:alert(1)', `https://x.example/${'x'.repeat(2048)}`, 'https://x y'),
      ...link('cancelUrl', 'x', 7),
      ...link('buyerName', ' ', 'x'.repeat(101)),
      ...link('buyerEmail', 'x', 'a@b@c d', 'a b@c.example'),
      ...link('buyerPhone', '12', 'phone', '1'.repeat(16), 901_234_567),
      ...link('items', [], Array(101).fill(item({}))),
      ['items[0]', { ...EXAMPLE_CHECKOUT, items: [7] }],
      ['items[1].name', { ...EXAMPLE_CHECKOUT, items: [item({}), item({ name: '' })] }],
      ['items[0].quantity', { ...EXAMPLE_CHECKOUT, items: [item({ quantity: 0 })] }],
      ['items[0].price', { ...EXAMPLE_CHECKOUT, items: [item({ price: 1.5 })] }],
    ],
  },
  { method: 'GET', path: '/api/payos/payment-info/123456', limit: 'read', key: true, valid: '' },
  { method: 'GET', path: '/api/payos/orders/123456', limit: 'read', key: true, valid: '' },
  {
    method: 'GET',
    path: '/api/transaction/history',
    limit: 'read',
    key: true,
    valid: '?limit=100&offset=0&type=all',
    invalid: [
      ...query('limit', '0', '101', '-1', '1.5', 'x', ''),
      ...query('offset', '-1', 'x', '9'.repeat(17)),
      ...query('type', 'cards', ''),
    ],
  },
  {
    method: 'GET',
    path: '/api/transaction/search',
    limit: 'read',
    key: true,
    valid: '?serial=9999&pin=1234567890123&username=user123&status=0&from_date=2026-01-01&to_date=2026-12-31T10:00:00Z',
    invalid: [
      ...query('serial', '', '123', '1'.repeat(21), "1' OR '1"),
      ...query('pin', '123', '1'.repeat(16), '%'),
      ...query('trans_id', '', LONG),
      ...query('username', ' ', LONG),
      ...query('status', '4', '-1', 'SUCCESS', ''),
      ...query('from_date', 'today', '2026-02-30', '2026-13-01', '01/02/2026', '2026-01-01T25:00:00Z'),
      ...query('to_date', '0', '2026'),
      ['to_date', '?from_date=2026-02-02&to_date=2026-02-01'],
    ],
  },
  { method: 'GET', path: `/api/transaction/${ID}/logs`, limit: 'read', key: true, valid: '' },
  { method: 'GET', path: '/api/system/info', limit: 'read', key: true, valid: '' },
  ...health('/api/system/health'),
  ...health('/health'),
  { method: 'GET', path: '/', limit: 'read', key: false, valid: '' },
  { method: 'GET', path: '/rest', limit: 'read', key: false, valid: '' },
];
const named = ENDPOINTS.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const);

const ask = (endpoint: Endpoint, given: unknown, headers: Readonly<Record<string, string>> = GATEWAY_KEY): Promise<GatewayReply> =>
  endpoint.method === 'GET' ? box.get(`${endpoint.path}${given}`, headers) : box.post(endpoint.path, given, headers);

describe.each(named)('%s', (_, endpoint) => {
  test('answers, with either header', async () => {
    await prepare();
    const reply = await ask(endpoint, endpoint.valid);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers.get('content-type')).toContain('application/json');
    const again = await ask(endpoint, endpoint.valid, { authorization: `Bearer ${GATEWAY_KEY['x-api-key']}` });
    // The same card once more is a duplicate; the point is that it gets that far.
    expect(again.status).toBe(endpoint.path === '/api/thesieutoc' ? 400 : 200);
  });

  test('refuses whoever has no key, or a wrong one', async () => {
    await prepare();
    const status = endpoint.key ? 401 : 200;
    expect((await ask(endpoint, endpoint.valid, {})).status).toBe(status);
    for (const headers of [
      { 'x-api-key': 'pk_00000000000000000000000000000001' },
      { authorization: 'Bearer pk_1' },
      { 'x-api-key': 'pk_1', authorization: `Bearer ${GATEWAY_KEY['x-api-key']}` },
    ]) {
      const reply = await ask(endpoint, endpoint.valid, headers);
      expect(reply.status).toBe(status);
      if (endpoint.key) expect(reply.body.code).toBe('INVALID_API_KEY');
    }
    for (const headers of [{ 'x-api-key': '' }, { authorization: GATEWAY_KEY['x-api-key'] }, { authorization: 'Basic eA==' }]) {
      if (endpoint.key) expect((await ask(endpoint, endpoint.valid, headers)).body.code).toBe('MISSING_API_KEY');
    }
  });

  test('is not answered too often, and again when a minute is over', async () => {
    const most = REFERENCE_LIMITS[endpoint.limit];
    for (let i = 0; i < most; i++) expect((await ask(endpoint, endpoint.valid)).status).not.toBe(429);
    box.clock.stepWall(59_001);
    const { status, body, headers } = await ask(endpoint, endpoint.valid);
    expect(status).toBe(429);
    expect(body).toMatchObject({ success: false, code: 'RATE_LIMIT_EXCEEDED', retryAfter: 1 });
    expect(headers.get('retry-after')).toBe('1');
    box.clock.stepWall(999);
    expect((await ask(endpoint, endpoint.valid)).status).not.toBe(429);
  });

  test('has one method', async () => {
    const other = endpoint.method === 'GET' ? 'POST' : 'GET';
    for (const method of [other, 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, body, headers } = await box.send(endpoint.path, { method, headers: GATEWAY_KEY });
      expect([status, body.code, headers.get('allow')]).toEqual([
        405,
        'METHOD_NOT_ALLOWED',
        endpoint.method === 'GET' ? 'GET, HEAD' : 'POST',
      ]);
    }
  });
});

describe('a field that is not usable', () => {
  beforeEach(async () => {
    await box.stop();
    box = testGateway();
    await prepare();
  });
  const cases = ENDPOINTS.flatMap((endpoint) =>
    (endpoint.invalid ?? []).map(([field, given]) => [`${endpoint.method} ${endpoint.path}`, field, given, endpoint] as const),
  );

  test.each(cases)('%s: %s in %j', async (_, field, given, endpoint) => {
    const before = box.db.prepare('SELECT count(*) AS n FROM gateway_transactions').get();
    const { status, body } = await ask(endpoint, given);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      success: false,
      error: 'Validation Error',
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(/không|phải/),
      details: { field, expected: expect.stringMatching(/./) },
    });
    expect(body.details.received).toEqual(body.details.value);
    expect(box.db.prepare('SELECT count(*) AS n FROM gateway_transactions').get()).toEqual(before);
  });

  test.each(['0', '-1', '1.5', 'abc', '9007199254740992', '1e3', '%20', '00123', '%FF'])(
    'an order code %s in a path',
    async (orderCode) => {
      for (const path of ['payment-info', 'orders']) {
        const { status, body } = await box.get(`/api/payos/${path}/${orderCode}`);
        expect([status, body.details.field]).toEqual([400, 'orderCode']);
      }
    },
  );

  test.each(['a b', '%00', 'x'.repeat(65), '<script>'])('an account %s', async (account) => {
    const { status, body } = await box.get(`/api/thesieutoc/discount/${encodeURIComponent(account)}`);
    expect([status, body.details.field]).toEqual([400, 'account']);
  });

  test.each(['[]', '7', '"x"', 'null', 'true'])('a body of %s', async (text) => {
    for (const path of ['/api/thesieutoc', '/api/thesieutoc/status', '/api/payos/checkout', '/api/payos/callback']) {
      expect(await box.post(path, text)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', details: { field: 'body' } } });
    }
  });

  test.each(['', '{', '{"a":1,}', '{"a":1}x', '{"a":1,"a":2}', '{"__proto__":1}', '['.repeat(20)])(
    'a body of %s is no JSON',
    async (text) => {
      for (const path of ['/api/thesieutoc', '/api/thesieutoc/status', '/api/payos/checkout', '/api/payos/callback']) {
        expect(await box.post(path, text)).toMatchObject({ status: 400, body: { success: false, code: 'INVALID_JSON' } });
      }
    },
  );
});

describe('what is not there', () => {
  test.each(['/nope', '/api', '/api/thesieutoc/', '/api/payos/orders', '/health/x', '/API/thesieutoc', '/rest/'])('%s', async (path) => {
    const { status, body } = await box.get(path);
    expect([status, body.success, body.error, body.code]).toEqual([404, false, 'Not Found', 'NOT_FOUND']);
  });

  test.each([
    ['GET', '/api/payos/orders/42', 'ORDER_NOT_FOUND'],
    ['GET', '/api/payos/payment-info/42', 'ORDER_NOT_FOUND'],
    ['GET', '/api/transaction/TRANS_1/logs', 'TRANSACTION_NOT_FOUND'],
    ['POST', '/api/thesieutoc/status', 'TRANSACTION_NOT_FOUND'],
  ])('%s %s', async (method, path, code) => {
    const reply = method === 'GET' ? await box.get(path) : await box.post(path, { transaction_id: 'TRANS_1' });
    expect([reply.status, reply.body.error, reply.body.code]).toEqual([404, 'Not Found', code]);
  });
});

describe('bodies', () => {
  const PATHS = ['/api/thesieutoc', '/api/thesieutoc/status', '/api/payos/checkout', '/api/payos/callback'];

  test.each(PATHS)('%s takes JSON only', async (path) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      const init = { method: 'POST', headers: { ...GATEWAY_KEY, 'content-type': type }, body: '{}' };
      expect(await box.send(path, init)).toMatchObject({ status: 415, body: { success: false, code: 'UNSUPPORTED_MEDIA_TYPE' } });
    }
    expect((await box.post(path, '{}', { ...GATEWAY_KEY, 'content-type': 'Application/JSON; charset=utf-8' })).status).toBe(400);
  });

  test('the callback of cards takes a form only', async () => {
    expect(await box.post('/api/thesieutoc/callback', '{}')).toMatchObject({ status: 415 });
  });

  test.each([...PATHS, '/api/thesieutoc/callback'])('%s takes no large one', async (path) => {
    const large = 'x'.repeat(70_000);
    const reply = path.endsWith('/thesieutoc/callback') ? await box.form(path, { noidung: large }) : await box.post(path, `"${large}"`);
    expect(reply).toMatchObject({ status: 413, body: { success: false, error: 'Payload Too Large', code: 'PAYLOAD_TOO_LARGE' } });
  });
});

describe('limits', () => {
  test('are per key: another client is not held up, and a request_id is its own', async () => {
    await box.stop();
    start({ keys: { one: 'pk_one', two: 'pk_two' } });
    const submit = (key: string, more: object) =>
      box.post('/api/thesieutoc', { ...EXAMPLE_CARD, request_id: 'r1', ...more }, { 'x-api-key': key });
    for (let i = 0; i < 5; i++) expect((await submit('pk_one', {})).status).toBe(200);
    expect((await submit('pk_one', {})).status).toBe(429);
    expect(await submit('pk_two', { serial: '555512345678' })).toMatchObject({ status: 200 });
  });

  test('of writing and of reading are counted apart, all endpoints of a kind together', async () => {
    for (let i = 0; i < 5; i++) await box.post(i % 2 ? '/api/thesieutoc/status' : '/api/payos/checkout', {});
    expect((await box.post('/api/thesieutoc', {})).status).toBe(429);
    expect((await box.get('/api/transaction/history')).status).toBe(200);
  });

  test('of callbacks are higher, and do not use up those of others', async () => {
    for (let i = 0; i < 600; i++) expect((await box.form('/api/thesieutoc/callback', {})).status).toBe(200);
    expect((await box.form('/api/thesieutoc/callback', {})).status).toBe(429);
    expect((await box.transfer({})).status).toBe(429);
    expect((await box.get('/health', {})).status).toBe(200);
  });

  test('a wrong key cannot be tried for ever, and the right one is not held up by that', async () => {
    const wrong = () => box.get('/api/transaction/history', { 'x-api-key': 'pk_guess' });
    for (let i = 0; i < 100; i++) expect((await wrong()).status).toBe(401);
    expect((await wrong()).status).toBe(429);
    expect((await box.get('/api/transaction/history')).status).toBe(200);
  });

  test('an empty key in the settings lets nobody in', async () => {
    await box.stop();
    start({ keys: { none: '' } });
    expect((await box.get('/api/transaction/history', { 'x-api-key': ' ' })).status).toBe(401);
    expect((await box.get('/api/transaction/history', { authorization: 'Bearer ' })).status).toBe(401);
  });
});

describe('headers', () => {
  test.each([
    ['/', 200],
    ['/nope', 404],
    ['/api/transaction/history', 401],
  ])('%s has those of Helmet', async (path, status) => {
    const reply = await box.get(path, {});
    expect(reply.status).toBe(status);
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(reply.headers.get(name)).toBe(value);
    expect(Object.keys(SECURITY_HEADERS)).toHaveLength(12);
    expect(reply.headers.get('x-powered-by')).toBeNull();
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  const from = (origin: string) => box.get('/health', { origin });
  const preflight = (origin: string) =>
    box.send('/api/thesieutoc', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' },
    });

  test('no page of another origin may read anything, unless the settings say so', async () => {
    expect((await from('https://shop.example')).headers.get('access-control-allow-origin')).toBeNull();
    expect((await preflight('https://shop.example')).status).toBe(405);
  });

  test('an origin of the settings may', async () => {
    await box.stop();
    start({ corsOrigins: ['https://shop.example'] });
    expect((await from('https://shop.example')).headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect((await from('https://other.example')).headers.get('access-control-allow-origin')).toBeNull();
    const { status, headers } = await preflight('https://shop.example');
    expect([status, headers.get('access-control-allow-methods')]).toEqual([204, 'GET,HEAD,POST']);
    expect(headers.get('access-control-allow-headers')).toContain('x-api-key');
  });

  test('any origin, if the settings say so', async () => {
    await box.stop();
    start({ corsOrigins: ['*'] });
    expect((await from('https://any.example')).headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('/rest', () => {
  test('says what the app really has, all of it and nothing more', async () => {
    const { body } = await box.get('/rest', {});
    const said = body.endpoints.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`);
    const real = box.gateway.app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    expect([...said].sort()).toEqual([...new Set(real)].sort());
    expect(said).toHaveLength(24);
    expect(new Set(said).size).toBe(said.length);
  });

  test('is what the table above goes through, but for the callbacks', async () => {
    const { body } = await box.get('/rest', {});
    const patterns = body.endpoints.map(({ method, path }: { method: string; path: string }) => ({
      name: `${method} ${path}`,
      pattern: new RegExp(`^${method} ${path.replaceAll(/\/:\w+\?/g, '(/[^/]+)?').replaceAll(/:\w+/g, '[^/]+')}$`),
    }));
    const missed = patterns.filter(({ pattern }: { pattern: RegExp }) => !named.some(([name]) => pattern.test(name)));
    expect(missed.map(({ name }: { name: string }) => name)).toEqual(['POST /api/thesieutoc/callback', 'POST /api/payos/callback']);
  });

  test('says what needs a key, and how often it may be asked', async () => {
    const { body } = await box.get('/rest', {});
    expect(body.endpoints[0]).toEqual({
      method: 'POST',
      path: '/api/thesieutoc',
      description: 'Gửi thẻ cào',
      auth: true,
      rateLimit: '5 req/min',
    });
  });
});

describe('a mistake of ours', () => {
  test('is told without details, and logged', async () => {
    box.db.exec('ALTER TABLE gateway_timeline RENAME TO gone');
    const { status, body } = await box.post('/api/payos/checkout', EXAMPLE_CHECKOUT);
    expect(status).toBe(500);
    expect(body).toEqual({
      success: false,
      error: 'Internal Server Error',
      message: 'Lỗi hệ thống. Vui lòng thử lại sau.',
      code: 'INTERNAL_ERROR',
    });
    expect(box.logged.at(-1)).toContain('no such table');
  });
});
