import net from 'node:net';
import tls from 'node:tls';
import type { TlsSettings } from './endpoint.ts';

/** Opens the TCP connection under an endpoint; replaced where a link can be cut on purpose. May throw like `net.connect` fails. */
export type Dial = (host: string, port: number) => net.Socket;

export interface SocketTarget {
  /** Name or address; an IPv6 address may stand in brackets, as URLs have it. */
  readonly host: string;
  readonly port: number;
  /** TLS on top, or null for plain TCP. */
  readonly tls: (TlsSettings & { readonly insecure?: boolean }) | null;
}

/** A socket on its way to the target; it emits `connect`, or `secureConnect` with TLS once the peer's certificate is verified. */
export function openSocket({ host, port, tls: security }: SocketTarget, dial: Dial | undefined): net.Socket {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const plain = dial === undefined ? net.connect({ host: name, port, noDelay: true }) : dial(name, port);
  if (security === null) return plain;
  const secured = tls.connect({
    socket: plain,
    host: name,
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    ...(security.ca === undefined ? {} : { ca: security.ca }),
    ...(security.cert === undefined ? {} : { cert: security.cert }),
    ...(security.key === undefined ? {} : { key: security.key }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: security.insecure !== true,
  });
  plain.once('error', (error) => void secured.destroy(error));
  return secured;
}

/** What a connection died of, in codes that do not depend on the library that noticed. */
export interface Symptom {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  /** Trying again soon is pointless: a person must change something. */
  readonly lasting: boolean;
}

const CERTIFICATE: Readonly<Record<string, Omit<Symptom, 'lasting'>>> = {
  CERT_HAS_EXPIRED: {
    code: 'tls-expired',
    message: "The server's certificate has expired",
    remedy: 'Renew it, or check the clock of the box.',
  },
  CERT_NOT_YET_VALID: {
    code: 'tls-not-yet-valid',
    message: "The server's certificate is not valid yet",
    remedy: 'Check the clock of the box.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'tls-host',
    message: "The server's certificate is for another host",
    remedy: 'Use the host name the certificate was made for.',
  },
};

const UNTRUSTED = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REVOKED',
  'INVALID_CA',
];

const NETWORK: Readonly<Record<string, readonly [code: string, message: string]>> = {
  ECONNREFUSED: ['peer-refused-connection', 'Nothing listens at the address'],
  ECONNRESET: ['peer-cut', 'The connection was cut'],
  EPIPE: ['peer-cut', 'The connection was cut'],
  ETIMEDOUT: ['peer-timeout', 'The peer did not answer in time'],
  ENOTFOUND: ['peer-unknown-host', 'The host name is not known'],
  EAI_AGAIN: ['peer-unknown-host', 'The host name could not be looked up'],
  EHOSTUNREACH: ['peer-unreachable', 'The host cannot be reached'],
  ENETUNREACH: ['peer-unreachable', 'The network cannot be reached'],
};

/** What Node's error about a socket means; anything unknown is `peer-cut`. */
export function symptomOf(error: unknown): Symptom {
  const code = errorCode(error);
  const certificate = CERTIFICATE[code];
  if (certificate !== undefined) return { ...certificate, lasting: true };
  if (UNTRUSTED.includes(code)) {
    const remedy = 'Set `ca` of the endpoint to the certificate of the authority that signed it.';
    return { code: 'tls-untrusted', message: "The server's certificate is not trusted", remedy, lasting: true };
  }
  if (code.startsWith('ERR_SSL_') && code.includes('ALERT')) {
    const remedy = 'Check `cert` and `key` of the endpoint.';
    return { code: 'tls-client-refused', message: 'The server refused the TLS connection', remedy, lasting: true };
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_OSSL_')) {
    return { code: 'tls-failed', message: 'The TLS connection could not be made', lasting: true };
  }
  const [known, message] = NETWORK[code] ?? ['peer-cut', 'The connection failed'];
  return { code: known, message, lasting: false };
}

/** The `code` of an error, or of the first error inside an AggregateError (several addresses tried), or ''. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : '';
}
