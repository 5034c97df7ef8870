import { X509Certificate } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { MAX_KEY_FILES, MAX_KEY_FOLDER_BYTES } from '../../domain/ota/limits.ts';
import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';
import type { ZipEntry } from './zip-layout.ts';

const FOLDER = 'key/';

/** Whether a file is one of those that hold certificates. */
export const isInKeyFolder = (path: string): boolean => path.startsWith(FOLDER);

/** How many files there are in `key/`, and how large they are together: all of them are held in memory. @throws OtaFault `ota-certificates-size` */
export function checkKeyFolder(entries: readonly ZipEntry[]): void {
  const files = entries.filter(({ name }) => isInKeyFolder(name) && !name.endsWith('/'));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length <= MAX_KEY_FILES && bytes <= MAX_KEY_FOLDER_BYTES) return;
  throw new OtaFault('There is too much in key/', {
    code: 'ota-certificates-size',
    found: `${files.length} files with ${bytes} bytes`,
    expected: `at most ${MAX_KEY_FILES} with ${MAX_KEY_FOLDER_BYTES} together`,
    remedy: 'Leave the certificates out that the box does not need.',
  });
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\t\n\r ]*)-----END CERTIFICATE-----/g;

/**
 * `key/` takes certificates (X.509, PEM) and nothing else, not even a word between them: whatever it is may be a private
 * key that was written down in another way. Others have their turn after each certificate. @throws OtaFault `ota-certificate`
 */
export async function checkCertificates(keys: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const [path, bytes] of keys) {
    // What keeps an otherwise empty folder in git, and comes along when another tool packs the tree.
    if (bytes.length === 0 && path.endsWith('/.gitkeep')) continue;
    const why = await whyNoCertificates(Buffer.from(bytes).toString('latin1'));
    if (why === null) continue;
    throw new OtaFault('A file in key/ is not a certificate', {
      code: 'ota-certificate',
      found: `${why} in ${quoted(path)}`,
      expected: 'X.509 certificates in PEM and nothing else',
    });
  }
}

async function whyNoCertificates(text: string): Promise<string | null> {
  const blocks = [...text.matchAll(CERTIFICATE)];
  if (blocks.length === 0) return 'none';
  if (/[^\t\n\r ]/.test(text.replace(CERTIFICATE, ''))) return 'something else';
  for (const [pem, body = ''] of blocks) {
    if (!isCertificate(pem, body)) return 'a malformed one';
    await setImmediate();
  }
  return null;
}

/** Readers of PEM pass over bytes behind the certificate. */
function isCertificate(pem: string, body: string): boolean {
  try {
    return new X509Certificate(pem).raw.equals(Buffer.from(body, 'base64'));
  } catch {
    return false;
  }
}
