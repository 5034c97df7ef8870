import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { excerpt } from '../../domain/card-data.ts';
import { CallerFault } from '../../domain/fault.ts';
import { isLoopback } from '../../domain/loopback.ts';

interface Guard {
  readonly host: string;
  readonly token?: string;
}

/** Answers with these have nothing to load and nobody to show them in a frame; a page on this machine may show the picture. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-site',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Lets only those in who may come in. Pages of other sites are kept out: by the Host header, because a name of theirs
 * can be made to lead to this machine, and by Origin, because a browser sends their forms without asking anybody.
 */
export function guard({ host, token }: Guard): MiddlewareHandler {
  const local = isLoopback(host);
  const wanted = token === undefined ? null : digest(token);
  return async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    const asked = c.req.header('host') ?? '';
    if (local && !isLoopback(hostName(asked))) throw foreignHost(asked);
    const origin = c.req.header('origin');
    if (origin !== undefined && origin !== `http://${asked}`) throw foreignOrigin(origin);
    if (wanted && c.req.path !== '/healthz' && !isBearer(c.req.header('authorization'), wanted)) throw tokenWrong();
    await next();
  };
}

const hostName = (host: string): string =>
  (/^\[([0-9a-f:]+)\](?::\d{1,5})?$/i.exec(host)?.[1] ?? host.replace(/:\d{1,5}$/, '')).toLowerCase();

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Digests are compared, so that neither content nor length shows in the time it takes. */
function isBearer(header: string | undefined, wanted: Buffer): boolean {
  const given = /^Bearer +(\S{1,300})$/i.exec(header ?? '')?.[1];
  return timingSafeEqual(digest(given ?? ''), wanted) && given !== undefined;
}

const tokenWrong = () =>
  new CallerFault('The token is missing or wrong', {
    code: 'token-wrong',
    expected: 'the header `Authorization: Bearer …`',
    remedy: 'Send the token that `api.token` of the configuration holds.',
  });

const foreignHost = (host: string) =>
  new CallerFault('The request was meant for another host', {
    code: 'foreign-host',
    found: JSON.stringify(excerpt(host, 100)),
    expected: 'localhost, 127.0.0.1 or [::1]',
  });

const foreignOrigin = (origin: string) =>
  new CallerFault('The request comes from the page of another site', {
    code: 'foreign-origin',
    found: JSON.stringify(excerpt(origin, 100)),
  });
