import { PeerFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { type HttpReply, jsonBody } from '../../net/http.ts';
import { reasonOf } from '../reason.ts';

const TRY_AGAIN = [408, 409, 425, 429];

/** Whether the same request may have a different answer later: the server is busy or broken, or something in between answered. */
const mayImprove = (status: number): boolean => status >= 500 || TRY_AGAIN.includes(status) || (status >= 300 && status < 400);

/**
 * What a reply with status 200 says, or why it cannot be used: as `unusable`, `peer-not-json`, and `json-…` or
 * `message-invalid` for what is no answer (all retryable). @throws RequestFault
 */
export function answered<T>(reply: HttpReply, decode: (body: Uint8Array) => T): T {
  if (reply.status !== 200) throw unusable(reply);
  const body = jsonBody(reply);
  try {
    return decode(body);
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    throw new RequestFault(reasonOf(error), { code: error.code, cause: error, retryable: true });
  }
}

/**
 * A reply by its status alone: `backend-unavailable` (retryable; 5xx, 429, redirects …), `backend-unauthorized`,
 * `backend-missing` (404, 410) and `backend-refused`.
 */
export function unusable({ status, retryAfterMs }: HttpReply): RequestFault {
  const found = `status ${status}`;
  if (mayImprove(status)) {
    const wish = retryAfterMs === null ? {} : { retryAfterMs };
    return new RequestFault('The server cannot answer now', { code: 'backend-unavailable', found, retryable: true, ...wish });
  }
  if (status === 401 || status === 403) {
    const remedy = 'Check the API key.';
    return new RequestFault('The server does not let this box in', { code: 'backend-unauthorized', found, remedy, retryable: false });
  }
  if (status === 404 || status === 410) {
    return new RequestFault('The server does not have what was asked for', { code: 'backend-missing', found, retryable: false });
  }
  return new RequestFault('The server refused the request', { code: 'backend-refused', found, retryable: false });
}
