import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSigner } from '../protocols/promptpay/signing.ts';
import { FakeClock } from '../testkit/clock.ts';
import { seededEntropy } from '../testkit/entropy.ts';
import {
  control,
  PAYMENTS_PATH,
  paymentBody,
  REGISTER_PATH,
  registerBody,
  SYNTHETIC_MAC,
  UPLOADS_PATH,
  type WireBox,
  wireBox,
} from '../testkit/promptpay-box.ts';
import { type ReferenceBackend, startReferenceBackend } from './server.ts';
import { REFERENCE_SIGNERS } from './signatures.ts';

const documented = (name: string): string =>
  JSON.stringify(JSON.parse(readFileSync(new URL(`../protocols/promptpay/fixtures/${name}.json`, import.meta.url), 'utf8')));
const JSON_TYPE = 'application/json';

let clock: FakeClock;
let backend: ReferenceBackend;
let box: WireBox;

beforeEach(async () => {
  clock = new FakeClock();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, entropy: seededEntropy() });
  box = wireBox(backend.httpUrl, () => clock.wallMs());
});
afterEach(() => backend.stop());

const data = (text: string) => JSON.parse(text).data;
const pay = async (deviceId: string, amount = 2000, headers = {}) => box.post(PAYMENTS_PATH, paymentBody(deviceId, amount), headers);
const settle = (chargeId: string, how: 'pay' | 'fail' | 'expire') => control(backend.httpUrl, 'POST', `charges/${chargeId}/${how}`);
const charges = async () => JSON.parse((await control(backend.httpUrl, 'GET', 'charges')).text).charges;

test.each(REFERENCE_SIGNERS.map((signer) => [signer.profile, signer] as const))('%s is taken for every request', async (_name, signer) => {
  box = wireBox(backend.httpUrl, () => clock.wallMs(), { signer });
  const deviceId = await box.pair();
  const paid = await pay(deviceId);
  expect(paid.status).toBe(200);
  const chargeId = data(paid.text).chargeId;
  await settle(chargeId, 'pay');
  expect((await box.get(`${PAYMENTS_PATH}/${chargeId}/status`)).status).toBe(200);
  expect((await box.post(UPLOADS_PATH, documented('upload-request'))).status).toBe(201);
});

test.each([
  ['wrong', { 'x-sign': '00000000' }, 'signature-wrong'],
  ['empty', { 'x-sign': '' }, 'signature-missing'],
  ['malformed', { 'x-sign': '', 'x-sign-v2': 'k=reference' }, 'signature-malformed'],
])('one that is %s is refused everywhere with 401', async (_name, headers, code) => {
  const deviceId = await box.pair();
  const chargeId = data((await pay(deviceId)).text).chargeId;
  const refused = { status: 401, type: JSON_TYPE };
  const replies = [
    await box.post(REGISTER_PATH, registerBody(), headers),
    await pay(deviceId, 100, headers),
    await box.post(UPLOADS_PATH, documented('upload-request'), headers),
  ];
  for (const reply of replies) {
    expect(reply).toMatchObject(refused);
    expect(JSON.parse(reply.text)).toEqual({ success: false, message: expect.stringContaining(code) });
  }
  const query = await fetch(`${backend.httpUrl}${PAYMENTS_PATH}/${chargeId}/status`, { headers });
  expect(query.status).toBe(401);
  expect(await charges()).toHaveLength(1);
});

test('a good one does not fit another body, and a replayed hmac-sha256 one does not fit at all', async () => {
  const signer = { profile: 'hmac-sha256', keyId: 'reference', key: 'tilld-reference-device-key' } as const;
  const deviceId = await box.pair();
  const signing = createSigner(signer, SYNTHETIC_MAC, clock, seededEntropy(7));
  const body = paymentBody(deviceId, 2000);
  const headers = signing.headers({ purpose: 'other', method: 'POST', path: PAYMENTS_PATH, body: new TextEncoder().encode(body) });
  const send = async (text: string) => {
    const reply = await fetch(backend.httpUrl + PAYMENTS_PATH, { method: 'POST', body: text, headers });
    return { status: reply.status, text: await reply.text() };
  };
  expect((await send(body)).status).toBe(200);
  expect(await send(body)).toEqual({ status: 401, text: expect.stringContaining('signature-replayed') });
  expect(await send(paymentBody(deviceId, 1))).toEqual({ status: 401, text: expect.stringContaining('signature-wrong') });
  expect(await charges()).toHaveLength(1);
});
