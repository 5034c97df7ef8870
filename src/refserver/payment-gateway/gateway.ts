import type { DatabaseSync } from 'node:sqlite';
import { Hono, type MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { Fault } from '../../domain/fault.ts';
import type { BackendClock, BackendEntropy, BackendLog } from '../environment.ts';
import type { HttpEnv } from '../interference.ts';
import { ApiKeys } from './api-keys.ts';
import { CardDesk } from './card-desk.ts';
import { cardRoutes } from './card-routes.ts';
import { Cards } from './cards.ts';
import { FeeBook } from './fee-book.ts';
import { dueToFollow } from './following.ts';
import { Health } from './health.ts';
import { LinkDesk } from './link-desk.ts';
import { linkRoutes } from './link-routes.ts';
import { Links } from './links.ts';
import { withoutSecrets } from './mask.ts';
import { RateLimit } from './rate-limit.ts';
import { Rejection } from './rejection.ts';
import { addRoutes } from './routing.ts';
import { Scheduler } from './scheduler.ts';
import { securityHeaders } from './security-headers.ts';
import type { PaymentGatewaySettings } from './settings.ts';
import { restRoute, systemRoutes } from './system-routes.ts';
import { transactionRoutes } from './transaction-routes.ts';
import { Transactions } from './transactions.ts';
import { UpstreamCalls } from './upstream-call.ts';
import type { Upstreams } from './upstreams.ts';
import { Vault } from './vault.ts';

export interface PaymentGatewaySide {
  /** With PAYMENT_GATEWAY_TABLES in it. */
  readonly db: DatabaseSync;
  readonly settings: PaymentGatewaySettings;
  readonly upstreams: Upstreams;
  readonly clock: BackendClock;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
  /** Called when a card or a link has changed. */
  readonly changed?: () => void;
  /** What stands between clients and the gateway. */
  readonly before?: MiddlewareHandler<HttpEnv>;
}

/** The payment gateway of the document. */
export interface PaymentGateway {
  readonly app: Hono<HttpEnv>;
  readonly cards: Cards;
  readonly links: Links;
  /** Looks after a card or a link now, without waiting until it is due. */
  follow(id: string): Promise<void>;
  /** Takes nothing new, gives up what it waits for, and resolves when nothing uses the database any more. */
  stop(): Promise<void>;
}

/** Between two looks at what has to be followed, milliseconds. */
const PAUSE_MS = 5_000;

/** Puts it together, and takes up what an earlier run left. @throws ConfigurationFault `gateway-data-key` */
export function createPaymentGateway(side: PaymentGatewaySide): PaymentGateway {
  const { db, settings, upstreams, clock, entropy, log, changed = () => undefined } = side;
  const vault = new Vault(settings.dataKey, entropy);
  vault.demandSameKey(db);
  const stopping = new AbortController();
  const calls = new UpstreamCalls(clock, stopping.signal);
  const cards = new Cards(db, vault);
  const links = new Links(db, settings.linkLifeMs);
  const transactions = new Transactions(db, vault);
  const fees = new FeeBook(upstreams.thesieutoc, calls, clock);
  const common = { db, calls, clock, log, changed };
  const cardDesk = new CardDesk({ ...common, cards, fees, upstream: upstreams.thesieutoc });
  const linkDesk = new LinkDesk({ ...common, links, settings, upstream: upstreams.payos });
  const jobs = [
    { name: 'expire-links', run: async () => linkDesk.expire() },
    { name: 'follow-links', run: () => together(dueToFollow(db, 'payos', clock.wallMs()), (id) => linkDesk.follow(id)) },
    { name: 'follow-cards', run: () => together(dueToFollow(db, 'card', clock.wallMs()), (id) => cardDesk.follow(id)) },
  ];
  const scheduler = new Scheduler(jobs, PAUSE_MS, clock, log);
  const health = new Health({ db, upstreams, calls, settings, clock });
  const routes = [
    ...cardRoutes(cardDesk, fees),
    ...linkRoutes(linkDesk, upstreams.payos),
    ...transactionRoutes({ db, cards, links, transactions, expire: () => linkDesk.expire() }),
    ...systemRoutes({ db, health, transactions, settings, clock, jobs: () => scheduler.active() }),
  ];

  const app = new Hono<HttpEnv>();
  const busy = new Set<Promise<void>>();
  if (side.before) app.use(side.before);
  app.use(securityHeaders);
  app.use(track(busy, stopping.signal));
  if (settings.corsOrigins.length > 0) app.use(corsOf(settings.corsOrigins));
  addRoutes(app, [...routes, restRoute(routes, settings.limits)], {
    keys: new ApiKeys(settings.keys),
    clientRate: new RateLimit(clock),
    addressRate: new RateLimit(clock),
    limits: settings.limits,
  });
  app.notFound(() => new Rejection(404, 'Không tìm thấy endpoint này. Xem danh sách tại /rest.', { code: 'not-found' }).reply());
  app.onError((error) => errorReply(error, log));

  scheduler.start();
  return {
    app,
    cards,
    links,
    follow: (id) => (cards.find(id) ? cardDesk.follow(id) : linkDesk.follow(id)),
    stop: async () => {
      stopping.abort();
      await scheduler.stop();
      await Promise.allSettled(busy);
    },
  };
}

/** Does all of it at once; what fails does not hold up the rest, and is told at the end. */
async function together(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(ids.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Knows which requests are being worked on; once the gateway stops none begins. */
function track(busy: Set<Promise<void>>, stopping: AbortSignal): MiddlewareHandler<HttpEnv> {
  return async (_, next) => {
    if (stopping.aborted) throw new Rejection(503, 'Server đang dừng. Vui lòng thử lại sau.', { code: 'service-unavailable' });
    const working = next();
    busy.add(working);
    try {
      await working;
    } finally {
      busy.delete(working);
    }
  };
}

function corsOf(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST'],
    allowHeaders: ['content-type', 'x-api-key', 'authorization'],
    exposeHeaders: ['retry-after'],
    maxAge: 600,
  });
}

/** What is no refusal is a mistake of ours: the log says what, the caller only that. */
function errorReply(error: Error, log: BackendLog): Response {
  if (error instanceof Rejection) return error.reply();
  log.error('gateway.error', { reason: withoutSecrets(error instanceof Fault ? error.explain() : String(error)) });
  return new Rejection(500, 'Lỗi hệ thống. Vui lòng thử lại sau.', { code: 'internal-error' }).reply();
}
