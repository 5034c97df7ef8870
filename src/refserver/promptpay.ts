import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Fault } from '../domain/fault.ts';
import { readablePath } from '../domain/readable-path.ts';
import {
  decodePaymentRequest,
  decodeRegisterRequest,
  decodeUploadRequest,
  encodeErrorReply,
  encodePaymentReply,
  encodeRegisterReply,
  encodeStatusReply,
  encodeUploadReply,
  type LoggedSale,
  MAX_BODY_BYTES,
} from '../protocols/promptpay/codec.ts';
import type { SignedRequest } from '../protocols/promptpay/signing.ts';
import type { Changes } from './changes.ts';
import { chargeQr, offeredQr, qrPicture } from './charge-qr.ts';
import type { Charges } from './charges.ts';
import type { Device, Devices } from './devices.ts';
import type { BackendClock, BackendLog } from './environment.ts';
import type { EventLogs } from './event-logs.ts';
import type { FaultBoard } from './faults.ts';
import { type HttpEnv, interference } from './interference.ts';
import { Refusal } from './refusal.ts';
import type { HeaderOf, SignatureCheck, Signatures } from './signatures.ts';

/** Amounts the backend takes, in satang. */
export interface AmountLimits {
  readonly leastMinor: number;
  readonly mostMinor: number;
}

export interface PromptPaySide {
  readonly devices: Devices;
  readonly charges: Charges;
  readonly logs: EventLogs;
  readonly faults: FaultBoard;
  readonly signatures: Signatures;
  readonly changes: Changes;
  readonly limits: AmountLimits;
  readonly clock: BackendClock;
  readonly log: BackendLog;
  readonly stopping: AbortSignal;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** The HTTP side of the promptpay contract, with `/api/vi` as documented and `/api/v1` for the registration. */
export function promptpayRoutes(side: PromptPaySide): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(interference(side.faults, side.clock, side.stopping));
  app.use(
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => reply(413, encodeErrorReply(`The body is larger than ${MAX_BODY_BYTES} bytes`)) }),
  );
  app.onError((error) => refusalReply(error, side.log));

  for (const path of ['/vi/device/need-register', '/v1/device/need-register']) {
    app.post(path, async (c) => {
      const { request, header } = await received(c.req, 'register');
      return reply(200, register(side, request, header));
    });
  }
  app.post('/v1/payment-gateway/payments', async (c) => {
    const { request, header } = await received(c.req, 'other');
    return reply(200, await createPayment(side, request, header));
  });
  app.get('/v1/payment-gateway/payments/:charge/status', async (c) => {
    const { request, header } = await received(c.req, 'other');
    const { paid, body } = paymentStatus(side, c.req.param('charge'), request, header);
    return reply(paid ? 200 : 404, body);
  });
  app.post('/v1/device-event-logs/uploads', async (c) => {
    const { request, header } = await received(c.req, 'other');
    return reply(201, upload(side, request, header));
  });
  app.all('*', (c) => reply(404, encodeErrorReply(`There is no ${c.req.method} ${readablePath(c.req.path)} here`)));
  return app;
}

function register(side: PromptPaySide, request: SignedRequest, header: HeaderOf): Uint8Array {
  const introduction = decodeRegisterRequest(request.body);
  demandSignature(side.signatures, introduction.mac, request, header);
  const { pin, deviceId } = side.devices.register(introduction);
  side.log.info('device.registered', { device: deviceId });
  side.changes.tell('devices');
  return encodeRegisterReply({ pin, deviceId });
}

async function createPayment(side: PromptPaySide, request: SignedRequest, header: HeaderOf): Promise<Uint8Array> {
  const { deviceId, amountMinor, description } = decodePaymentRequest(request.body);
  const device = side.devices.find(deviceId);
  if (!device) {
    throw new Refusal(400, 'This device is not registered here', {
      code: 'device-unknown',
      found: deviceId,
      remedy: 'Pair the box with this backend.',
    });
  }
  demandSignature(side.signatures, device.mac, request, header);
  demandClaimed(device);
  demandAmount(amountMinor, side.limits);
  const wish = { deviceId, amountMinor, description, idempotencyKey: idempotencyKey(header) };
  const charge = side.charges.create(wish, (chargeId) => chargeQr(chargeId, deviceId, amountMinor));
  side.changes.tell('charges');
  const qr = offeredQr(charge.rawData, () => chargeQr(charge.chargeId, deviceId, amountMinor + 100), side.faults);
  return encodePaymentReply({ charge: charge.chargeId, qr, expiry: charge.expiry, image: await qrPicture(qr) });
}

/** The contract knows paid and everything else: a charge that is open, expired, failed or unknown is "not found or failed". */
function paymentStatus(side: PromptPaySide, chargeId: string, request: SignedRequest, header: HeaderOf) {
  const charge = side.charges.find(chargeId);
  const device = charge && side.devices.find(charge.deviceId);
  if (device) demandSignature(side.signatures, device.mac, request, header);
  if (charge?.state !== 'paid') {
    return { paid: false, body: encodeStatusReply({ success: false, charge: null, status: null, message: 'Payment not found or failed' }) };
  }
  const message = 'Payment status retrieved successfully';
  return { paid: true, body: encodeStatusReply({ success: true, charge: charge.chargeId, status: null, message }) };
}

function upload(side: PromptPaySide, request: SignedRequest, header: HeaderOf): Uint8Array {
  const sales = decodeUploadRequest(request.body);
  const added = side.logs.keep(sender(side, sales, request, header), sales);
  side.log.info('logs.received', { items: sales.length, new: added });
  side.changes.tell('logs');
  return encodeUploadReply(sales.length);
}

/**
 * The contract's upload does not say which box it comes from: it is the one whose MAC the signature fits, looked for
 * first among the owners of the charges it names. Null when a secret shared by all boxes leaves it open.
 */
function sender(side: PromptPaySide, sales: readonly LoggedSale[], request: SignedRequest, header: HeaderOf): string | null {
  const owners = sales.flatMap(({ charge }) => (charge === null ? [] : (side.charges.find(charge)?.deviceId ?? [])));
  const named = [...new Set(owners)].map((deviceId) => side.devices.get(deviceId));
  const all = side.devices.list();
  let verdict: SignatureCheck = { ok: false, code: 'signature-wrong' };
  for (const device of [...named, ...all]) {
    verdict = side.signatures.check(device.mac, request, header);
    if (verdict.ok) return verdict.namesDevice || named.length > 0 || all.length === 1 ? device.deviceId : null;
  }
  throw badSignature(verdict.code);
}

function demandSignature(signatures: Signatures, mac: string, request: SignedRequest, header: HeaderOf): void {
  const check = signatures.check(mac, request, header);
  if (!check.ok) throw badSignature(check.code);
}

const badSignature = (code: string): Refusal =>
  new Refusal(401, 'The signature of the request is not right', {
    code,
    found: code,
    remedy: 'Check the signing profile, the MAC address and, where there is one, the secret of the box.',
  });

function demandClaimed(device: Device): void {
  if (device.claimed) return;
  throw new Refusal(400, 'This device has not been claimed yet', {
    code: 'device-unclaimed',
    found: device.deviceId,
    remedy: 'Enter the PIN the box shows on the page of the backend.',
  });
}

function demandAmount(amountMinor: number, { leastMinor, mostMinor }: AmountLimits): void {
  if (amountMinor >= leastMinor && amountMinor <= mostMinor) return;
  throw new Refusal(400, 'The amount is outside what this backend takes', {
    code: 'amount-limit',
    found: String(amountMinor),
    expected: `${leastMinor} to ${mostMinor} satang`,
  });
}

function idempotencyKey(header: HeaderOf): string | null {
  const key = header('idempotency-key');
  if (key === undefined) return null;
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw new Refusal(400, 'The idempotency-key header is not usable', {
    code: 'idempotency-key-invalid',
    expected: '1 to 255 visible ASCII characters',
  });
}

interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  header(name: string): string | undefined;
  arrayBuffer(): Promise<ArrayBuffer>;
}

async function received(incoming: IncomingRequest, purpose: SignedRequest['purpose']) {
  const { pathname, search } = new URL(incoming.url);
  const body = incoming.method === 'GET' ? new Uint8Array() : new Uint8Array(await incoming.arrayBuffer());
  const method = incoming.method === 'GET' ? 'GET' : 'POST';
  const request: SignedRequest = { purpose, method, path: pathname + search, body };
  const header: HeaderOf = (name) => incoming.header(name);
  return { request, header };
}

/** A message of the codec or a rule of the backend that was not kept is the box's to correct (400); anything else is ours (500). */
function refusalReply(error: Error, log: BackendLog): Response {
  if (error instanceof Refusal) return reply(error.status, encodeErrorReply(error.explain()));
  if (error instanceof Fault && (error.blame === 'peer' || error.blame === 'caller')) return reply(400, encodeErrorReply(error.explain()));
  log.error('backend.error', { reason: error.message });
  return reply(500, encodeErrorReply('The backend failed; its log says why'));
}

const reply = (status: number, body: Uint8Array): Response =>
  new Response(body as Uint8Array<ArrayBuffer>, { status, headers: { 'content-type': 'application/json' } });
