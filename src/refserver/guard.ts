import type { MiddlewareHandler } from 'hono';
import { isLoopback } from '../domain/loopback.ts';
import { errorReply } from './control-request.ts';
import type { BackendLog } from './environment.ts';
import { Refusal } from './refusal.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Keeps other web sites away from the control API: a browser may not call it from a page of another origin, and, as
 * long as the backend listens on the loopback interface, not under a foreign host name either (DNS rebinding).
 */
export function guard(host: string, log: BackendLog): MiddlewareHandler {
  const named = isLoopback(host) ? new Set([...LOOPBACK, host]) : null;
  return async (c, next) => {
    const { host: authority, hostname } = new URL(c.req.url);
    const origin = c.req.header('origin');
    const foreignPage = origin !== undefined && origin !== `http://${authority}`;
    if (foreignPage || (named !== null && !named.has(hostname))) {
      const found = foreignPage ? origin : hostname;
      return errorReply(new Refusal(403, 'The control API is for its own page only', { code: 'foreign-origin', found }), log);
    }
    return next();
  };
}
