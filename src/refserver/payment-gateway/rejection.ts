import { excerpt } from '../../domain/card-data.ts';
import { CallerFault } from '../../domain/fault.ts';
import type { JsonObject } from '../../domain/json.ts';

type RejectionStatus = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503;

const TYPES: Readonly<Record<RejectionStatus, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

interface RejectionDetail {
  /** Kebab-case; on the wire in capitals: `duplicate-card` is DUPLICATE_CARD. */
  readonly code: string;
  /** What kind of error it is; default the name of the status. */
  readonly type?: string;
  readonly details?: JsonObject;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Methods a path has. */
  readonly allow?: string;
}

/** A request the gateway refuses, as the document answers it (section 7). The message is for people, in Vietnamese. */
export class Rejection extends CallerFault {
  readonly status: RejectionStatus;
  readonly #detail: RejectionDetail;

  constructor(status: RejectionStatus, message: string, detail: RejectionDetail) {
    super(message, { code: detail.code });
    this.status = status;
    this.#detail = detail;
  }

  reply(): Response {
    const { type = TYPES[this.status], details, retryAfter, allow } = this.#detail;
    const headers = new Headers();
    if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
    if (allow !== undefined) headers.set('allow', allow);
    const body = {
      success: false,
      error: type,
      message: this.message,
      code: this.code.toUpperCase().replaceAll('-', '_'),
      details,
      retryAfter,
    };
    return Response.json(body, { status: this.status, headers });
  }
}

/** A field that is not usable. `received` is shown as it is given here: a secret must be masked before. */
export function invalidField(field: string, received: unknown, expected: string, message: string): Rejection {
  const shown = shownOf(received);
  // The document has both names for what was received.
  const details = { field, value: shown, received: shown, expected };
  return new Rejection(400, message, { code: 'validation-failed', type: 'Validation Error', details });
}

function shownOf(received: unknown): string | number | boolean | null {
  if (received === undefined || received === null) return null;
  if (typeof received === 'number' || typeof received === 'boolean') return received;
  return excerpt(typeof received === 'string' ? received : JSON.stringify(received), 100);
}

export const notFound = (what: 'order' | 'transaction'): Rejection =>
  what === 'order'
    ? new Rejection(404, 'Không tìm thấy đơn hàng.', { code: 'order-not-found' })
    : new Rejection(404, 'Không tìm thấy giao dịch.', { code: 'transaction-not-found' });

/** The other side did not answer, or not so that it could be understood. */
export const unavailable = (service: 'TheSieuToc' | 'PayOS', details?: JsonObject): Rejection =>
  new Rejection(503, `${service} hiện không phản hồi. Vui lòng thử lại sau.`, {
    code: 'upstream-unavailable',
    retryAfter: 5,
    ...(details === undefined ? {} : { details }),
  });
