import { afterEach, beforeEach, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import type { Money } from '../../domain/money.ts';
import { REFERENCE_GATEWAY } from '../../refserver/payment-gateway/settings.ts';
import { CARD_STATUS } from '../../refserver/payment-gateway/upstreams.ts';
import { type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';
import { paymentGatewayBox } from '../../testkit/payment-gateway-box.ts';
import { serveApp } from '../../testkit/scripted-upstream.ts';

const declared: Money = { minor: 50_000, currency: 'VND' };
const never = new AbortController().signal;

let reference: TestGateway;
let served: Awaited<ReturnType<typeof serveApp>>;
let box: ReturnType<typeof paymentGatewayBox>;

const renew = () => paymentGatewayBox(served.url, { settings: { apiKey: REFERENCE_GATEWAY.key } });
const submit = (charge = 'topup-1', pin = 'FAKEPIN123456') =>
  box.gateway.topUps?.submit(
    { charge, operator: 'Viettel', declared, serial: new CardSecret('FAKESERIAL99'), pin: new CardSecret(pin) },
    never,
  );
const query = () => box.gateway.queryPayment('topup-1', never, declared);
const transaction = () => [...reference.thesieutoc.known.keys()][0] ?? '';

beforeEach(async () => {
  reference = testGateway();
  served = await serveApp({ fetch: (request) => reference.gateway.app.fetch(request) });
  box = renew();
});
afterEach(async () => {
  await box.gateway.stop();
  await served.close();
  await reference.stop();
});

test.each([
  ['good', { status: CARD_STATUS.SUCCESS, actualAmount: 50_000, receivedAmount: 43_750 }, { state: 'paid', paidMinor: 43_750 }],
  [
    'of another value',
    { status: CARD_STATUS.WRONG_AMOUNT, actualAmount: 100_000, receivedAmount: 43_750 },
    { state: 'paid', paidMinor: 43_750, worthMinor: 100_000 },
  ],
  ['bad', { status: CARD_STATUS.FAILED, actualAmount: null, receivedAmount: 0 }, { state: 'failed', reason: 'failed' }],
])('a card that is %s, followed to its end by the reference gateway', async (_what, verdict, expected) => {
  expect(await submit()).toMatchObject({ reason: 'pending' });
  expect(await query()).toMatchObject({ reason: 'pending' });
  reference.thesieutoc.says(transaction(), verdict);
  // The gateway has not heard: it is asked to ask.
  box.clock.advance(30_000);
  expect(await query()).toEqual(expected);
  expect(await query()).toEqual(expected);
});

test('the same submission is sent once, by whichever run of the box; another one with its card is a duplicate', async () => {
  await submit();
  await submit();
  expect(reference.thesieutoc.submitted).toHaveLength(1);
  await box.gateway.stop();
  box = renew();
  expect(await query()).toMatchObject({ reason: 'pending' });
  await submit();
  expect(reference.thesieutoc.submitted).toHaveLength(1);
  expect(await submit('topup-2')).toEqual({ state: 'failed', reason: 'duplicate-card' });
  await box.gateway.stop();
  box = renew();
  expect(await submit('topup-1', 'FAKEPIN654321')).toEqual({ state: 'failed', reason: 'request-id-used' });
});

test('a card that never arrived is not found', async () => {
  expect(await query()).toEqual({ state: 'unresolved', reason: 'not-found' });
});
