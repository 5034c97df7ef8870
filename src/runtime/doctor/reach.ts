import { execFile } from 'node:child_process';
import { connect, isIP, type Socket } from 'node:net';
import { connect as secure, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { isLoopback } from '../../domain/loopback.ts';
import { symptomOf } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Finding, fault, ok, warning } from './finding.ts';
import { hostOf, type Link, portOf } from './links.ts';

const LIMIT_MS = 8_000;
const DAY_MS = 86_400_000;
/** A certificate that ends sooner than this should have been renewed by now: authorities' own programs do so 30 days before. */
const RENEW_DAYS = 14;

const NETWORK: Readonly<Record<string, string>> = {
  'peer-unknown-host': 'Check the name in the configuration, and that names can be looked up: resolvectl status; getent hosts ',
  'peer-refused-connection': 'Check the port in the configuration, and that the server runs: nc -vz ',
  'peer-timeout': 'Something swallows the packets (a firewall, a wrong address): traceroute ',
  'peer-unreachable': 'Check the cable or the Wi-Fi, and the gateway: ip route; ping ',
};

/** Looks the name up, and makes a TCP connection. */
export async function reach({ url }: Link, clock: Clock): Promise<Finding> {
  const [host, port] = [hostOf(url), portOf(url)];
  try {
    const addresses = isIP(host) ? [host] : await addressesOf(host, clock);
    if (addresses === null) {
      return fault('name-timeout', `nobody says within ${LIMIT_MS / 1_000} s which address ${host} has`, {
        expected: 'a name server that answers',
        remedy: 'See which name servers are asked, and whether they can be reached: resolvectl status; cat /etc/resolv.conf',
      });
    }
    const began = clock.monotonicMs();
    const socket = connect({ host, port });
    try {
      await within(clock, opened(socket, 'connect'));
    } finally {
      socket.destroy();
    }
    return ok(`${addresses.slice(0, 4).join(', ')} port ${port}, connected in ${Math.round(clock.monotonicMs() - began)} ms`);
  } catch (error) {
    const { code, message } = symptomOf(error);
    return fault(code, `${message}: ${host} port ${port}`, {
      expected: 'a server that listens there',
      remedy: `${NETWORK[code] ?? 'Check the network: ping '}${host}`,
    });
  }
}

const run = promisify(execFile);

/**
 * The addresses of a name; null when no name server answers in time. By a program of its own: a look-up inside Node cannot
 * be given up, and this process would end only after it, a minute later. @throws an error `ENOTFOUND`, or of the system
 */
async function addressesOf(host: string, clock: Clock): Promise<string[] | null> {
  const over = new AbortController();
  try {
    const { stdout } = await within(clock, run('getent', ['ahosts', '--', host], { signal: over.signal, maxBuffer: 64 * 1024 }));
    return [...new Set([...stdout.matchAll(/^\S+/gm)].map(([address]) => address))];
  } catch (error) {
    const { code } = error as { readonly code?: string | number };
    if (code === 'ETIMEDOUT') return null;
    // getent(1): the name is not known, or nobody could say
    throw code === 2 ? Object.assign(new Error('not found'), { code: 'ENOTFOUND' }) : error;
  } finally {
    over.abort();
  }
}

/** The certificate of the server, as a box looks at it. Nothing but the handshake is sent. */
export async function certificate({ url, tls }: Link, clock: Clock): Promise<Finding> {
  const host = hostOf(url);
  if (tls === null) {
    if (isLoopback(host)) return ok('without TLS, and never leaves this machine');
    return warning('tls-none', 'without TLS: everybody on the way can read and change it', {
      expected: 'mqtts:// or https://',
      remedy: 'Ask the operator of the backend for its address with TLS.',
    });
  }
  const { ca, cert, key } = tls;
  const proof = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  const name = isIP(host) === 0 ? { servername: host } : {};
  let socket: TLSSocket;
  try {
    socket = secure({ host, port: portOf(url), ...name, ...proof, minVersion: 'TLSv1.2', rejectUnauthorized: false });
  } catch (error) {
    return fault('tls-own-unusable', `ca, cert and key of the endpoint cannot be used: ${(error as Error).message}`, {
      expected: 'keys and signatures that are strong enough: RSA of 2048 bits or more, SHA-256',
      remedy: 'Ask the operator of the backend for new ones; openssl x509 -noout -text -in FILE shows what they are.',
    });
  }
  try {
    await within(clock, opened(socket, 'secureConnect'));
    return judged(socket, tls.insecure === true, clock.wallMs());
  } catch (error) {
    const { code, message, remedy = 'See what the server says: openssl s_client -connect ' } = symptomOf(error);
    return fault(code, message, {
      expected: 'TLS 1.2 or later',
      remedy: remedy.endsWith(' ') ? `${remedy}${host}:${portOf(url)}` : remedy,
    });
  } finally {
    socket.destroy();
  }
}

function judged(socket: TLSSocket, insecure: boolean, nowMs: number): Finding {
  const { valid_to, issuer, subject } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(valid_to) - nowMs) / DAY_MS);
  const by = text(issuer?.CN ?? issuer?.O);
  const found = `${text(subject?.CN)}, signed by ${by}, ${days < 0 ? `ended ${-days} days ago` : `good for ${days} days`} (${socket.getProtocol()})`;
  if (insecure) {
    return warning('tls-not-verified', found, {
      expected: 'a certificate that is verified',
      remedy: 'Switch the verification on in the configuration.',
    });
  }
  if (!socket.authorized) {
    const { code, message, remedy } = symptomOf(Object.assign(new Error(), { code: String(socket.authorizationError) }));
    return fault(code, `${message}: ${found}`, {
      expected: 'a certificate of this host by an authority that the box trusts',
      ...(remedy ? { remedy } : {}),
    });
  }
  if (days >= RENEW_DAYS) return ok(found);
  return warning('tls-ends-soon', found, { expected: `${RENEW_DAYS} days or more`, remedy: 'Have the operator of the server renew it.' });
}

/** Written by a stranger: only what is a name by its looks. */
const text = (name: string | readonly string[] | undefined): string => /^[\w .,:*@&()'-]{1,80}$/.exec(String(name))?.[0] ?? 'somebody';

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}

async function within<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(LIMIT_MS, () => late.reject(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })));
  // Whichever comes second means nothing any more.
  work.catch(() => undefined);
  return Promise.race([work, late.promise]).finally(cancel);
}
