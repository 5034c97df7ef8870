import { APIError, PayOS, type Webhook } from '@payos/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedUpstream, serveApp } from '../../../testkit/scripted-upstream.ts';
import { FAKE_PAYOS_KEYS, sampleLinkRequest, simulatedPayOs } from '../../../testkit/simulated-payos.ts';
import { parseTime } from './time.ts';

describe('the official SDK before the simulated PayOS', () => {
  let side: ReturnType<typeof simulatedPayOs>;
  let served: Awaited<ReturnType<typeof serveApp>>;
  let hook: ScriptedUpstream;
  let hookUrl: string;
  let sdk: PayOS;
  const connect = (more = {}) => new PayOS({ ...FAKE_PAYOS_KEYS, baseURL: served.url, maxRetries: 0, logLevel: 'off', ...more });
  beforeEach(async () => {
    side = simulatedPayOs();
    served = await serveApp(side.simulation.api);
    hook = new ScriptedUpstream();
    hookUrl = `${await hook.open()}/payos/callback?box=1`;
    sdk = connect();
  });
  afterEach(async () => {
    await Promise.all([served.close(), hook.close(), side.simulation.stop()]);
  });
  const order = () => {
    const { expiresAtMs, ...fields } = sampleLinkRequest(side.clock);
    return { ...fields, items: [{ name: 'Nước', quantity: 1, price: 50_000 }], expiredAt: Math.floor(expiresAtMs / 1000) };
  };
  const codeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error instanceof APIError ? error.code : error));

  it('creates a link and reads it by order and by id', async () => {
    const link = await sdk.paymentRequests.create(order());
    expect(link).toMatchObject({
      orderCode: 123_456,
      amount: 50_000,
      currency: 'VND',
      status: 'PENDING',
      bin: '970422',
      expiredAt: order().expiredAt,
    });
    const state = await sdk.paymentRequests.get(123_456);
    expect(state).toEqual(await sdk.paymentRequests.get(link.paymentLinkId));
    expect(state).toMatchObject({ id: link.paymentLinkId, amountPaid: 0, amountRemaining: 50_000, transactions: [], canceledAt: null });
  });

  it('sees transfers, signed as PayOS does with their nulls', async () => {
    await sdk.paymentRequests.create(order());
    const { reference, atMs } = side.simulation.pay(123_456, 20_000);
    side.simulation.pay(123_456, 40_000);
    const { status, amountPaid, amountRemaining, transactions } = await sdk.paymentRequests.get(123_456);
    expect([status, amountPaid, amountRemaining, transactions.length]).toEqual(['PAID', 60_000, 0, 2]);
    expect(transactions[0]).toMatchObject({ reference, amount: 20_000, counterAccountName: null });
    expect(parseTime(transactions[0]?.transactionDateTime ?? '')).toBe(atMs);
  });

  it('cancels with a reason', async () => {
    await sdk.paymentRequests.create(order());
    expect(await sdk.paymentRequests.cancel(123_456, 'Hết hàng')).toMatchObject({
      status: 'CANCELLED',
      cancellationReason: 'Hết hàng',
      canceledAt: expect.any(String),
    });
    expect((await sdk.paymentRequests.get(123_456)).status).toBe('CANCELLED');
  });

  it('cancels without one', async () => {
    const { paymentLinkId } = await sdk.paymentRequests.create(order());
    expect(await sdk.paymentRequests.cancel(paymentLinkId)).toMatchObject({ status: 'CANCELLED', cancellationReason: null });
  });

  it('gets the codes of PayOS for what is wrong', async () => {
    await sdk.paymentRequests.create(order());
    expect(await codeOf(sdk.paymentRequests.create(order()))).toBe('231');
    expect(await codeOf(sdk.paymentRequests.get(999))).toBe('101');
    expect(await codeOf(sdk.paymentRequests.cancel('no-such-link'))).toBe('101');
    expect(await codeOf(sdk.paymentRequests.create({ ...order(), amount: -1 }))).toBe('20');
    expect(await codeOf(sdk.paymentRequests.create({ ...order(), returnUrl: 'javascript:alert(1)' }))).toBe('20');
    expect(await codeOf(connect({ checksumKey: 'another-fake-key' }).paymentRequests.create({ ...order(), orderCode: 2 }))).toBe('201');
    expect(await codeOf(connect({ apiKey: 'another-fake-key' }).paymentRequests.get(123_456))).toBe('214');
    expect(await codeOf(connect({ clientId: 'another-fake-id' }).paymentRequests.get(123_456))).toBe('214');
  });

  it('confirms a webhook, gets it, and verifies it', async () => {
    expect(await sdk.webhooks.confirm(hookUrl)).toMatchObject({ webhookUrl: hookUrl, accountNumber: '0000000000001' });
    const sample = await hook.requests.next('request');
    expect([sample.path, sample.headers['content-type']]).toEqual(['/payos/callback?box=1', 'application/json']);
    await expect(sdk.webhooks.verify(JSON.parse(sample.body) as Webhook)).resolves.toMatchObject({ orderCode: 123, amount: 3_000 });
    await sdk.paymentRequests.create(order());
    const { reference } = side.simulation.pay(123_456, 50_000);
    side.clock.advance(0);
    const { body } = await hook.requests.next('request');
    await expect(sdk.webhooks.verify(JSON.parse(body) as Webhook)).resolves.toMatchObject({
      orderCode: 123_456,
      amount: 50_000,
      reference,
      code: '00',
    });
  });

  it('does not confirm a webhook that does not answer well', async () => {
    hook.answer({ status: 404 }, 'cut');
    await expect(sdk.webhooks.confirm(hookUrl)).rejects.toThrow('Webhook url invalid');
    await expect(sdk.webhooks.confirm(hookUrl)).rejects.toThrow('Webhook url invalid');
    await expect(sdk.webhooks.confirm('ftp://127.0.0.1/x')).rejects.toThrow('webhookUrl');
  });

  it('finds a webhook out that is signed with another key', async () => {
    await sdk.webhooks.confirm(hookUrl);
    await hook.requests.next('request');
    await sdk.paymentRequests.create(order());
    side.simulation.pay(123_456, 50_000, { wrongSignature: true });
    side.clock.advance(0);
    const { body } = await hook.requests.next('request');
    await expect(sdk.webhooks.verify(JSON.parse(body) as Webhook)).rejects.toThrow('Data not integrity');
  });
});
