import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Blame, CallerFault, Fault } from '../../domain/fault.ts';
import { readablePath } from '../../domain/readable-path.ts';
import type { Log } from '../../ports/log.ts';
import { faultJson } from '../fault-json.ts';
import type { FieldFault } from '../field-faults.ts';

/** A body or a query that is not as the OpenAPI file says, with every fault of it. */
export class RequestInvalid extends CallerFault {
  readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    const first = faults[0];
    super('The request is not usable', {
      code: 'request-invalid',
      ...(first ? { found: `${first.path}: ${first.found}`, expected: first.expected } : {}),
      remedy: 'See /openapi.json for what this address takes.',
    });
    this.faults = faults;
  }
}

/** The status of every fault that has one of its own. */
const STATUS: Readonly<Record<string, ContentfulStatusCode>> = {
  'request-invalid': 400,
  'body-not-json': 400,
  'token-wrong': 401,
  'foreign-host': 403,
  'foreign-origin': 403,
  'not-found': 404,
  'sale-unknown': 404,
  'method-not-allowed': 405,
  'sale-in-progress': 409,
  'sale-not-cancellable': 409,
  'idempotency-mismatch': 409,
  'pairing-unsupported': 409,
  'top-ups-unsupported': 409,
  'top-up-impossible': 409,
  'updates-unsupported': 409,
  'ota-busy': 409,
  'ota-no-launcher': 409,
  'ota-nothing-to-roll-back': 409,
  'printer-missing': 409,
  'ticket-unpaid': 409,
  'body-too-large': 413,
  'content-type': 415,
  'amount-invalid': 422,
  'amount-out-of-range': 422,
  'top-up-invalid': 422,
  'too-many-streams': 429,
  'not-ready': 503,
};

/** The status of all others, by who must act. */
const STATUS_BY_BLAME: Readonly<Record<Blame, ContentfulStatusCode>> = { caller: 400, configuration: 500, peer: 502, device: 503 };

/** The status a fault is answered with; whatever is no Fault is a bug: 500. */
export const statusOf = (error: unknown): ContentfulStatusCode =>
  error instanceof Fault ? (STATUS[error.code] ?? STATUS_BY_BLAME[error.blame]) : 500;

/** Answers with `{error: {…}}`. What the caller cannot have caused is logged. */
export function refuse(c: Context, error: unknown, log: Log): Response {
  const status = statusOf(error);
  if (status >= 500 && status !== 503) log.error('api.failed', { method: c.req.method, path: readablePath(c.req.path), error });
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (status === 503 || status === 429) c.header('Retry-After', '5');
  return c.json({ error: faultJson(error) }, status);
}
