import type { Context, Hono } from 'hono';
import type { Box } from '../../app/box.ts';
import { excerpt } from '../../domain/card-data.ts';
import { CallerFault } from '../../domain/fault.ts';
import type { Screen } from '../../domain/screen.ts';
import { keyAt, type TouchArea } from '../../domain/touch.ts';
import openapi from './openapi.json' with { type: 'json' };
import {
  emptyRequest,
  installRequest,
  keyRequest,
  ledgerQuery,
  rollbackRequest,
  saleRequest,
  topUpRequest,
  touchRequest,
} from './requests.ts';

interface HealthCheck {
  readonly ok: boolean;
  readonly detail?: string;
}

/** Whether the process does its work, check by check; what a supervisor restarts it for. */
export interface Health {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

export interface DrawnScreen {
  readonly svg: string;
  readonly touch: readonly TouchArea[];
}

export interface RouteParts {
  readonly box: Box;
  readonly health: () => Health;
  readonly metrics: { exposition(): string };
  readonly drawScreen: (screen: Screen) => Promise<DrawnScreen>;
  readonly openStream: (c: Context) => Response;
}

type Handler = (c: Context) => Response | Promise<Response>;

/** Adds every route of the API; a known path asked with another method is answered 405. */
export function addRoutes(app: Hono, parts: RouteParts): void {
  const table = routes(parts);
  for (const [method, path, handler] of table) app.on(method, path, handler);
  for (const path of new Set(table.map(([, path]) => path))) {
    const allowed = table.filter(([, other]) => other === path).map(([method]) => (method === 'GET' ? 'GET, HEAD' : method));
    app.all(path, (c) => {
      c.header('Allow', allowed.join(', '));
      throw new CallerFault('This address does not take that method', {
        code: 'method-not-allowed',
        found: c.req.method,
        expected: allowed.join(' or '),
      });
    });
  }
}

const routes = ({ box, health, metrics, drawScreen, openStream }: RouteParts): readonly (readonly ['GET' | 'POST', string, Handler])[] => [
  ['GET', '/v1/status', (c) => c.json(box.status())],
  ['POST', '/v1/sales', (c) => openSale(c, box)],
  ['GET', '/v1/sales/:id', (c) => c.json(box.sale(id(c)) ?? unknownSale(id(c)))],
  ['POST', '/v1/sales/:id/cancel', act((c) => box.cancel(id(c), 'api'))],
  ['POST', '/v1/sales/:id/top-up', async (c) => c.json(box.topUp(id(c), await topUpRequest(c)), 202)],
  ['POST', '/v1/sales/:id/ticket', act((c) => box.printTicket(id(c)))],
  ['GET', '/v1/ledger', (c) => c.json({ entries: box.ledger(ledgerQuery(c)) })],
  ['GET', '/v1/counters', (c) => c.json(box.counters())],
  ['POST', '/v1/counters/reset', act(() => resetCounters(box))],
  ['POST', '/v1/output/reset', act(() => resetOutput(box))],
  ['GET', '/v1/updates', (c) => c.json(box.updates())],
  ['POST', '/v1/updates/install', (c) => installUpdate(c, box)],
  ['POST', '/v1/updates/rollback', (c) => rollBackUpdate(c, box)],
  ['GET', '/v1/queue', (c) => c.json(box.queue())],
  ['GET', '/v1/screen', (c) => c.json(box.screen())],
  ['GET', '/v1/screen.svg', async (c) => c.body((await drawScreen(box.screen())).svg, 200, { 'Content-Type': 'image/svg+xml' })],
  ['POST', '/v1/keys', (c) => pressKey(c, box)],
  ['POST', '/v1/touch', (c) => touchScreen(c, box, drawScreen)],
  ['GET', '/v1/stream', openStream],
  ['POST', '/v1/pair', act(() => box.pair())],
  ['GET', '/healthz', (c) => answerHealth(c, health())],
  ['GET', '/metrics', (c) => c.body(metrics.exposition(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })],
  ['GET', '/openapi.json', (c) => c.json(openapi)],
];

/** A request that carries nothing but its address. */
const act =
  (run: (c: Context) => unknown): Handler =>
  async (c) => {
    await emptyRequest(c);
    return c.json(await run(c));
  };

function resetCounters(box: Box) {
  box.resetCounters();
  return box.counters();
}

function resetOutput(box: Box) {
  box.resetOutput();
  return box.status();
}

async function openSale(c: Context, box: Box): Promise<Response> {
  const sale = box.sell({ ...(await saleRequest(c)), origin: 'api' });
  c.header('Location', `/v1/sales/${encodeURIComponent(sale.id)}`);
  return c.json(sale, 201);
}

async function installUpdate(c: Context, box: Box): Promise<Response> {
  const { file, permitDowngrade, unsigned } = await installRequest(c);
  await box.installUpdate(file, { permitDowngrade, unsigned: unsigned ?? null });
  return c.json({ state: box.updates() });
}

async function rollBackUpdate(c: Context, box: Box): Promise<Response> {
  await box.rollBackUpdate((await rollbackRequest(c)).type);
  return c.json({ state: box.updates() });
}

async function pressKey(c: Context, box: Box): Promise<Response> {
  const { key } = await keyRequest(c);
  box.press(key);
  return c.json({ key, screen: box.screen() });
}

async function touchScreen(c: Context, box: Box, drawScreen: RouteParts['drawScreen']): Promise<Response> {
  const { x, y } = await touchRequest(c);
  const screen = box.screen();
  const { touch } = await drawScreen(screen);
  // What was touched is what was seen: a screen that came meanwhile has other things in that place.
  const key = box.screen() === screen ? keyAt(touch, x, y) : null;
  if (key !== null) box.press(key);
  return c.json({ key, screen: box.screen() });
}

const answerHealth = (c: Context, health: Health): Response => c.json(health, health.ok ? 200 : 503);

const id = (c: Context): string => c.req.param('id') ?? '';

function unknownSale(sale: string): never {
  throw new CallerFault('There is no such sale', { code: 'sale-unknown', found: JSON.stringify(excerpt(sale, 64)) });
}
