import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { type Files, MAKER, POSPARAM, signedAround } from '../../testkit/ota-package.ts';
import { rawZip } from '../../testkit/raw-zip.ts';
import { checkCertificates } from './certificates.ts';
import { verifyPackage } from './verify.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tilld-smuggled-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of a signed package with these files beside its parameters. */
async function refusal(more: Files): Promise<string> {
  const files: Files = { 'cust/posparam.ini': POSPARAM, ...more };
  const file = join(dir, 'CUST_DS50-MQ_ACME_V1.0.0.zip');
  writeFileSync(file, signedAround(rawZip(Object.entries(files).map(([name, data]) => ({ name, data }))), files));
  return verifyPackage(file, { keys: [MAKER.publicKey] }).then(
    () => 'none',
    (error: unknown) => (error instanceof OtaFault ? error.code : String(error)),
  );
}

const CERTIFICATE = `${rootCertificates[0]}\n`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KEY_PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEY_DER = privateKey.export({ type: 'pkcs8', format: 'der' });
const KEY_BASE64 = KEY_DER.toString('base64');
/** The certificate with the key behind it in the same block, as readers of PEM pass over it. */
const BEHIND = (() => {
  const der = Buffer.from(CERTIFICATE.replaceAll(/-----.*-----|\s/g, ''), 'base64');
  // An empty sequence: OpenSSL reads what it trusts the certificate for, and nothing behind that.
  const body = Buffer.concat([der, Buffer.from([0x30, 0]), KEY_DER])
    .toString('base64')
    .replaceAll(/.{64}/g, '$&\n')
    .trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
})();

/** Ways to write a private key down that the look for PEM passes over. */
const DISGUISES: readonly [string, Buffer][] = [
  ['in DER', KEY_DER],
  ['as PEM in UTF-16', Buffer.from(KEY_PEM, 'utf16le')],
  ['as PEM in UTF-16 with a mark', Buffer.from(`\ufeff${KEY_PEM}`, 'utf16le')],
];
const BARE: readonly [string, Buffer][] = [
  ['in base64 without its lines', Buffer.from(KEY_BASE64)],
  ['with a dash too few', Buffer.from(KEY_PEM.replaceAll('-----', '----'))],
];

describe('key/', () => {
  test.each<[string, Files]>([
    ['a certificate', { 'key/ca.pem': Buffer.from(CERTIFICATE) }],
    ['with other line ends and blank lines', { 'key/ca.pem': Buffer.from(`\n${CERTIFICATE.replaceAll('\n', '\r\n')}\r\n\t \n`) }],
    ['every certificate the world trusts, one after another', { 'key/ca.pem': Buffer.from(rootCertificates.slice(0, 20).join('\n')) }],
    ['sixteen files', Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key/${i}.pem`, Buffer.from(CERTIFICATE)]))],
    ['what keeps an empty folder', { 'key/.gitkeep': Buffer.alloc(0) }],
  ])('takes %s', async (_, files) => {
    expect(await refusal(files)).toBe('none');
  });

  test.each([...DISGUISES, ...BARE, ['words', Buffer.from('# our own authority\n')], ['behind it in its block', null]] as const)(
    'takes no private key beside a certificate: %s',
    async (_, key) => {
      if (key === null) return expect(await refusal({ 'key/ca.pem': Buffer.from(BEHIND) })).toBe('ota-certificate');
      for (const pieces of [
        [Buffer.from(CERTIFICATE), key],
        [key, Buffer.from('\n'), Buffer.from(CERTIFICATE)],
      ])
        expect(await refusal({ 'key/ca.pem': Buffer.concat(pieces) })).toBe('ota-certificate');
    },
  );

  test.each<[string, Files]>([
    ['more than 16 files', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`key/${i}.pem`, Buffer.from(CERTIFICATE)]))],
    [
      'more than 256 KiB',
      Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`key/${i}.pem`, Buffer.from(CERTIFICATE.padEnd(60 * 1024))])),
    ],
  ])('takes not %s', async (_, files) => {
    expect(await refusal(files)).toBe('ota-certificates-size');
  });
});

describe('cust/', () => {
  test.each<[string, string]>([
    ['parameters of another program', '[box]\r\nname = "น้ำดื่ม"\t; 1\r\n'],
    ['an empty file', ''],
    ['a text with a byte order mark', '\ufeffa = 1\n'],
    ['a text longer than what is read at once', 'ก'.repeat(300_000)],
  ])('takes %s', async (_, text) => {
    expect(await refusal({ 'cust/more.ini': Buffer.from(text) })).toBe('none');
  });

  test.each<[string, Buffer]>([
    ...DISGUISES,
    ['bytes that are no UTF-8', Buffer.from([0x61, 0xff])],
    ['half a letter at the end', Buffer.from('ก').subarray(0, 2)],
    ['a control character', Buffer.from('a\u0000b')],
  ])('takes text only, not %s', async (_, bytes) => {
    expect(await refusal({ 'cust/more.ini': bytes })).toBe('ota-cust-text');
  });
});

test('after each certificate others have their turn', async () => {
  const many = Buffer.from(rootCertificates.slice(0, 8).join('\n'));
  let turns = 0;
  let timer = setImmediate(function turn() {
    turns++;
    timer = setImmediate(turn);
  });
  const keys = new Map(Array.from({ length: 16 }, (_, i) => [`key/${i}.pem`, many]));
  const before = turns;
  await checkCertificates(keys);
  clearImmediate(timer);
  expect(turns - before).toBeGreaterThanOrEqual(16 * 8 - 1);
});
