import { Fault, PeerFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { type HttpReply, jsonBody } from '../../net/http.ts';
import { decodeErrorReply } from './codec.ts';

const TRY_AGAIN = [408, 409, 425, 429];

/** Whether the same request may have a different answer later: the server is busy or broken, or something in between answered. */
const mayImprove = (status: number): boolean => status >= 500 || TRY_AGAIN.includes(status) || (status >= 300 && status < 400);

/**
 * What a 2xx reply says, or why it cannot be used: `backend-unavailable` (retryable; 5xx, 429 …), `backend-refused`
 * (not retryable; the backend said no), `peer-not-json`, `json-…` and `message-invalid` (retryable: not an answer).
 * @throws RequestFault
 */
export function answered<T>(reply: HttpReply, decode: (body: Uint8Array) => T): T {
  if (mayImprove(reply.status)) throw unavailable(reply);
  const body = jsonBody(reply);
  const refusal = refusalIn(body);
  if (refusal !== null) throw refused(reply.status, refusal);
  if (reply.status >= 300) throw refused(reply.status, 'no reason given');
  return decoded(body, decode);
}

/** The value in a body, a bad one as a retryable fault. @throws RequestFault */
export function decoded<T>(body: Uint8Array, decode: (body: Uint8Array) => T): T {
  try {
    return decode(body);
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    throw new RequestFault(error.message, {
      code: error.code,
      ...(error.found === undefined ? {} : { found: error.found }),
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      cause: error,
      retryable: true,
    });
  }
}

/** The message of a `{success:false}` body, or null when the body is none. */
export function refusalIn(body: Uint8Array): string | null {
  try {
    return decodeErrorReply(body);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}

function unavailable({ status, retryAfterMs }: HttpReply): RequestFault {
  return new RequestFault('The backend cannot answer now', {
    code: 'backend-unavailable',
    found: `status ${status}`,
    expected: '2xx',
    retryable: true,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

const refused = (status: number, reason: string): RequestFault =>
  new RequestFault('The backend refused the request', {
    code: status === 401 || status === 403 ? 'backend-unauthorized' : 'backend-refused',
    found: `status ${status}: ${reason.slice(0, 200)}`,
    ...(status === 401 || status === 403 ? { remedy: 'Check the signer section and that the backend knows this box.' } : {}),
    retryable: false,
  });
