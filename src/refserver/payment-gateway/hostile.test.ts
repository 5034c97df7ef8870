import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  EXAMPLE_CARD,
  EXAMPLE_CHECKOUT,
  GATEWAY_KEY,
  type GatewayReply,
  type TestGateway,
  testGateway,
} from '../../testkit/payment-gateway.ts';

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

/** An answer of the document: JSON, in its shape, and never a failure of ours. */
const demandDocumented = ({ status, body, text }: GatewayReply) => {
  if (status >= 500 || status < 200) expect.fail(`${status} ${text}`);
  if (status === 200) expect(body.success).toBe(true);
  else
    expect(body).toMatchObject({
      success: false,
      error: expect.any(String),
      message: expect.any(String),
      code: expect.stringMatching(/^[A-Z_]+$/),
    });
};
const PATHS = ['/api/thesieutoc', '/api/thesieutoc/status', '/api/payos/checkout', '/api/payos/callback'];
const anyPath = fc.constantFrom(...PATHS);
const anyField = fc.constantFrom(
  ...Object.keys(EXAMPLE_CARD),
  ...Object.keys(EXAMPLE_CHECKOUT),
  'request_id',
  'items',
  'transaction_id',
  'notice',
);

describe('bodies of strangers are answered as the document says', () => {
  test('whatever bytes they are', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(anyPath, bytes, async (path, body) => {
        const headers = { ...GATEWAY_KEY, 'content-type': 'application/json' };
        demandDocumented(await box.send(path, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> }));
      }),
    );
  });

  test('whatever JSON they are', async () => {
    await fc.assert(fc.asyncProperty(anyPath, fc.json(), async (path, body) => demandDocumented(await box.post(path, body))));
  });

  test('with anything in one field or two', async () => {
    const odd = fc.dictionary(anyField, fc.jsonValue(), { maxKeys: 2 });
    await fc.assert(
      fc.asyncProperty(anyPath, odd, async (path, more) =>
        demandDocumented(await box.post(path, { ...EXAMPLE_CARD, ...EXAMPLE_CHECKOUT, ...more })),
      ),
    );
  });

  test('as forms', async () => {
    const form = fc.dictionary(fc.constantFrom('status', 'serial', 'pin', 'card_type', 'amount', 'real_amount', 'content'), fc.string());
    await fc.assert(
      fc.asyncProperty(form, async (fields) => {
        expect((await box.form('/api/thesieutoc/callback', fields)).body).toEqual({
          success: true,
          message: 'Callback processed successfully',
        });
      }),
    );
  });
});

test('questions of strangers are answered as the document says', async () => {
  const name = fc.constantFrom('limit', 'offset', 'type', 'serial', 'pin', 'trans_id', 'username', 'status', 'from_date', 'to_date');
  const path = fc.constantFrom('history', 'search');
  const query = fc.dictionary(
    name,
    fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('1', '2026-01-01', '%', "' OR 1=1 --")),
  );
  await fc.assert(
    fc.asyncProperty(path, query, async (end, fields) =>
      demandDocumented(await box.get(`/api/transaction/${end}?${new URLSearchParams(fields)}`)),
    ),
  );
});

test('paths of strangers are answered as the document says', async () => {
  const part = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed() && !/^\.{1,2}$/.test(text));
  const before = fc.constantFrom('/api/payos/orders/', '/api/payos/payment-info/', '/api/thesieutoc/discount/', '/api/transaction/', '/');
  await fc.assert(
    fc.asyncProperty(before, part, async (path, end) => demandDocumented(await box.get(`${path}${encodeURIComponent(end)}`))),
  );
});

test('nothing that is searched for is taken for SQL', async () => {
  await box.post('/api/thesieutoc', EXAMPLE_CARD);
  for (const field of ['trans_id', 'username']) {
    for (const value of ["' OR '1'='1", '%', '_', '*', "x' UNION SELECT 1--"]) {
      expect((await box.get(`/api/transaction/search?${field}=${encodeURIComponent(value)}`)).body.data.count).toBe(0);
    }
  }
  await box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, description: "'); DROP TABLE gateway_links; --" });
  expect((await box.get('/api/payos/orders/123456')).body.data.description).toBe("'); DROP TABLE gateway_links; --");
});

test.each(['{"a":'.repeat(5_000), '['.repeat(60_000), `{${'"a":1,'.repeat(5)}"b":${'9'.repeat(400)}}`])(
  'a body that is deep or odd',
  async (body) => {
    expect((await box.post('/api/payos/checkout', body)).status).toBe(400);
  },
);
