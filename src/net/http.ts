import type { Socket } from 'node:net';
import type { Agent, Dispatcher } from 'undici';
import { RequestFault } from '../domain/request-fault.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpEndpoint } from './endpoint.ts';
import { type Dial, errorCode, openSocket, type Symptom, symptomOf } from './socket.ts';

interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Absolute path below the endpoint's url. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** A reply of such a status is handed over without its body, which may be far larger than `maxBytes`. */
  readonly unread?: readonly number[];
}

export interface HttpReply {
  readonly status: number;
  readonly body: Uint8Array;
  readonly contentType: string;
  /** The peer's clock by its Date header, milliseconds since 1970. */
  readonly dateMs: number | null;
  readonly retryAfterMs: number | null;
  /** ETag and Content-Range as the peer wrote them. */
  readonly etag: string | null;
  readonly contentRange: string | null;
}

export interface HttpClientOptions {
  readonly endpoint: HttpEndpoint;
  readonly clock: Clock;
  /** For a whole request; connecting and silence within the body get half of it. */
  readonly timeoutMs: number;
  /** Largest body read. */
  readonly maxBytes: number;
  readonly dial?: Dial;
  /** False: every request gets a connection of its own, so that none is lost on one the peer is just closing. Default true. */
  readonly reuse?: boolean;
}

export interface HttpClient {
  /** The request target of a path, as a signature covers it: with the path of the endpoint's url in front. */
  target(path: string): string;
  /**
   * One request and its whole reply, whatever its status. Follows no redirect, decompresses nothing.
   * @throws RequestFault, always retryable: `peer-timeout`, `peer-cut`, `peer-refused-connection`, `peer-unknown-host`,
   * `peer-unreachable`, `peer-too-large`, `peer-not-http`, `tls-…`, `request-aborted`; `unsent` when there never was a
   * connection it could have gone out on
   */
  request(request: HttpRequest): Promise<HttpReply>;
  /** Ends every request and connection, those being made too. */
  close(): Promise<void>;
}

/** One HTTP peer with connections of its own. Nothing is loaded or opened before the first request. */
export function createHttpClient({ endpoint, clock, timeoutMs, maxBytes, dial, reuse = true }: HttpClientOptions): HttpClient {
  const base = new URL(endpoint.url);
  const prefix = base.pathname.replace(/\/$/, '');
  let agent: Promise<Agent> | null = null;
  const connecting = new Set<Socket>();
  /** Why connections could not be made: errors a request can only have ended in before it was sent. */
  const unconnected = new WeakSet<object>();
  const connect = async (): Promise<Agent> => {
    const { Agent } = await import('undici');
    return new Agent({
      connect: connector(endpoint, clock, timeoutMs / 2, dial, connecting, unconnected),
      allowH2: false,
      connections: 4,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs / 2,
      maxResponseSize: maxBytes,
    });
  };
  const target = (path: string): string => `${prefix}${path}`;
  return {
    target,
    request: async ({ method, path, headers, body, signal, unread = [] }) => {
      const deadline = new AbortController();
      const cancel = clock.after(timeoutMs, () => deadline.abort());
      try {
        agent ??= connect();
        const response = await (await agent).request({
          origin: base.origin,
          path: target(path),
          method,
          headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          body: body ?? null,
          ...(reuse ? {} : { reset: true }),
          signal: AbortSignal.any([signal, deadline.signal]),
        });
        return await reply(response, clock, unread.includes(response.statusCode));
      } catch (error) {
        if (signal.aborted) throw failed('request-aborted', 'The request was given up', error);
        if (deadline.signal.aborted) throw failed('peer-timeout', `There was no whole reply within ${timeoutMs} ms`, error);
        throw requestFault(error, typeof error === 'object' && error !== null && unconnected.has(error));
      } finally {
        cancel();
      }
    },
    close: async () => {
      // The agent knows only what is connected.
      for (const socket of connecting) socket.destroy();
      await (await agent)?.destroy();
    },
  };
}

/** Whether a reply says that it is JSON. */
export const isJson = ({ contentType }: HttpReply): boolean => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType);

/** The body of a reply that says it is JSON. @throws RequestFault `peer-not-json`: a captive portal, a proxy's error page */
export function jsonBody(reply: HttpReply): Uint8Array {
  const { status, contentType, body } = reply;
  if (isJson(reply)) return body;
  throw new RequestFault('The reply is not JSON', {
    code: 'peer-not-json',
    found: `status ${status}, ${contentType === '' ? 'no content type' : mediaType(contentType)}`,
    expected: 'application/json',
    remedy: 'Check the url; a page in between (a login page of the network, a proxy) may be answering.',
    retryable: true,
  });
}

/** Only what is a media type by its looks: the peer may have written anything there. */
const mediaType = (contentType: string): string => /^[a-z]{1,20}\/[a-z.+-]{1,40}/i.exec(contentType)?.[0] ?? 'another content type';

async function reply({ statusCode, headers, body }: Dispatcher.ResponseData, clock: Clock, unread: boolean): Promise<HttpReply> {
  if (unread) body.on('error', () => {}).destroy();
  const bytes = unread ? new Uint8Array() : new Uint8Array(await body.arrayBuffer());
  const date = Date.parse(String(headers.date ?? ''));
  const dateMs = Number.isFinite(date) ? date : null;
  return {
    status: statusCode,
    body: bytes,
    contentType: String(headers['content-type'] ?? ''),
    dateMs,
    retryAfterMs: retryAfter(headers['retry-after'], dateMs ?? clock.wallMs()),
    etag: single(headers.etag),
    contentRange: single(headers['content-range']),
  };
}

const single = (header: string | string[] | undefined): string | null => (typeof header === 'string' ? header : null);

const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Retry-After (RFC 9110 10.2.3) in milliseconds from seconds or a date, at most an hour; null when absent or unreadable. */
function retryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  if (typeof header !== 'string') return null;
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), LONGEST_RETRY_AFTER_MS) : null;
}

type ConnectCallback = (...result: [null, ReturnType<typeof openSocket>] | [Error, null]) => void;

function connector(
  endpoint: HttpEndpoint,
  clock: Clock,
  limitMs: number,
  dial: Dial | undefined,
  connecting: Set<Socket>,
  unconnected: WeakSet<object>,
) {
  return ({ hostname, port, protocol }: { hostname: string; port: string; protocol: string }, callback: ConnectCallback): void => {
    const secure = protocol === 'https:';
    const socket = openSocket({ host: hostname, port: Number(port) || (secure ? 443 : 80), tls: secure ? endpoint : null }, dial);
    connecting.add(socket);
    const cancel = clock.after(limitMs, () => void socket.destroy(failed('peer-timeout', `There was no connection within ${limitMs} ms`)));
    const settle = (...result: Parameters<ConnectCallback>) => {
      cancel();
      connecting.delete(socket);
      // A TLS socket tells one failure of the connection below it twice, and an error that nobody hears ends the process.
      if (result[0] !== null) socket.on('error', () => undefined);
      socket.off('error', onError).off('close', onClose);
      if (result[0] !== null) unconnected.add(result[0]);
      callback(...result);
    };
    const onError = (error: Error) => settle(error, null);
    const onClose = () => settle(failed('peer-cut', 'The connection was cut while it was being made'), null);
    socket.once('error', onError).once('close', onClose);
    socket.once(secure ? 'secureConnect' : 'connect', () => settle(null, socket));
  };
}

const failed = (code: string, message: string, cause?: unknown): RequestFault =>
  new RequestFault(message, { code, cause, retryable: true });

function requestFault(error: unknown, unsent: boolean): RequestFault {
  const symptom = symptomOfRequest(error);
  const remedy = symptom.remedy === undefined ? {} : { remedy: symptom.remedy };
  // What is not HTTP may be what was sent, keys and all, and undici keeps it in the error.
  const cause = symptom.code === 'peer-not-http' ? {} : { cause: error };
  return new RequestFault(symptom.message, { code: symptom.code, ...remedy, ...cause, retryable: true, unsent });
}

function symptomOfRequest(error: unknown): Pick<Symptom, 'code' | 'message' | 'remedy'> {
  if (error instanceof RequestFault) return { code: error.code, message: error.message };
  const code = errorCode(error);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return { code: 'peer-timeout', message: 'The peer fell silent' };
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') {
    return { code: 'peer-too-large', message: 'The reply is too large' };
  }
  if (error instanceof Error && error.name === 'HTTPParserError') return { code: 'peer-not-http', message: 'The reply is not HTTP' };
  return symptomOf(error);
}
