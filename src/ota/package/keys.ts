import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { ConfigurationFault } from '../../domain/fault.ts';

/** Put before what is signed, so that a signature made for something else is never one of a package. */
const CONTEXT = Buffer.from('tilld-ota-v1\0');
export const SIGNATURE_BYTES = 64;

/** A pair of Ed25519 keys as PEM: PKCS#8 and SPKI. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export const makeKeyPair = (): KeyPair =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

/** A key in words a person can compare: the first 16 hex digits of the SHA-256 of its public half (SPKI, DER). @throws as `readPublicKey` */
export const keyId = (pem: string): string =>
  createHash('sha256')
    .update(readPublicKey(pem).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

/** The raw 64-byte signature over a manifest's bytes. @throws ConfigurationFault `ota-key` */
export const signManifest = (manifest: Uint8Array, privateKey: string): Uint8Array =>
  sign(null, Buffer.concat([CONTEXT, manifest]), readPrivateKey(privateKey));

/** The id of the one of `publicKeys` that made the signature, or null. @throws ConfigurationFault `ota-key` */
export function signerOf(manifest: Uint8Array, signature: Uint8Array, publicKeys: readonly string[]): string | null {
  const signed = Buffer.concat([CONTEXT, manifest]);
  const signer = publicKeys.find((pem) => verify(null, signed, readPublicKey(pem), signature));
  return signer === undefined ? null : keyId(signer);
}

function readPrivateKey(pem: string): KeyObject {
  return ed25519('a private key (PKCS#8, PEM)', () => createPrivateKey(pem));
}

function readPublicKey(pem: string): KeyObject {
  return ed25519('a public key (SPKI, PEM)', () => {
    // node:crypto would derive the public half of a private key, which has no business here.
    if (pem.includes('PRIVATE KEY')) throw new RangeError('it is a private key');
    return createPublicKey(pem);
  });
}

/** The message of what goes wrong is not passed on: it might quote the key. */
function ed25519(what: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = read();
  } catch {
    // Said below, together with keys of another kind.
  }
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new ConfigurationFault('The key is not usable', {
    code: 'ota-key',
    found: key === null ? 'something else' : `a key for ${key.asymmetricKeyType}`,
    expected: `${what} for Ed25519`,
    remedy: 'Make a pair with `tilld ota keygen`.',
  });
}
