import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { RequestRefused, readBody, sendRefusal } from './panel-http.ts';

/** How long the box may take to begin an answer; a bill of many pulses takes its time. */
const SILENCE_MS = 60_000;
const REQUEST_HEADERS = ['accept', 'content-type', 'last-event-id'] as const;
const ANSWER_HEADERS = ['content-type', 'content-length', 'cache-control', 'retry-after', 'location'] as const;

/** Where the box's local API listens. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
}

/**
 * Hands one request to the box's local API and streams the answer back as it comes, for server-sent events as long as
 * both sides stay. A box that does not answer is `down()`.
 */
export async function proxyToBox(request: IncomingMessage, response: ServerResponse, api: ApiAddress, down: () => RequestRefused) {
  const body = request.method === 'POST' ? await readBody(request) : null;
  const headers: OutgoingHttpHeaders = body ? { 'content-length': body.length } : {};
  for (const name of REQUEST_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (api.token !== undefined) headers.authorization = `Bearer ${api.token}`;

  const upstream = httpRequest({ host: api.host, port: api.port, method: request.method, path: request.url, headers, agent: false });
  let silent = false;
  upstream.setTimeout(SILENCE_MS, () => {
    silent = true;
    upstream.destroy();
  });
  response.on('close', () => upstream.destroy());
  upstream.on('error', () => {
    if (response.headersSent || response.destroyed) return void response.destroy();
    sendRefusal(response, silent ? new RequestRefused(504, 'box-silent', 'The box did not answer in time') : down());
  });
  upstream.on('response', (answer) => {
    upstream.setTimeout(0);
    const kept = ANSWER_HEADERS.flatMap((name) => (answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]]));
    response.writeHead(answer.statusCode ?? 502, {
      ...Object.fromEntries(kept),
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
      'x-content-type-options': 'nosniff',
    });
    response.flushHeaders();
    // Either side may go at any moment (a closed tab, a power cut); pipeline then ends the other, and that is all there is to do.
    pipeline(answer, response, () => {});
  });
  upstream.end(body ?? undefined);
}
