import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { encodeManifest, type Manifest } from '../domain/ota/manifest.ts';
import { coreName } from '../domain/ota/names.ts';
import { type KeyPair, signManifest } from '../ota/package/keys.ts';
import { type Made, manifestOf } from '../ota/package/manifest-of.ts';
import { type RawEntry, rawZip } from './raw-zip.ts';

/** The same pair every time: an Ed25519 seed of one repeated byte. */
export function fixedKeys(byte: number): KeyPair {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: createPublicKey(key.export({ type: 'pkcs8', format: 'pem' }))
      .export({ type: 'spki', format: 'pem' })
      .toString(),
  };
}

/** The maker of the packages of tests. */
export const MAKER = fixedKeys(1);

/** A valid posparam.ini. */
export const POSPARAM: Uint8Array = Buffer.from(
  JSON.stringify({
    mqtt: {
      mqtt_endpoint: 'mqtt.example.com',
      mqtt_port: '8883',
      mqtt_auth_cert: 0,
      mqtt_username: 'box',
      mqtt_password: 'not-a-secret',
      mqtt_topic: 'pos',
    },
    payment: {
      pgw_endpoint: 'pay.example.com',
      pgw_port: '443',
      pgw_auth_type: 'api_key',
      pgw_ssl_cert: 1,
      pgw_api_key: 'sk_00000000000000000000000000000000',
      pgw_api_key_expiry: '20991231',
      pgw_api_sale: '/sale',
      pgw_api_details: '/details',
    },
  }),
);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Files of a resource archive, by path. */
export type Files = Readonly<Record<string, Uint8Array>>;

/** The manifest of a resource package with these files, as its maker would write it. */
export function manifestFor(core: Uint8Array, files: Files, more: Partial<Made> = {}): Manifest {
  const all = Object.entries(files)
    .map(([path, bytes]) => ({ path, size: bytes.length, sha256: sha256(bytes) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const contents = { files: all, entries: all.length, unpackedSize: all.reduce((sum, { size }) => sum + size, 0) };
  return manifestOf({
    type: 'CUST',
    version: 'V1.0.0',
    customerName: 'ACME',
    core: { name: coreName('CUST', 'V1.0.0'), size: core.length, sha256: sha256(core) },
    contents,
    ...more,
  });
}

/** The three entries of a signed package, to be put into a zip by whatever means. */
export function signedEntries(manifest: Manifest, core: Uint8Array, keys: KeyPair = MAKER): RawEntry[] {
  const bytes = encodeManifest(manifest);
  return [
    { name: 'resource.json', data: bytes },
    { name: 'resource.json.sig', data: signManifest(bytes, keys.privateKey) },
    { name: manifest.core[0].name, data: core },
  ];
}

/** A signed package whose inner archive is this one, whatever is wrong with it; the manifest believes it. */
export function signedAround(inner: Uint8Array, files: Files): Buffer {
  return rawZip(signedEntries(manifestFor(inner, files), inner));
}
