import { afterEach, beforeEach, expect, test } from 'vitest';
import { CardSecret } from '../../domain/card.ts';
import {
  CARD_STATUS_PATH,
  CARDS_PATH,
  CHECKOUT_PATH,
  decodeCardStatusReply,
  decodeCardSubmitReply,
  decodeCheckoutReply,
  decodeErrorReply,
  decodeOrderReply,
  decodePaymentInfoReply,
  encodeCardStatusRequest,
  encodeCardSubmitRequest,
  encodeCheckoutRequest,
  orderPath,
  paymentInfoPath,
} from '../../protocols/payment-gateway/codec.ts';
import { EXAMPLE_CARD, GATEWAY_EXAMPLES_BEGIN, type GatewayReply, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';

/** What the box writes the gateway reads, and the other way round. */

let box: TestGateway;
beforeEach(() => {
  box = testGateway();
});
afterEach(() => box.stop());

const bytes = ({ text }: GatewayReply) => new TextEncoder().encode(text);
const post = async (path: string, body: Uint8Array) => bytes(await box.post(path, new TextDecoder().decode(body)));
const ID = `TRANS_${GATEWAY_EXAMPLES_BEGIN}`;

test('a link, from the checkout to the payment', async () => {
  const request = encodeCheckoutRequest({
    amount: 50_000,
    description: 'Rửa xe',
    orderCode: 7,
    items: [{ name: 'A', quantity: 1, price: 1 }],
  });
  const link = { amount: 50_000, orderCode: 7, currency: 'VND', status: 'PENDING', expiresAtMs: GATEWAY_EXAMPLES_BEGIN + 86_400_000 };
  expect(decodeCheckoutReply(await post(CHECKOUT_PATH, request))).toMatchObject(link);
  const order = async () => decodeOrderReply(bytes(await box.get(orderPath(7))));
  expect(await order()).toMatchObject({ id: 1, orderCode: 7, amountPaid: 0, status: 'PENDING', createdAtMs: GATEWAY_EXAMPLES_BEGIN });
  await box.transfer({ orderCode: 7, amount: 20_000 });
  expect(await order()).toMatchObject({ amountPaid: 20_000, status: 'UNDERPAID' });
  box.payos.says(7, { status: 'PAID', amountPaid: 50_000, amountRemaining: 0 });
  const info = { orderCode: 7, amount: 50_000, amountPaid: 50_000, amountRemaining: 0, status: 'PAID' };
  expect(decodePaymentInfoReply(bytes(await box.get(paymentInfoPath(7))))).toMatchObject(info);
  expect(await order()).toMatchObject({ amountPaid: 50_000, status: 'SUCCESS' });
});

test('an order whose link was never made', async () => {
  box.payos.script.next('create', 'unreachable');
  const reply = await post(CHECKOUT_PATH, encodeCheckoutRequest({ amount: 50_000, description: 'Rửa xe', orderCode: 7 }));
  expect(decodeErrorReply(reply)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', details: { orderCode: 7 }, retryAfterMs: 5_000 });
  expect(decodeOrderReply(bytes(await box.get(orderPath(7))))).toMatchObject({ orderCode: 7, status: 'PENDING' });
});

test('a card, from the submission to the credit', async () => {
  const request = encodeCardSubmitRequest({
    username: EXAMPLE_CARD.username,
    type: EXAMPLE_CARD.card_type,
    amount: 50_000,
    pin: new CardSecret(EXAMPLE_CARD.pin),
    serial: new CardSecret(EXAMPLE_CARD.serial),
    requestId: 'r1',
  });
  expect(decodeCardSubmitReply(await post(CARDS_PATH, request))).toMatchObject({ transaction: ID, status: 'pending', amount: 50_000 });
  const status = async () => decodeCardStatusReply(await post(CARD_STATUS_PATH, encodeCardStatusRequest(ID)));
  expect(await status()).toMatchObject({ status: 'pending', receivedAmount: null });
  box.thesieutoc.says(ID, { status: 3, actualAmount: 10_000, receivedAmount: 4_375 });
  expect(await status()).toMatchObject({
    status: 'wrong-amount',
    actualAmount: 10_000,
    receivedAmount: 4_375,
    feePercent: 12.5,
    penaltyPercent: 50,
  });
});

test('a refusal', async () => {
  const reply = await post(CHECKOUT_PATH, encodeCheckoutRequest({ amount: 1, description: 'x' }));
  expect(decodeErrorReply(reply)).toMatchObject({
    error: 'Validation Error',
    code: 'VALIDATION_FAILED',
    details: { field: 'amount', received: 1 },
  });
});
