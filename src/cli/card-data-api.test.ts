import fs from 'node:fs';
import { request as httpRequest } from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLANTED_IDS, PLANTED_TEXTS } from '../testkit/card-leaks.ts';
import { WatchedBox } from '../testkit/watched-box.ts';

/** A box whose local API is sent card data in every place there is: none of it may come out again, or be on its disk. */

const TEXTS = Object.values(PLANTED_TEXTS);
const IDS = Object.values(PLANTED_IDS);
const LONG = 120_000;
const [T, I] = [TEXTS.length, IDS.length];
/** How many inputs with card data each place must have got. */
const EXPECTED: Readonly<Record<string, number>> = {
  'api address': 11 * T,
  'api header': 9 * T,
  'api body': 13 * 4 * T,
  'api no JSON': 13 * T,
  'api number': 2,
  'api description': T,
  'api idempotency key': I,
  'api idempotency key again': I,
  'api idempotency header': I,
};

/** Inputs that carried card data and were answered, by where they went in. */
const arrived = new Map<string, number>();
const count = (where: string): void => void arrived.set(where, (arrived.get(where) ?? 0) + 1);

const root = fs.mkdtempSync(join(os.tmpdir(), 'tilld-card-api-'));
// Nobody listens there: a box starts and sells without its servers.
const box = new WatchedBox(join(root, 'box'), { httpUrl: 'http://127.0.0.1:1', mqttUrl: 'mqtt://127.0.0.1:1' });

beforeAll(() => box.start());
afterAll(async () => {
  await box.end('SIGKILL');
  fs.rmSync(root, { recursive: true });
});

test(
  'the local API',
  async () => {
    const raw = (path: string, headers: Record<string, string>) =>
      new Promise<void>((resolve, reject) => {
        const sent = httpRequest(box.url + path, { headers }, async (response) => {
          box.search(
            `reply to ${path} with headers`,
            JSON.stringify(response.rawHeaders) + Buffer.concat(await Array.fromAsync(response)).toString(),
          );
          resolve();
        });
        sent.on('error', reject).end();
      });
    const posted = [
      '/v1/sales',
      '/v1/updates/install',
      '/v1/updates/rollback',
      '/v1/pair',
      '/v1/counters/reset',
      '/sim/coin',
      '/sim/bill',
      '/sim/pulses',
      '/sim/key',
      '/sim/button',
      '/sim/card',
      '/sim/link',
      '/sim/power',
    ];
    for (const text of TEXTS) {
      const coded = encodeURIComponent(text);
      for (const path of [
        `/v1/sales/${coded}`,
        `/v1/ledger?after=${coded}`,
        `/v1/ledger?sale=${coded}`,
        `/v1/ledger?${coded}=1`,
        `/v1/stream?after=${coded}`,
        `/${coded}`,
        `/v1/${coded}/${'x'.repeat(79)}/${coded}`,
        `/${'x'.repeat(90)}/${coded}`,
        `/%zz${coded}`,
        `/sim/sounds/${coded}.mp3`,
        `/sim/${coded}`,
      ]) {
        await box.ask(path);
        count('api address');
      }
      await box.post(`/v1/sales/${coded}/cancel`, {});
      for (const name of [
        'host',
        'origin',
        'content-type',
        'authorization',
        'last-event-id',
        'cookie',
        'user-agent',
        'idempotency-key',
        'x-forwarded-for',
      ]) {
        await raw('/v1/stream?after=x', { [name]: text });
        count('api header');
      }
      for (const path of posted) {
        for (const body of [
          { [text]: text },
          text,
          [text],
          {
            denomination: text,
            key: text,
            name: text,
            line: text,
            card: text,
            mqtt: text,
            cut: text,
            file: text,
            type: text,
            amountMinor: text,
            unsigned: { sha256: text },
          },
        ]) {
          await box.post(path, body);
          count('api body');
        }
        await box.ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: `${text} {` });
        await box.ask(path, { method: 'POST', headers: { 'content-type': text }, body: text });
        count('api no JSON');
      }
      for (const key of ['key', 'name']) await box.post(key === 'key' ? '/sim/key' : '/sim/button', { [key]: text });
      await box.post('/v1/updates/install', { file: `/nowhere/${text}/CUST_DS50-MQ_ACME_V1.0.0.zip` });
      await box.post('/v1/updates/install', { file: `/nowhere/${text}` });
    }
    for (const number of [Number(PLANTED_IDS.visa), Number(PLANTED_IDS.amex)]) {
      for (const path of posted)
        await box.post(path, { amountMinor: number, denomination: number, key: number, name: number, card: number, line: number });
      count('api number');
    }
  },
  LONG,
);

test(
  'sales by the local API',
  async () => {
    const sell = async (where: string, body: object, headers: Record<string, string> = {}) => {
      await box.until('idle', async ({ sale }) => sale === null || (await box.post(`/v1/sales/${sale.id}/cancel`, {})).status === 200);
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ amountMinor: 100, ...body }),
      };
      const { status, text } = await box.ask('/v1/sales', init);
      expect([where, status, text]).toEqual([where, 201, text]);
      count(where);
      await box.read();
      return (JSON.parse(text) as { id: string }).id;
    };
    for (const description of TEXTS) await sell('api description', { description });
    for (const id of IDS) {
      const sale = await sell('api idempotency key', { idempotencyKey: id });
      // The same key is the same sale, whatever was kept of it.
      expect(await sell('api idempotency key again', { idempotencyKey: id })).toBe(sale);
      expect(await sell('api idempotency header', {}, { 'idempotency-key': id })).toBe(sale);
    }
    await box.until('idle', async ({ sale }) => sale === null || (await box.post(`/v1/sales/${sale.id}/cancel`, {})).status === 200);
  },
  LONG,
);

test(
  'nothing came out, nothing is on the disk, in order and after SIGKILL',
  async () => {
    await box.read();
    await box.end('SIGKILL');
    await box.start();
    await box.read();
    await box.end('SIGTERM');
    // What never arrived proves nothing.
    expect(Object.fromEntries(arrived)).toEqual(EXPECTED);
    expect(box.searched).toBeGreaterThan(1_500);
    expect(box.leaks).toEqual([]);
  },
  LONG,
);
