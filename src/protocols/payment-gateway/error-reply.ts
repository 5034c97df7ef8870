import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asObject } from '../../domain/json-fields.ts';
import { bodyObject, toBytes } from '../ds50/message.ts';

const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** A refusal or a failure (7), as the gateway says it. */
export interface ErrorReply {
  /** What kind: `Validation Error`. */
  readonly error: string;
  /** For people. May quote what was sent. */
  readonly message: string;
  /** `VALIDATION_FAILED`; null where there is none. */
  readonly code: string | null;
  /** May quote what was sent. */
  readonly details: JsonObject | null;
  /** Whole seconds on the wire; at most an hour is read. */
  readonly retryAfterMs: number | null;
}

export const encodeErrorReply = ({ error, message, code, details, retryAfterMs }: ErrorReply): Uint8Array =>
  toBytes({
    success: false,
    error,
    message,
    ...(code === null ? {} : { code }),
    ...(details === null ? {} : { details }),
    ...(retryAfterMs === null ? {} : { retryAfter: Math.ceil(retryAfterMs / 1_000) }),
  });

/** Null for a reply that does not say success:false. Nothing else is demanded of it. @throws PeerFault `json-…`, `message-invalid` */
export function decodeErrorReply(raw: Uint8Array): ErrorReply | null {
  const reply = bodyObject(raw);
  if (reply.success !== false) return null;
  const text = (value: JsonValue | undefined) => (typeof value === 'string' ? value : '');
  const { code, details } = reply;
  return {
    error: text(reply.error),
    message: text(reply.message),
    code: typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : null,
    details: typeof details === 'object' && details !== null && !Array.isArray(details) ? asObject(details, 'details') : null,
    retryAfterMs: waitIn(reply.retryAfter),
  };
}

function waitIn(value: JsonValue | undefined): number | null {
  if (typeof value !== 'number' || value < 0) return null;
  return Math.min(Math.ceil(value * 1_000), LONGEST_RETRY_AFTER_MS);
}
