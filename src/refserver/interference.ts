import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import { encodeErrorReply } from '../protocols/promptpay/codec.ts';
import type { BackendClock } from './environment.ts';
import type { FaultBoard } from './faults.ts';

/** What every handler of the backend's HTTP side gets. */
export interface HttpEnv {
  Bindings: HttpBindings;
}

const PORTAL = '<!doctype html><html><head><title>Welcome</title></head><body><h1>Please log in to this network</h1></body></html>';
const SPACES = new Uint8Array(65_536).fill(0x20);

/** Puts the `http` faults that are switched on between a box and the backend. */
export function interference(faults: FaultBoard, clock: BackendClock, stopping: AbortSignal): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { path } = c.req;
    const delay = faults.strike('http-delay', path);
    if (delay) await pause(clock, delay.numbers.ms ?? 0, stopping);
    if (stopping.aborted || faults.strike('http-cut', path)) return cut(c);
    const status = faults.strike('http-status', path);
    if (status) return errorReply(status.numbers);
    if (faults.strike('http-html', path)) return c.html(PORTAL);
    const huge = faults.strike('huge-body', path);
    if (huge) return whiteSpace(huge.numbers.mebibytes ?? 1);
    await next();
    if (!faults.strike('lose-reply', path)) return undefined;
    // Only a context without a response takes the new one as it is.
    c.res = undefined;
    c.res = cut(c);
    return undefined;
  };
}

function errorReply({ status = 503, retryAfterSeconds = 0 }: Readonly<Record<string, number>>): Response {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (retryAfterSeconds > 0) headers.set('retry-after', String(retryAfterSeconds));
  return new Response(encodeErrorReply(`Fault switched on: status ${status}`) as Uint8Array<ArrayBuffer>, { status, headers });
}

/** Ends the connection without a byte of answer. */
export function cut(c: Context<HttpEnv>): Response {
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Made as it is read, so that it costs the backend nothing; a reader that goes away ends it. */
function whiteSpace(mebibytes: number): Response {
  let left = mebibytes * 16;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (left-- > 0) controller.enqueue(SPACES);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

/** A box that has given up waiting does not end it: the request is carried out all the same, as it would be elsewhere. */
export function pause(clock: BackendClock, ms: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => {
      stopping.removeEventListener('abort', stop);
      resolve();
    });
    const stop = () => {
      cancel();
      resolve();
    };
    stopping.addEventListener('abort', stop, { once: true });
  });
}
