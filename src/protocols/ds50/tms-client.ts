import { withoutCardData } from '../../domain/card-data.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import { createHttpClient, type HttpClient, type HttpReply, isJson } from '../../net/http.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DatedUpdateReport, Delivery, PackagePart, PackageRange, UpdateGateway } from '../../ports/gateway.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { HttpPeer } from './http-peer.ts';
import { answered, unusable } from './replies.ts';
import type { Ds50Settings } from './settings.ts';
import { decodeStatusReply, encodeStatusReport, MAX_STATUS_REPORTS, STATUS_PATH } from './tms.ts';

export interface TmsOptions {
  readonly tms: NonNullable<Ds50Settings['tms']>;
  readonly timeoutMs: number;
  readonly serial: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

/** Longest part of a package asked for, bytes. */
const MAX_PART_BYTES = 1_048_576;

const isPage = ({ contentType }: HttpReply): boolean => /^text\/html\b/i.test(contentType);

/** The TMS: parts of packages from it, status reports to it. */
export class TmsClient implements UpdateGateway {
  readonly peer: HttpPeer;
  readonly #options: TmsOptions;
  readonly #http: HttpClient;

  constructor(options: TmsOptions) {
    const { tms, timeoutMs, clock, metrics, dial } = options;
    this.#options = options;
    this.peer = new HttpPeer({ link: 'tms', genuine: (reply) => !isPage(reply), clock, metrics });
    const { apiKey: _apiKey, ...endpoint } = tms;
    this.#http = createHttpClient({ endpoint, clock, timeoutMs, maxBytes: MAX_PART_BYTES, ...(dial === undefined ? {} : { dial }) });
  }

  /**
   * One part by Range (RFC 9110, 14.2). `changed` when the file is another one than `etag` says, or the server will not
   * go on with it. @throws RequestFault of the connection; `backend-…` by the status, `range-refused` (416) and
   * `range-ignored` (more than was asked for), both not retryable; `range-invalid` and `peer-not-a-file`, retryable
   */
  async fetchPart(range: PackageRange, signal: AbortSignal): Promise<PackagePart> {
    const { path, from, length, etag } = range;
    const headers = {
      accept: '*/*',
      range: `bytes=${from}-${from + length - 1}`,
      // A weak validator never holds for a range (RFC 9110, 13.1.5); the reply's own tag is compared in any case.
      ...(from > 0 && etag?.startsWith('"') ? { 'if-range': etag } : {}),
    };
    const reply = await this.#send('part', path, headers, signal, from > 0 ? [200] : []);
    if (isPage(reply)) throw bad('peer-not-a-file', 'Something in between answered with a page', `status ${reply.status}`, true);
    const tagged = { ...reply, etag: storableTag(reply.etag) };
    if (reply.status === 200) return whole(tagged, range);
    if (reply.status === 206) return part(tagged, range);
    if (reply.status === 416) throw bad('range-refused', 'The TMS has no such part of the file', `bytes from ${from}`, false);
    throw unusable(reply);
  }

  /** Acknowledged only when the TMS itself says that it keeps every report. */
  async report(reports: readonly DatedUpdateReport[], signal: AbortSignal): Promise<Delivery> {
    if (reports.length > MAX_STATUS_REPORTS) return { state: 'refused', reason: 'batch too large' };
    const body = encodeStatusReport({ deviceSn: this.#options.serial, reports });
    try {
      const reply = await this.#send('status', STATUS_PATH, {}, signal, [], body);
      if ([400, 413, 422].includes(reply.status) && isJson(reply)) return { state: 'refused', reason: `status ${reply.status}` };
      const kept = answered(reply, decodeStatusReply);
      return kept === reports.length ? { state: 'acked' } : { state: 'retry', reason: `${kept} of ${reports.length} reports accepted` };
    } catch (error) {
      if (!(error instanceof RequestFault)) throw error;
      const { retryAfterMs } = error;
      return { state: 'retry', reason: error.explain(), ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs }) };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #send(
    operation: 'part' | 'status',
    path: string,
    extra: Readonly<Record<string, string>>,
    signal: AbortSignal,
    unread: readonly number[],
    body?: Uint8Array,
  ): Promise<HttpReply> {
    const headers = { 'x-api-key': this.#options.tms.apiKey, ...extra };
    const request = { method: body === undefined ? 'GET' : 'POST', path, headers, signal, unread, ...(body && { body }) } as const;
    try {
      return await this.peer.request(this.#http, operation, request);
    } catch (error) {
      const tooLarge = operation === 'part' && error instanceof RequestFault && error.code === 'peer-too-large';
      throw tooLarge ? ignored(`more than ${MAX_PART_BYTES} bytes`) : error;
    }
  }
}

/** The tag is kept on the disk: one that could be card data counts as none. The hash of the whole file is checked in any case. */
const storableTag = (etag: string | null): string | null => (etag === null || withoutCardData(etag) === etag ? etag : null);

/** A server without ranges sends the whole file: good for the first part, if it fits. */
function whole({ body, etag }: HttpReply, { from, length }: PackageRange): PackagePart {
  if (from > 0) return { state: 'changed' };
  if (body.byteLength > length) throw ignored(`${body.byteLength} bytes`);
  return { state: 'part', bytes: body, etag, total: body.byteLength };
}

function part({ body, etag, contentRange }: HttpReply, wanted: PackageRange): PackagePart {
  const [, first, last, total] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(contentRange ?? '')?.map(Number) ?? [];
  const fits =
    first === wanted.from &&
    last !== undefined &&
    total !== undefined &&
    last < total &&
    last - first + 1 === body.byteLength &&
    body.byteLength > 0 &&
    body.byteLength <= wanted.length;
  if (!fits) {
    const found = `${body.byteLength} bytes ${contentRange === null ? 'without' : 'with another'} Content-Range`;
    throw bad('range-invalid', 'The part is not the one that was asked for', found, true);
  }
  if (wanted.from > 0 && wanted.etag !== null && etag !== wanted.etag) return { state: 'changed' };
  return { state: 'part', bytes: body, etag, total };
}

const ignored = (found: string): RequestFault => bad('range-ignored', 'The TMS sends more than the part that was asked for', found, false);

const bad = (code: string, message: string, found: string, retryable: boolean): RequestFault =>
  new RequestFault(message, { code, found, retryable });
