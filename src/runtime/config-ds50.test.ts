import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MQTT, PAYMENT } from '../testkit/posparam.ts';
import { ConfigInvalid, parseConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'tilld-config-ds50-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const GOOD = { mqtt: MQTT, payment: PAYMENT };

const read = (ds50: object, ota: object = {}) =>
  parseConfig(
    JSON.stringify({
      device: { serial: 'SN-1', mac: '02:00:00:00:00:01', chipId: 'c', model: 'DS50' },
      board: 'ds50-sim',
      protocol: 'ds50',
      ds50,
      ota,
      sale: { currency: 'USD' },
    }),
    join(folder, 'tilld.json'),
    {},
  );

function faultsOf(attempt: () => unknown): readonly { path: string; found: string; expected: string }[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.faults;
    throw error;
  }
  return [];
}

describe('the ds50 section', () => {
  test('reads posparam.ini from the file beside it', () => {
    writeFileSync(join(folder, 'posparam.ini'), JSON.stringify(GOOD));
    const { backend } = read({ posparam: { file: 'posparam.ini' } });
    expect(backend).toMatchObject({
      protocol: 'ds50',
      ds50: {
        settings: { apiKeyHeader: 'x-api-key', timeoutMs: 10_000, saleTimeoutMs: 60_000 },
        files: { posparam: { payment: { apiKey: PAYMENT.pgw_api_key } }, ca: null, clientCertificate: null },
      },
    });
  });

  test('tells every problem of posparam.ini at its place, and no secret', () => {
    const text = JSON.stringify({ ...GOOD, mqtt: { ...MQTT, mqtt_port: '0', mqtt_auth_cert: 7 } });
    const faults = faultsOf(() => read({ posparam: text }));
    expect(faults.map(({ path }) => path)).toEqual(['$.ds50.posparam (mqtt.mqtt_port)', '$.ds50.posparam (mqtt.mqtt_auth_cert)']);
    expect(JSON.stringify(faults)).not.toContain(PAYMENT.pgw_api_key);
  });

  test.each([
    ['a TMS without a key', { posparam: '{}', tms: { url: 'https://tms.test' } }, '$.ds50.tms.apiKey'],
    ['a key that is none', { posparam: '{}', clientKey: 'x' }, '$.ds50.clientKey'],
    ['another header', { posparam: '{}', apiKeyHeader: 'cookie' }, '$.ds50.apiKeyHeader'],
  ])('%s is a fault', (_, ds50, path) => {
    expect(faultsOf(() => read(ds50)).map((fault) => fault.path)).toEqual([path]);
  });
});

describe('the ota section', () => {
  test('takes public keys that packages may be signed with', () => {
    const { ota } = read({ posparam: JSON.stringify(GOOD) }, { customer: 'ACME', trustedKeys: [pair.publicKey], kibPerSecond: 64 });
    expect(ota).toMatchObject({ customer: 'ACME', trustedKeys: [pair.publicKey], kibPerSecond: 64, allowUnsigned: false });
  });

  test.each([
    ['a private key', { trustedKeys: [pair.privateKey] }, '$.ota.trustedKeys[0]'],
    ['a customer with an underscore', { customer: 'A_B' }, '$.ota.customer'],
  ])('refuses %s', (_, ota, path) => {
    expect(faultsOf(() => read({ posparam: JSON.stringify(GOOD) }, ota)).map((fault) => fault.path)).toEqual([path]);
  });
});
