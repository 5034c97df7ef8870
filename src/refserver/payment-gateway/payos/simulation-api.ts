import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../../../domain/fault.ts';
import { type JsonObject, parseJson } from '../../../domain/json.ts';
import { asInteger, asObject, asText } from '../../../domain/json-fields.ts';
import type { BackendClock, BackendLog } from '../../environment.ts';
import type { LinkRequest, PayOsUpstream } from '../upstreams.ts';
import type { PayOsKeys } from './client.ts';
import { SIMULATED_ACCOUNT, type SimulatedLink } from './links.ts';
import { createdData, linkData, signedAnswer } from './payloads.ts';
import { createSignature, sameSignature } from './signature.ts';
import { PAYOS_CODES, webAddress } from './wire.ts';

/** What the HTTP API needs of the simulation. */
export interface SimulatedPayOs extends PayOsUpstream {
  find(id: number | string): SimulatedLink | null;
  confirmWebhook(url: string): Promise<boolean>;
}

const MAX_BODY_BYTES = 65_536;
const DAY_MS = 86_400_000;
/** Ours, and that of the gateway's document; PayOS itself allows 25, and 9 with some banks. */
const MOST_DESCRIPTION = 50;
const MOST_AMOUNT = 10_000_000_000;

/** PayOS answers nearly everything with status 200; the code in the body says what it was. */
const says = (code: string, desc: string, status = 200): Response => Response.json({ code, desc, data: null }, { status });
const unknownOrder = (): Response => says(PAYOS_CODES.unknownOrder, 'Mã thanh toán không tồn tại');

/** PayOS's merchant API, as far as payment links go. */
export function simulationRoutes(payos: SimulatedPayOs, keys: PayOsKeys, { clock, log }: { clock: BackendClock; log: BackendLog }): Hono {
  const app = new Hono();
  const signed = (data: JsonObject) => Response.json(signedAnswer(data, keys.checksumKey));
  app.use(async (c, next) => (hasKeys(c, keys) ? next() : says(PAYOS_CODES.keys, 'Cổng thanh toán không tồn tại hoặc đã tạm dừng')));
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => says(PAYOS_CODES.fields, 'Thông tin truyền lên không đúng', 413) }));
  app.onError((error) => errorAnswer(error, log));
  app.notFound(() => says('404', 'Not Found', 404));

  app.post('/v2/payment-requests', async (c) => {
    const body = await bodyOf(c);
    const request = readRequest(body, clock.wallMs());
    if (!sameSignature(asText(body.signature, 'signature', 64), createSignature(request, keys.checksumKey))) {
      return says(PAYOS_CODES.signature, 'Mã kiểm tra(signature) không hợp lệ');
    }
    return signed(createdData(await payos.createLink(request, c.req.raw.signal), request.expiresAtMs));
  });

  app.get('/v2/payment-requests/:id', (c) => {
    const link = payos.find(idOf(c.req.param('id')));
    return link ? signed(linkData(link)) : unknownOrder();
  });

  app.post('/v2/payment-requests/:id/cancel', async (c) => {
    const { cancellationReason: reason } = await bodyOf(c);
    const link = payos.find(idOf(c.req.param('id')));
    if (!link) return unknownOrder();
    const { orderCode } = await payos.cancelLink(
      link.orderCode,
      reason == null ? '' : asText(reason, 'cancellationReason', 255, 0),
      c.req.raw.signal,
    );
    const cancelled = payos.find(orderCode);
    return cancelled ? signed(linkData(cancelled)) : unknownOrder();
  });

  app.post('/confirm-webhook', async (c) => {
    const webhookUrl = webAddress((await bodyOf(c)).webhookUrl, 'webhookUrl');
    if (!(await payos.confirmWebhook(webhookUrl))) return says(PAYOS_CODES.fields, 'Webhook url invalid', 400);
    const { accountName, accountNumber } = SIMULATED_ACCOUNT;
    return Response.json({
      code: PAYOS_CODES.done,
      desc: 'success',
      data: { webhookUrl, accountName, accountNumber, name: 'tilld simulation', shortName: 'tilld' },
    });
  });
  return app;
}

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();
const isSame = (given: string | undefined, expected: string): boolean => timingSafeEqual(digest(given ?? ''), digest(expected));

function hasKeys(c: Context, { clientId, apiKey }: PayOsKeys): boolean {
  const right = [isSame(c.req.header('x-client-id'), clientId), isSame(c.req.header('x-api-key'), apiKey)];
  return right.every(Boolean);
}

async function bodyOf(c: Context): Promise<JsonObject> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  return bytes.length === 0 ? {} : asObject(parseJson(bytes, MAX_BODY_BYTES), '');
}

/** Order codes have up to 16 digits, the ids of links 32 characters. */
const idOf = (text: string): number | string => (/^\d{1,16}$/.test(text) ? Number(text) : text);

function readRequest(body: JsonObject, nowMs: number): LinkRequest {
  const { expiredAt } = body;
  const nowSeconds = Math.floor(nowMs / 1000);
  return {
    orderCode: asInteger(body.orderCode, 'orderCode', 1, Number.MAX_SAFE_INTEGER),
    amount: asInteger(body.amount, 'amount', 1, MOST_AMOUNT),
    description: asText(body.description, 'description', MOST_DESCRIPTION),
    returnUrl: webAddress(body.returnUrl, 'returnUrl'),
    cancelUrl: webAddress(body.cancelUrl, 'cancelUrl'),
    expiresAtMs: expiredAt == null ? nowMs + DAY_MS : asInteger(expiredAt, 'expiredAt', nowSeconds, 4_102_444_800) * 1000,
  };
}

function errorAnswer(error: Error, log: BackendLog): Response {
  if (!(error instanceof Fault)) {
    log.error('payos-sim.error', { reason: error.message });
    return says('500', 'Internal Server Error', 500);
  }
  const refusal = error.code === 'upstream-refused' ? /^code (\w+): (.*)$/.exec(error.found ?? '') : null;
  return refusal?.[1] === undefined ? says(PAYOS_CODES.fields, error.explain()) : says(refusal[1], refusal[2] ?? '');
}
