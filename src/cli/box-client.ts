import type { BoxStatus, PairingView, SaleView, TicketResult } from '../app/box.ts';
import { type Blame, Fault, type FaultDetail, PeerFault } from '../domain/fault.ts';
import type { Recorded } from '../domain/journal.ts';
import type { PackageType, UpdateState } from '../domain/ota/update.ts';
import type { Counters, OutboxRow } from '../ports/store.ts';
import { type Context, integerOption, type OptionSpecs, UsageFault } from './command.ts';
import { type ServerEvent, serverEvents } from './server-events.ts';

/** The options of every command that speaks to a running box. */
export const BOX_OPTIONS = {
  url: { type: 'string', value: 'URL', help: 'Where the box answers; else TILLD_URL, else http://127.0.0.1:7070' },
  port: { type: 'string', value: 'N', help: 'Its port on this machine' },
  token: { type: 'string', value: 'TOKEN', help: 'Its token; better in TILLD_TOKEN, where other users do not see it' },
} as const satisfies OptionSpecs;

const TIMEOUT_MS = 15_000;
/** Asking a backend for a PIN takes as long as the backend does. */
const PAIR_TIMEOUT_MS = 60_000;
/** A ticket takes as long as its paper and those that wait before it; `fetch` itself gives up after 300 s. */
const TICKET_TIMEOUT_MS = 290_000;
/** A box copies, checks and unpacks a package before it answers; `fetch` itself gives up after 300 s. */
const INSTALL_TIMEOUT_MS = 290_000;

/** What the box itself refused, in its own words. */
class BoxRefusal extends Fault {
  override readonly blame: Blame;

  constructor(blame: Blame, message: string, detail: FaultDetail) {
    super(message, detail);
    this.blame = blame;
  }
}

type QueueView = Record<'waiting' | 'parked', OutboxRow[]> & Record<'waitingCount' | 'parkedCount', number>;

/** A package file on the box's own machine, and how to take it. */
interface InstallRequest {
  /** Absolute path. */
  readonly file: string;
  readonly permitDowngrade: boolean;
  /** Exactly this package, although nobody signed it. */
  readonly unsigned: { readonly size: number; readonly sha256: string } | null;
}

/** A running box, by its local API. Every call throws BoxRefusal, or PeerFault `box-unreachable` or `box-answer`. */
export interface BoxClient {
  status(): Promise<BoxStatus>;
  sell(amountMinor: number, description: string | undefined): Promise<SaleView>;
  sale(id: string): Promise<SaleView>;
  cancel(id: string): Promise<SaleView>;
  ticket(id: string): Promise<TicketResult>;
  ledger(after: number, limit: number): Promise<Recorded[]>;
  counters(): Promise<Counters>;
  resetCounters(): Promise<Counters>;
  resetOutput(): Promise<BoxStatus>;
  queue(): Promise<QueueView>;
  pair(): Promise<PairingView>;
  updates(): Promise<UpdateState>;
  installUpdate(request: InstallRequest): Promise<{ state: UpdateState }>;
  rollBackUpdate(type: PackageType): Promise<{ state: UpdateState }>;
  /** The stream after entry `after`, or from now on; comes back by itself where it was when the connection breaks. */
  follow(after: number | null, signal: AbortSignal): AsyncIterable<ServerEvent>;
}

/** The box that the options and the environment name. @throws UsageFault */
export function boxClient({ values, env }: Pick<Context<typeof BOX_OPTIONS>, 'values' | 'env'>): BoxClient {
  const url = boxUrl(values, env);
  const token = values.token ?? env.TILLD_TOKEN;
  const headers: Record<string, string> = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
  const ask = (path: string, init: RequestInit = {}, timeoutMs = TIMEOUT_MS) =>
    answer(url, path, { ...init, headers: { ...headers, ...init.headers }, signal: AbortSignal.timeout(timeoutMs) });
  const post = (path: string, body: unknown = {}, timeoutMs = TIMEOUT_MS) =>
    ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }, timeoutMs);
  const sale = (id: string, rest = '') => `/v1/sales/${encodeURIComponent(id)}${rest}`;
  return {
    status: async () => (await ask('/v1/status')) as BoxStatus,
    sell: async (amountMinor, description) => (await post('/v1/sales', { amountMinor, description })) as SaleView,
    sale: async (id) => (await ask(sale(id))) as SaleView,
    cancel: async (id) => (await post(sale(id, '/cancel'))) as SaleView,
    ticket: async (id) => (await post(sale(id, '/ticket'), {}, TICKET_TIMEOUT_MS)) as TicketResult,
    ledger: async (after, limit) => ((await ask(`/v1/ledger?after=${after}&limit=${limit}`)) as { entries: Recorded[] }).entries,
    counters: async () => (await ask('/v1/counters')) as Counters,
    resetCounters: async () => (await post('/v1/counters/reset')) as Counters,
    resetOutput: async () => (await post('/v1/output/reset')) as BoxStatus,
    queue: async () => (await ask('/v1/queue')) as QueueView,
    pair: async () => (await post('/v1/pair', {}, PAIR_TIMEOUT_MS)) as PairingView,
    updates: async () => (await ask('/v1/updates')) as UpdateState,
    installUpdate: async ({ unsigned, ...request }) =>
      (await post('/v1/updates/install', unsigned ? { ...request, unsigned } : request, INSTALL_TIMEOUT_MS)) as { state: UpdateState },
    rollBackUpdate: async (type) => (await post('/v1/updates/rollback', { type })) as { state: UpdateState },
    follow: (after, signal) => serverEvents({ open: (last) => openStream(url, headers, last, signal), after, signal }),
  };
}

function boxUrl({ url, port }: Context<typeof BOX_OPTIONS>['values'], env: Context['env']): string {
  if (url !== undefined && port !== undefined) throw new UsageFault('--url and --port say the same thing', { remedy: 'Give one of them.' });
  if (port !== undefined) return `http://127.0.0.1:${integerOption('port', port, 1, 65_535)}`;
  const given = url ?? (env.TILLD_URL || 'http://127.0.0.1:7070');
  const parsed = URL.parse(given);
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return given.replace(/\/+$/, '');
  throw new UsageFault('The address of the box is not usable', {
    found: JSON.stringify(given),
    expected: 'a URL like http://127.0.0.1:7070',
  });
}

async function answer(url: string, path: string, init: RequestInit): Promise<unknown> {
  const response = await reach(url, path, init);
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  const body = readJson(text);
  if (response.ok && body !== undefined) return body;
  throw refusal(url, response.status, body);
}

async function openStream(url: string, headers: Record<string, string>, last: number | null, signal: AbortSignal): Promise<Response> {
  const resume: Record<string, string> = last === null ? {} : { 'last-event-id': String(last) };
  const response = await reach(url, '/v1/stream', { headers: { ...headers, ...resume }, signal });
  if (response.ok) return response;
  throw refusal(url, response.status, readJson(await response.text()));
}

async function reach(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url + path, init);
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function unreachable(url: string, cause: unknown): PeerFault {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : String(inner);
  return new PeerFault(`No box answers at ${url}`, {
    code: 'box-unreachable',
    found: code,
    remedy: 'Start it with `tilld run --config FILE` or `tilld simulate`, or say where it is with --url.',
    cause,
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(url: string, status: number, body: unknown): Fault {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) {
    return new PeerFault(`What answers at ${url} is not a box`, {
      code: 'box-answer',
      found: `HTTP ${status}`,
      expected: 'the local API of tilld',
    });
  }
  const told = Object.fromEntries(Object.entries(error).filter(([, value]) => typeof value === 'string')) as Record<string, string>;
  const { code = '', message = '', blame, found, expected } = told;
  const remedy = status === 401 ? 'Give the token of the box with --token or TILLD_TOKEN.' : told.remedy;
  const detail = { code, ...(found ? { found } : {}), ...(expected ? { expected } : {}), ...(remedy ? { remedy } : {}) };
  return new BoxRefusal(blame === 'configuration' || blame === 'peer' || blame === 'device' ? blame : 'caller', message, detail);
}
