import { Agent, type Dispatcher } from 'undici';
import { Fault } from '../../domain/fault.ts';
import { type JsonValue, parseJson } from '../../domain/json.ts';
import type { BackendClock } from '../environment.ts';
import { invalidAnswer, type UpstreamName, unreachable } from './upstream-fault.ts';

export interface UpstreamEndpoint {
  readonly name: UpstreamName;
  /** http or https; requests go to paths below it. */
  readonly url: string;
  readonly clock: BackendClock;
  /** For a whole request and its reply, milliseconds. */
  readonly timeoutMs: number;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface UpstreamReply {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Largest body of a reply, bytes. */
const MAX_REPLY_BYTES = 65_536;

/** Errors that are the answer's fault and would come again; every other error may pass. */
const UNUSABLE: Readonly<Record<string, string>> = {
  UND_ERR_RES_EXCEEDED_MAX_SIZE: `a body larger than ${MAX_REPLY_BYTES} bytes`,
  UND_ERR_HEADERS_OVERFLOW: 'headers that are too large',
  HPE_HEADER_OVERFLOW: 'headers that are too large',
};

/**
 * The connections to one upstream. No redirect is followed: it would carry the keys elsewhere. No error has a cause,
 * which could quote a request or a reply.
 */
export class UpstreamHttp {
  readonly #endpoint: UpstreamEndpoint;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #agent: Agent;

  constructor(endpoint: UpstreamEndpoint) {
    const { origin, pathname } = new URL(endpoint.url);
    this.#endpoint = endpoint;
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/$/, '');
    const { timeoutMs } = endpoint;
    this.#agent = new Agent({
      connect: { timeout: timeoutMs },
      allowH2: false,
      connections: 8,
      pipelining: 1,
      keepAliveTimeout: 4_000,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: MAX_REPLY_BYTES,
    });
  }

  /**
   * One request and its whole reply, of a status from 200 to 299 or 400 to 499.
   * @throws PeerFault `upstream-unreachable` (408, 429 and 5xx too), `upstream-invalid` for a redirect, too large a body and what is no HTTP
   */
  async request({ method, path, headers = {}, body, signal }: UpstreamRequest): Promise<UpstreamReply> {
    const { name, clock, timeoutMs } = this.#endpoint;
    const deadline = new AbortController();
    const cancel = clock.after(timeoutMs, () => deadline.abort());
    try {
      const response = await this.#agent.request({
        origin: this.#origin,
        path: this.#prefix + path,
        method,
        headers: { accept: 'application/json', ...headers },
        body: body ?? null,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      return await this.#read(response);
    } catch (error) {
      if (error instanceof Fault) throw error;
      if (signal.aborted) throw unreachable(name, 'the request was given up');
      if (deadline.signal.aborted) throw unreachable(name, `no whole reply within ${timeoutMs} ms`);
      throw this.#broken(error);
    } finally {
      cancel();
    }
  }

  /** The reply as JSON. @throws PeerFault `upstream-invalid` */
  json({ status, body }: UpstreamReply): JsonValue {
    try {
      return parseJson(body, MAX_REPLY_BYTES);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw invalidAnswer(this.#endpoint.name, `status ${status}, ${error.code}`, 'JSON');
    }
  }

  /** Whether anybody answers `path`, whatever the answer to the request. Never throws. */
  async answers(request: UpstreamRequest): Promise<boolean> {
    try {
      await this.request(request);
      return true;
    } catch (error) {
      if (error instanceof Fault) return false;
      throw error;
    }
  }

  /** Ends every request and connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #read({ statusCode: status, body }: Dispatcher.ResponseData): Promise<UpstreamReply> {
    const { name } = this.#endpoint;
    const usable = (status >= 200 && status < 300) || (status >= 400 && status < 500 && status !== 408 && status !== 429);
    if (!usable) {
      body.on('error', () => undefined).destroy();
      throw status >= 400 ? unreachable(name, `status ${status}`) : invalidAnswer(name, `status ${status}`, 'no redirect');
    }
    return { status, body: new Uint8Array(await body.arrayBuffer()) };
  }

  #broken(error: unknown): Fault {
    const { name } = this.#endpoint;
    const code = codeOf(error);
    if (error instanceof Error && error.name === 'HTTPParserError') return invalidAnswer(name, 'no HTTP', 'HTTP');
    const unusable = UNUSABLE[code];
    return unusable === undefined ? unreachable(name, code) : invalidAnswer(name, unusable, `at most ${MAX_REPLY_BYTES} bytes`);
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'the connection failed';
}
