import { createServer, type Server } from 'node:http';
import type { Hono } from 'hono';
import type { Box } from '../../app/box.ts';
import { excerpt } from '../../domain/card-data.ts';
import { CallerFault, ConfigurationFault } from '../../domain/fault.ts';
import { readablePath } from '../../domain/readable-path.ts';
import type { Screen } from '../../domain/screen.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Settings } from '../config.ts';
import type { MetricsRegistry } from '../metrics.ts';
import { refuse } from './errors.ts';
import { guard } from './guard.ts';
import type { DrawnScreen, Health } from './routes.ts';

/** Connections at the same time; a stream holds one each. */
const MAX_CONNECTIONS = 128;

/** A stream is the last thing on its connection; a proxy in between must not hold it back. */
const STREAM_HEADERS = { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no', Connection: 'close' };

export interface ApiParts {
  readonly box: Box;
  readonly settings: Pick<Settings, 'api' | 'limits'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly health: () => Health;
  /** The sequence number of the newest entry of the journal, 0 when it is empty. */
  readonly lastSeq: () => number;
  /** Draws a screen in the size of the box's display. */
  readonly drawScreen: (screen: Screen) => Promise<DrawnScreen>;
  /** Further routes, with whole paths; behind the same guard, with body limits of their own. */
  readonly extra?: Hono;
}

export interface Api {
  readonly port: number;
  readonly url: string;
  /** Ends every stream and connection. */
  stop(): Promise<void>;
}

/**
 * Starts the local API of a box.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`
 */
export async function startApi(parts: ApiParts): Promise<Api> {
  const { host, port } = parts.settings.api;
  const { getRequestListener } = await import('@hono/node-server');
  const streams = new Set<{ close(): void }>();
  const app = await buildApp(parts, streams);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const limits = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000 };
  const server = createServer(limits, (request, response) => void listener(request, response));
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await listen(server, port, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  parts.log.info('api.listening', { url });
  return { port: bound, url, stop: () => stop(server, streams) };
}

/** The application without its server. */
async function buildApp(parts: ApiParts, streams: Set<{ close(): void }>): Promise<Hono> {
  const { log, metrics, clock, extra, settings } = parts;
  const [{ Hono: App }, { addRoutes }, { EntryStream }, { streamStart }] = await Promise.all([
    import('hono'),
    import('./routes.ts'),
    import('./stream.ts'),
    import('./requests.ts'),
  ]);
  const app = new App();
  app.onError((error, c) => refuse(c, error, log));
  app.notFound((c) => refuse(c, notFound(c.req.path), log));
  app.use(async (c, next) => {
    const began = clock.monotonicMs();
    await next();
    metrics.count('api_requests_total', { method: c.req.method, status: String(c.res.status) });
    log.debug('api.request', {
      method: c.req.method,
      path: readablePath(c.req.path),
      status: c.res.status,
      tookMs: Math.round(clock.monotonicMs() - began),
    });
  });
  app.use(guard(settings.api));
  addRoutes(app, {
    ...parts,
    openStream(c) {
      if (streams.size >= settings.limits.streams) throw tooManyStreams(settings.limits.streams);
      const after = streamStart(c) ?? parts.lastSeq();
      const cut = () => void c.env.outgoing.destroy();
      const stream = new EntryStream({ ...parts, after, cut, onEnd: () => void streams.delete(stream) });
      streams.add(stream);
      return c.body(stream.body, 200, STREAM_HEADERS);
    },
  });
  if (extra) app.route('/', extra);
  return app;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(unlistenable(error, port, host)));
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function stop(server: Server, streams: Iterable<{ close(): void }>): Promise<void> {
  for (const stream of [...streams]) stream.close();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Answers that are being sent get their chance; whoever does not take them does not hold up the end.
  const late = setTimeout(() => server.closeAllConnections(), 500);
  await closed;
  clearTimeout(late);
}

function unlistenable(cause: NodeJS.ErrnoException, port: number, host: string): ConfigurationFault {
  const taken = cause.code === 'EADDRINUSE';
  return new ConfigurationFault(taken ? `Port ${port} for the local API is in use` : 'The local API cannot listen on its address', {
    code: taken ? 'port-in-use' : 'address-unusable',
    found: `${host}:${port}${taken ? '' : ` (${cause.code ?? cause.message})`}`,
    remedy: taken ? 'Stop the other program, or set another `api.port`.' : 'Set `api.host` to an address of this machine.',
    cause,
  });
}

const notFound = (path: string) =>
  new CallerFault('There is nothing at this address', {
    code: 'not-found',
    found: JSON.stringify(excerpt(readablePath(path), 100)),
    remedy: 'See /openapi.json for what there is.',
  });

const tooManyStreams = (most: number) =>
  new CallerFault('Too many programs follow the stream', {
    code: 'too-many-streams',
    expected: `at most ${most}`,
    remedy: 'Close one, or raise `limits.streams`.',
  });
