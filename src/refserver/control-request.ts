import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { excerpt } from '../domain/card-data.ts';
import { Fault } from '../domain/fault.ts';
import { type JsonObject, parseJson } from '../domain/json.ts';
import type { BackendLog } from './environment.ts';
import { Refusal } from './refusal.ts';

const MAX_CONTROL_BYTES = 8192;

/** Keeps the bodies of control requests small: `maxBytes` at the most. */
export const controlBodyLimit = (log: BackendLog, maxBytes = MAX_CONTROL_BYTES): MiddlewareHandler =>
  bodyLimit({ maxSize: maxBytes, onError: () => errorReply(tooLarge(maxBytes), log) });

/** How many entries a list may have, by the query's `limit`: 1 to 1000, default 100. @throws Refusal `request-invalid` */
export function limitOf(c: Context): number {
  const text = c.req.query('limit');
  if (text === undefined) return 100;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) throw invalid('limit', 'a number from 1 to 1000');
  return limit;
}

/**
 * The JSON object of a request; an empty body is an empty object. A page of another site cannot send this type unasked.
 * @throws Refusal `content-type`, `request-invalid`; PeerFault `json-…`
 */
export async function controlBody(c: Context, maxBytes = MAX_CONTROL_BYTES): Promise<JsonObject> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  if (bytes.length === 0) return {};
  if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    throw new Refusal(415, 'The body must be JSON', { code: 'content-type', expected: 'content-type: application/json' });
  }
  const value = parseJson(bytes, maxBytes);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid('body', 'a JSON object');
  return value as JsonObject;
}

/** A field nobody reads is a mistake of whoever sent it. @throws Refusal `request-invalid` */
export function demandNothingElse(rest: JsonObject): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(excerpt(unknown, 40), 'not given: this request does not know it');
}

export const invalid = (name: string, expected: string): Refusal =>
  new Refusal(400, `The field ${name} is not usable`, { code: 'request-invalid', expected });

const tooLarge = (maxBytes: number): Refusal =>
  new Refusal(413, 'The body is too large', { code: 'body-too-large', expected: `at most ${maxBytes} bytes` });

/** A fault as the control API answers it. */
export function errorReply(error: Error, log: BackendLog): Response {
  if (!(error instanceof Fault)) {
    log.error('backend.error', { reason: error.message });
    return Response.json({ error: { code: 'internal', message: 'The backend failed; its log says why' } }, { status: 500 });
  }
  const { code, message, found, expected, remedy } = error;
  const status = error.blame === 'device' ? 500 : 400;
  if (status === 500) log.error('backend.error', { reason: error.explain() });
  return Response.json({ error: { code, message, found, expected, remedy } }, { status: error instanceof Refusal ? error.status : status });
}
