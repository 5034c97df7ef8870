import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OPENSSL = '/usr/bin/openssl';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Throw-away certificates as PEM text, and the folder that holds them as `{name}.pem` and `{name}.key`. */
export interface Certificates {
  readonly folder: string;
  readonly ca: string;
  /** An authority nobody should trust. */
  readonly otherCa: string;
  /** For localhost and 127.0.0.1. */
  readonly server: Pair;
  /** For another host, but signed by `ca`. */
  readonly elsewhere: Pair;
  readonly expired: Pair;
  readonly client: Pair;
  dispose(): void;
}

/** Makes two authorities and their certificates with the machine's openssl. */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-certificates-'));
  const openssl = (...args: string[]) => execFileSync(OPENSSL, args, { cwd: folder, stdio: 'pipe' });
  const key = (name: string) => openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const authority = (name: string) => {
    key(name);
    openssl('req', '-x509', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-days', '2', '-out', `${name}.pem`);
    return text(`${name}.pem`);
  };
  const issue = (name: string, subject: string, names: string, days = 2): Pair => {
    key(name);
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${subject}`, '-out', `${name}.csr`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-days', String(days), '-out', `${name}.pem`);
    return { cert: text(`${name}.pem`), key: text(`${name}.key`) };
  };
  const ca = authority('ca');
  const otherCa = authority('other-ca');
  const local = 'DNS:localhost,IP:127.0.0.1';
  return {
    folder,
    ca,
    otherCa,
    server: issue('server', 'localhost', local),
    elsewhere: issue('elsewhere', 'elsewhere.invalid', 'DNS:elsewhere.invalid'),
    expired: issue('expired', 'localhost', local, -1),
    client: issue('client', 'tilld-box-0001', 'DNS:tilld-box-0001'),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
