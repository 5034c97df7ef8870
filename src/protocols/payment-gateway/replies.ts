import { Fault, PeerFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { type HttpReply, jsonBody } from '../../net/http.ts';
import { lineIn } from '../kiosk/message.ts';
import { reasonOf } from '../reason.ts';
import { decodeErrorReply, type ErrorReply } from './codec.ts';

const TRY_AGAIN = [408, 425, 429];

/** Whether the same request may have a different answer later: the server is busy or broken, or something in between answered. */
const mayImprove = (status: number): boolean => status >= 500 || TRY_AGAIN.includes(status) || (status >= 300 && status < 400);

/** Where a gateway that has had too much does not say for how long: the limit is one of a minute. */
const BUSY_MS = 60_000;

/**
 * What a 2xx reply says, or why it cannot be used: `backend-unavailable` (retryable; 5xx, 429 …), `backend-unauthorized`
 * and `backend-refused` (not retryable; the gateway said no), `peer-not-json`, `json-…` and `message-invalid` (retryable:
 * not an answer). @param secret is not repeated, whatever the gateway does. @throws RequestFault
 */
export function answered<T>(reply: HttpReply, decode: (body: Uint8Array) => T, secret: string): T {
  if (mayImprove(reply.status)) throw unavailable(reply);
  const body = jsonBody(reply);
  const refusal = errorIn(body);
  if (refusal !== null || reply.status >= 300) throw refused(reply.status, refusal, secret);
  try {
    return decode(body);
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    throw new RequestFault(reasonOf(error), { code: error.code, cause: error, retryable: true });
  }
}

/** As `answered`, or null when the gateway itself says that there is no such thing. @throws RequestFault */
export function found<T>(reply: HttpReply, decode: (body: Uint8Array) => T, secret: string): T | null {
  if (reply.status === 404 && errorIn(jsonBody(reply)) !== null) return null;
  return answered(reply, decode, secret);
}

/** How long the gateway wants to be left alone, by its words or by the header, whichever is longer; null when it does not say. */
export function wishOf(reply: HttpReply): number | null {
  const wishes = [errorIn(reply.body)?.retryAfterMs ?? null, reply.retryAfterMs].filter((ms) => ms !== null);
  if (wishes.length === 0) return reply.status === 429 ? BUSY_MS : null;
  return Math.max(...wishes);
}

function errorIn(body: Uint8Array): ErrorReply | null {
  try {
    return decodeErrorReply(body);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function unavailable(reply: HttpReply): RequestFault {
  const retryAfterMs = wishOf(reply);
  return new RequestFault('The gateway cannot answer now', {
    code: 'backend-unavailable',
    found: `status ${reply.status}`,
    expected: '2xx',
    retryable: true,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

function refused(status: number, refusal: ErrorReply | null, secret: string): RequestFault {
  const unauthorized = status === 401 || status === 403;
  // Of a key that was refused the gateway may quote any part.
  const words = unauthorized ? '' : lineIn(refusal?.message.replaceAll(secret, '[hidden]'));
  const said = [refusal?.code?.replaceAll(secret, '[hidden]') ?? '', words].filter((part) => part !== '').join(' ');
  return new RequestFault('The gateway refused the request', {
    code: unauthorized ? 'backend-unauthorized' : 'backend-refused',
    found: `status ${status}${said === '' ? '' : `: ${said}`}`,
    ...(unauthorized ? { remedy: 'Check the API key.' } : {}),
    retryable: false,
  });
}
