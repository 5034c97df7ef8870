import type { BackendClock } from '../environment.ts';
import type { Health } from './health.ts';
import type { Route } from './routing.ts';
import { GATEWAY_NAME, GATEWAY_VERSION, type PaymentGatewaySettings, type RateLimits } from './settings.ts';
import { type SystemInfoSide, systemInfo } from './system-info.ts';

export interface SystemRoutesSide extends SystemInfoSide {
  readonly health: Health;
  readonly settings: PaymentGatewaySettings;
  readonly clock: BackendClock;
}

/** System information, health under both its paths, and the root (document 4 and 5). */
export function systemRoutes(side: SystemRoutesSide): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/system/info',
      description: 'Thông tin hệ thống',
      auth: true,
      limit: 'read',
      handle: async (c) => c.json({ success: true, data: await systemInfo(side) }),
    },
    ...healthRoutes('/api/system/health', side),
    ...healthRoutes('/health', side),
    {
      method: 'GET',
      path: '/',
      description: 'Thông tin API',
      auth: false,
      limit: 'read',
      handle: (c) =>
        c.json({
          name: GATEWAY_NAME,
          version: GATEWAY_VERSION,
          description: 'Card (TheSieuToc) + Bank/QR (PayOS)',
          documentation: '/rest',
          health: '/health',
        }),
    },
  ];
}

/** The list of all endpoints, itself included. */
export function restRoute(others: readonly Route[], limits: RateLimits): Route {
  const rest: Route = {
    method: 'GET',
    path: '/rest',
    description: 'Danh sách endpoints',
    auth: false,
    limit: 'read',
    handle: (c) =>
      c.json({ name: GATEWAY_NAME, version: GATEWAY_VERSION, endpoints: [...others, rest].map((route) => described(route, limits)) }),
  };
  return rest;
}

const described = ({ method, path, description, auth, limit }: Route, limits: RateLimits) => ({
  method,
  path,
  description,
  auth,
  rateLimit: `${limits[limit]} req/min`,
});

function healthRoutes(prefix: string, { health, settings, clock }: SystemRoutesSide): Route[] {
  const now = () => new Date(clock.wallMs()).toISOString();
  const common = { method: 'GET', auth: false, limit: 'read' } as const;
  return [
    {
      ...common,
      path: prefix,
      description: 'Kiểm tra tổng quát',
      handle: async (c) => {
        const report = await health.all();
        return c.json(report, report.status === 'healthy' ? 200 : 503);
      },
    },
    { ...common, path: `${prefix}/live`, description: 'Liveness probe', handle: (c) => c.json({ status: 'alive', timestamp: now() }) },
    {
      ...common,
      path: `${prefix}/ready`,
      description: 'Readiness probe',
      handle: (c) => {
        if (health.database().status === 'healthy') return c.json({ status: 'ready', timestamp: now() });
        return c.json({ status: 'not_ready', reason: 'Database connection not established' }, 503);
      },
    },
    {
      ...common,
      path: `${prefix}/version`,
      description: 'Thông tin phiên bản',
      handle: (c) => c.json({ name: GATEWAY_NAME, version: GATEWAY_VERSION, node: process.version, environment: settings.environment }),
    },
    { ...common, path: `${prefix}/ping`, description: 'Ping', handle: (c) => c.json({ message: 'pong', timestamp: now() }) },
  ];
}
