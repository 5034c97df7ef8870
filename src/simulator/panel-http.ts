import type { IncomingMessage, ServerResponse } from 'node:http';
import { CallerFault } from '../domain/fault.ts';

/** Longest body a page may send: far above anything it has to say. */
const LONGEST_BODY = 64 * 1024;

/** A request the panel's server does not serve, with the status that says so. */
export class RequestRefused extends CallerFault {
  readonly status: number;

  constructor(status: number, code: string, message: string, remedy?: string) {
    super(message, remedy === undefined ? { code } : { code, remedy });
    this.status = status;
  }
}

/** Sent with everything: the page uses its own files only and is nobody's frame. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Answers with bytes of one content type. */
export function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

/** Answers as the local API does when it refuses something: `{error: {code, message, remedy}}`. */
export function sendRefusal(response: ServerResponse, refusal: RequestRefused): void {
  // What is left of a refused body is not waited for.
  if (refusal.status === 413) response.setHeader('connection', 'close');
  sendJson(response, refusal.status, { error: { code: refusal.code, message: refusal.message, remedy: refusal.remedy } });
}

/**
 * The body of a POST as it came, JSON by its content type: other types are what a form of a foreign page could send.
 * @throws RequestRefused `content-type`, `body-too-large`
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const type = request.headers['content-type']?.split(';')[0]?.trim();
  if (type !== 'application/json') throw new RequestRefused(415, 'content-type', 'The body must be application/json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw new RequestRefused(413, 'body-too-large', `The body is longer than ${LONGEST_BODY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Keeps foreign pages out: one that a browser opened elsewhere must neither press buttons here (Origin) nor reach a
 * server bound to this machine by a name of its own (Host).
 * @throws RequestRefused `foreign-host`, `foreign-origin`
 */
export function requireOwnPage(request: IncomingMessage, loopbackOnly: boolean): void {
  const host = request.headers.host ?? '';
  if (loopbackOnly && !/^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)) {
    throw new RequestRefused(403, 'foreign-host', 'The panel serves this machine only', 'Open it by localhost, or start it with --host.');
  }
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new RequestRefused(403, 'foreign-origin', 'The request comes from the page of another site');
  }
}
