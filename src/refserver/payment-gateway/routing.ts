import type { Context, Hono } from 'hono';
import { PeerFault } from '../../domain/fault.ts';
import { type JsonObject, parseJson } from '../../domain/json.ts';
import type { HttpEnv } from '../interference.ts';
import type { ApiKeys } from './api-keys.ts';
import type { RateLimit } from './rate-limit.ts';
import { invalidField, Rejection } from './rejection.ts';
import type { RateLimits } from './settings.ts';

type GatewayContext = Context<HttpEnv>;

/** One endpoint. What is said of it here is what guards it, and what `/rest` shows. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** As the document writes it; `:name` is a part of the path, `?` behind it: may be left out. */
  readonly path: string;
  readonly description: string;
  /** Whether a key is needed. */
  readonly auth: boolean;
  readonly limit: keyof RateLimits;
  /** `caller`: the name of a key, or an address. */
  readonly handle: (c: GatewayContext, caller: string) => Response | Promise<Response>;
}

export interface RoutingSide {
  readonly keys: ApiKeys;
  /** Of the clients, who are few. */
  readonly clientRate: RateLimit;
  /** Of addresses: strangers may come from many, and must make nobody forget what clients have taken. */
  readonly addressRate: RateLimit;
  readonly limits: RateLimits;
}

/** The largest body of a request, bytes. */
const MAX_BODY_BYTES = 65_536;
/** Wrong keys of an address that are answered in a minute. Who has a right one gets in: strangers behind the same address lock nobody out. */
const MOST_WRONG_KEYS = 100;

/** Gives an app its endpoints, each behind its key and its rate limit; other methods are refused by name. */
export function addRoutes(app: Hono<HttpEnv>, routes: readonly Route[], side: RoutingSide): void {
  for (const route of routes) app.on(route.method, route.path, (c) => route.handle(c, admit(c, route, side)));
  for (const [path, methods] of methodsByPath(routes)) {
    app.all(path, () => {
      throw new Rejection(405, `Phương thức không được hỗ trợ. Hãy dùng ${methods}.`, { code: 'method-not-allowed', allow: methods });
    });
  }
}

/** Who asks, if he may. @throws Rejection `missing-api-key`, `invalid-api-key`, `rate-limit-exceeded` */
function admit(c: GatewayContext, { auth, limit }: Route, { keys, clientRate, addressRate, limits }: RoutingSide): string {
  // Absent where no connection is, as in a test of the app alone.
  const address = c.env?.incoming?.socket?.remoteAddress ?? 'unknown';
  const caller = auth ? clientOf(c, keys, addressRate, address) : address;
  (auth ? clientRate : addressRate).take(`${limit} ${caller}`, limits[limit]);
  return caller;
}

function clientOf(c: GatewayContext, keys: ApiKeys, rate: RateLimit, address: string): string {
  try {
    return keys.clientOf((name) => c.req.header(name));
  } catch (error) {
    rate.take(`wrong-key ${address}`, MOST_WRONG_KEYS);
    throw error;
  }
}

function methodsByPath(routes: readonly Route[]): Map<string, string> {
  const methods = new Map<string, string>();
  for (const { path, method } of routes) {
    const named = method === 'GET' ? 'GET, HEAD' : method;
    const before = methods.get(path);
    methods.set(path, before === undefined ? named : `${before}, ${named}`);
  }
  return methods;
}

/** The JSON object of a request. @throws Rejection `unsupported-media-type`, `payload-too-large`, `body-incomplete`, `invalid-json`, `validation-failed` */
export async function jsonBody(c: GatewayContext): Promise<JsonObject> {
  demandType(c, 'application/json');
  const value = readJson(await bodyOf(c));
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  // What was sent may be anything, a PIN too.
  throw invalidField('body', Array.isArray(value) ? 'array' : typeof value, 'JSON object', 'Nội dung request phải là một JSON object.');
}

/** The form of a request. @throws Rejection `unsupported-media-type`, `payload-too-large`, `body-incomplete` */
export async function formBody(c: GatewayContext): Promise<URLSearchParams> {
  demandType(c, 'application/x-www-form-urlencoded');
  return new URLSearchParams(new TextDecoder().decode(await bodyOf(c)));
}

/** Read only once it is known who asks: of strangers nothing is kept. */
async function bodyOf(c: GatewayContext): Promise<Uint8Array> {
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of c.req.raw.body ?? []) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // Its sender went away in the middle of it: nobody's mistake here.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    throw new Rejection(400, 'Nội dung request bị ngắt giữa chừng.', { code: 'body-incomplete' });
  }
  return Buffer.concat(chunks);
}

const tooLarge = (): Rejection =>
  new Rejection(413, `Nội dung request quá lớn. Tối đa ${MAX_BODY_BYTES} byte.`, { code: 'payload-too-large' });

function demandType(c: GatewayContext, type: string): void {
  if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() === type) return;
  throw new Rejection(415, `Content-Type phải là ${type}.`, { code: 'unsupported-media-type' });
}

function readJson(bytes: Uint8Array) {
  try {
    return parseJson(bytes, MAX_BODY_BYTES);
  } catch (error) {
    if (!(error instanceof PeerFault)) throw error;
    throw new Rejection(400, 'Nội dung request không phải JSON hợp lệ.', { code: 'invalid-json', details: { reason: error.code } });
  }
}
