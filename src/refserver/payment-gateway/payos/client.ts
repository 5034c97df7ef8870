import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import type { BackendClock } from '../../environment.ts';
import { cleanWords, invalidAnswer, refused } from '../upstream-fault.ts';
import { UpstreamHttp, type UpstreamReply } from '../upstream-http.ts';
import type { LinkRequest, LinkState, PayOsUpstream } from '../upstreams.ts';
import { createSignature, isSigned } from './signature.ts';
import { decodeLink, decodeNotice, decodeState, PAYOS_CODES } from './wire.ts';

export interface PayOsKeys {
  readonly clientId: string;
  readonly apiKey: string;
  readonly checksumKey: string;
}

export interface PayOsSettings extends PayOsKeys {
  /** Default https://api-merchant.payos.vn. */
  readonly url?: string;
  /** For a whole request, milliseconds; default 15 s. */
  readonly timeoutMs?: number;
}

export interface PayOsClient extends PayOsUpstream {
  /** Ends every request and connection. */
  close(): Promise<void>;
}

/** What PayOS says, its signature checked. */
type Answer = { readonly done: true; readonly data: JsonObject } | { readonly done: false; readonly code: string; readonly words: string };

const PATH = '/v2/payment-requests';

/** PayOS's merchant API as `@payos/node` 2.0.5 speaks it. Every answer must be signed, also where the SDK would let it pass. */
export function createPayOsClient(
  { url = 'https://api-merchant.payos.vn', timeoutMs = 15_000, ...keys }: PayOsSettings,
  clock: BackendClock,
): PayOsClient {
  const http = new UpstreamHttp({ name: 'PayOS', url, clock, timeoutMs });
  const headers = { 'x-client-id': keys.clientId, 'x-api-key': keys.apiKey };
  const ask = async (path: string, signal: AbortSignal): Promise<Answer> =>
    readAnswer(http, await http.request({ method: 'GET', path, headers, signal }), keys);
  const send = async (path: string, body: object, signal: AbortSignal): Promise<Answer> => {
    const request = {
      method: 'POST',
      path,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    } as const;
    return readAnswer(http, await http.request(request), keys);
  };
  return {
    createLink: async (request, signal) => decodeLink(demand(await send(PATH, createBody(request, keys.checksumKey), signal)), request),
    link: async (orderCode, signal): Promise<LinkState | null> => {
      const answer = await ask(`${PATH}/${orderCode}`, signal);
      if (!answer.done && answer.code === PAYOS_CODES.unknownOrder) return null;
      return decodeState(demand(answer), orderCode);
    },
    cancelLink: async (orderCode, reason, signal) => {
      const body = reason === '' ? {} : { cancellationReason: reason };
      return decodeState(demand(await send(`${PATH}/${orderCode}/cancel`, body, signal)), orderCode);
    },
    readNotice: (body) => decodeNotice(body, keys.checksumKey),
    // No order has this number; PayOS answers that it knows none.
    probe: (signal) => http.answers({ method: 'GET', path: `${PATH}/0`, headers, signal }),
    close: () => http.close(),
  };
}

function createBody(request: LinkRequest, checksumKey: string): object {
  const { expiresAtMs, ...fields } = request;
  return { ...fields, expiredAt: Math.floor(expiresAtMs / 1000), signature: createSignature(request, checksumKey) };
}

function demand(answer: Answer): JsonObject {
  if (!answer.done) throw refused('PayOS', answer.code, answer.words);
  return answer.data;
}

function readAnswer(http: UpstreamHttp, reply: UpstreamReply, keys: PayOsKeys): Answer {
  const secrets = Object.values(keys);
  const { code, desc, data, signature } = fieldsOf(http.json(reply));
  if (typeof code !== 'string' || !/^\w{1,20}$/.test(code)) throw invalidAnswer('PayOS', `status ${reply.status} without a code`, 'a code');
  if (code !== PAYOS_CODES.done || reply.status >= 400) {
    return { done: false, code, words: cleanWords(typeof desc === 'string' ? desc : '', secrets) };
  }
  if (!isObject(data)) throw invalidAnswer('PayOS', 'no data', 'an object');
  if (typeof signature !== 'string' || !isSigned(data, signature, keys.checksumKey)) {
    const found = typeof signature === 'string' ? 'a wrong signature' : 'no signature';
    throw invalidAnswer('PayOS', found, 'the HMAC of the data under the checksum key');
  }
  return { done: true, data };
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: JsonValue): JsonObject => (isObject(value) ? value : {});
