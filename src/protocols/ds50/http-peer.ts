import { RequestFault } from '../../domain/request-fault.ts';
import { type HttpClient, type HttpReply, isJson } from '../../net/http.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LinkFault, LinkState } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';

interface HttpPeerOptions {
  /** Name of the link. */
  readonly link: string;
  /** Whether a reply is the server's own, not a page of something in between. */
  readonly genuine: (reply: HttpReply) => boolean;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** What the replies of one server say about the link to it, whatever was asked and over however many connections. */
export class HttpPeer {
  readonly #options: HttpPeerOptions;
  #state: LinkState = 'off';
  #fault: LinkFault | null = null;
  #offsetMs: number | null = null;

  constructor(options: HttpPeerOptions) {
    this.#options = options;
  }

  /** By the last reply, whether the server can be reached; `off` before the first request. */
  get state(): LinkState {
    return this.#state;
  }

  /** What a person must mend: `tls-…`, `backend-unauthorized`. Stands until a reply, or for the latter a good one, comes. */
  get fault(): LinkFault | null {
    return this.#fault;
  }

  /** The server's wall clock minus the box's monotonic clock, by the last Date header; null before one came. */
  get offsetMs(): number | null {
    return this.#offsetMs;
  }

  /** One request, exactly once. @throws RequestFault as HttpClient does */
  async request(http: HttpClient, operation: string, request: Parameters<HttpClient['request']>[0]): Promise<HttpReply> {
    const { metrics } = this.#options;
    try {
      const reply = await http.request(request);
      metrics.count('backend_requests_total', { operation, outcome: `${Math.floor(reply.status / 100)}xx` });
      this.#judge(reply);
      return reply;
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      metrics.count('backend_requests_total', { operation, outcome: error.code });
      if (error.code !== 'request-aborted') this.#state = 'down';
      if (error.code.startsWith('tls-')) this.#fault = { link: this.#options.link, code: error.code, detail: error.explain() };
      throw error;
    }
  }

  /** Any reply proves the TLS connection; only the server's own can say something of the key. */
  #judge(reply: HttpReply): void {
    const { link, genuine, clock } = this.#options;
    const { status, dateMs } = reply;
    if (this.#fault?.code.startsWith('tls-')) this.#fault = null;
    this.#state = genuine(reply) ? 'up' : 'down';
    if (this.#state === 'down') return;
    if (dateMs !== null) this.#offsetMs = dateMs - clock.monotonicMs();
    if ((status === 401 || status === 403) && isJson(reply)) {
      const detail = `The server refused the API key (status ${status}). Check the key, its expiry, and that the server knows this box.`;
      this.#fault = { link, code: 'backend-unauthorized', detail };
    } else if (status >= 200 && status < 300) this.#fault = null;
  }
}
