import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAKER } from '../../testkit/ota-package.ts';
import { PrivateKeyScan } from './private-key.ts';

const BODY = 'MC4CAQAwBQYDK2VwBCIEIAEBAQEB';
const pem = (kind: string, newline = '\n') => `-----BEGIN ${kind}-----${newline}${BODY}`;

const isFound = (pieces: readonly Uint8Array[]): boolean => {
  const scan = new PrivateKeyScan();
  try {
    for (const piece of pieces) scan.next(piece, 'file');
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ota-private-key' });
    return true;
  }
};

test.each([
  MAKER.privateKey,
  pem('PRIVATE KEY', '\r\n'),
  pem('RSA PRIVATE KEY'),
  pem('EC PRIVATE KEY'),
  pem('ENCRYPTED PRIVATE KEY'),
  pem('OPENSSH PRIVATE KEY'),
  pem('PGP PRIVATE KEY BLOCK'),
  '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n',
  // As it stands inside JSON.
  JSON.stringify({ key: MAKER.privateKey }),
])('%j is a private key, wherever it is cut', (text) => {
  const bytes = Buffer.concat([Buffer.alloc(300, 'x'), Buffer.from(text), Buffer.alloc(300, ' ')]);
  expect(isFound([bytes])).toBe(true);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 5 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      expect(isFound(at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toBe(true);
    }),
  );
});

test.each([
  MAKER.publicKey,
  '-----BEGIN RSA PRIVATE KEY-----\u0000-----END RSA PRIVATE KEY-----\u0000',
  'PRIVATE KEY',
  '-----BEGIN PRIVATE KEY-----',
])('%j is none', (text) => {
  expect(isFound([Buffer.from(text)])).toBe(false);
});

test('a program that can read private keys is not one', async () => {
  const { openInput } = await import('./file.ts');
  const { FileWindow } = await import('./window.ts');
  const { handle, size } = await openInput(process.execPath);
  const scan = new PrivateKeyScan();
  for await (const chunk of new FileWindow(handle, 0, size, () => {}).chunks()) scan.next(chunk, 'node');
  await handle.close();
  expect(size).toBeGreaterThan(1_000_000);
});
