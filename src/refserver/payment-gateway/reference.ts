import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { listening } from '../broker.ts';
import type { Changes } from '../changes.ts';
import type { FaultBoard } from '../faults.ts';
import { closeHttp, reachable } from '../http-server.ts';
import { type HttpEnv, interference } from '../interference.ts';
import { keptDataKey } from './data-key.ts';
import { createPaymentGateway, type PaymentGateway, type PaymentGatewaySide } from './gateway.ts';
import { createPayOsClient, type PayOsSettings } from './payos/client.ts';
import { PayOsSimulation } from './payos/simulation.ts';
import { DEFAULT_GATEWAY_SETTINGS, type PaymentGatewaySettings } from './settings.ts';
import { createTheSieuTocClient, type TheSieuTocSettings } from './thesieutoc/client.ts';
import { TheSieuTocSimulation } from './thesieutoc/simulation.ts';

/** The gateway of the reference backend: settings that are left out are as in DEFAULT_GATEWAY_SETTINGS. */
export interface ReferenceGatewayOptions extends Partial<Omit<PaymentGatewaySettings, 'databasePath' | 'simulated'>> {
  /** The real PayOS; left out, a simulation. */
  readonly payos?: PayOsSettings;
  /** The real TheSieuToc; left out, a simulation. */
  readonly thesieutoc?: TheSieuTocSettings;
  /** How long simulated operators take to decide on a card, milliseconds; null: a person decides. Default 3 s. */
  readonly decideMs?: number | null;
}

export interface ReferenceGatewaySide extends Pick<PaymentGatewaySide, 'db' | 'clock' | 'entropy' | 'log'> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The backend's state file, or ':memory:'. */
  readonly stateFile: string;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly stopping: AbortSignal;
}

/** A gateway that listens. */
export interface ReferenceGateway {
  readonly url: string;
  readonly gateway: PaymentGateway;
  /** Null where the real one is used. */
  readonly payos: PayOsSimulation | null;
  readonly thesieutoc: TheSieuTocSimulation | null;
  stop(): Promise<void>;
}

/** What the simulations are asked with over HTTP. Published, so it protects nothing. */
export const REFERENCE_UPSTREAM_KEYS = {
  payos: { clientId: 'client-00000000', apiKey: 'payos-key-00000000', checksumKey: 'checksum-00000000000000000000000000000000' },
  thesieutoc: 'thesieutoc-key-00000000',
} as const;

/**
 * Starts the payment gateway on a port of its own, because its paths are the document's.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`, `gateway-data-key`
 */
export async function startReferenceGateway(side: ReferenceGatewaySide, options: ReferenceGatewayOptions = {}): Promise<ReferenceGateway> {
  const { clock, log, host, stateFile, faults, changes, stopping } = side;
  const { payos: payosSettings, thesieutoc: thesieutocSettings, decideMs, ...wished } = options;
  const settings: PaymentGatewaySettings = {
    ...DEFAULT_GATEWAY_SETTINGS,
    ...wished,
    dataKey: wished.dataKey ?? keptDataKey(stateFile, side.entropy),
    simulated: { payos: payosSettings === undefined, thesieutoc: thesieutocSettings === undefined },
    databasePath: stateFile === ':memory:' ? stateFile : `./${basename(stateFile)}`,
  };
  let app: Hono<HttpEnv> | null = null;
  const http = createAdaptorServer({
    fetch: (request, env) => app?.fetch(request, env) ?? new Response(null, { status: 503 }),
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 5_000 },
  }) as HttpServer;
  http.maxConnections = 1_000;
  await listening(http, side.port, host);
  const url = `http://${reachable(host)}:${(http.address() as AddressInfo).port}`;

  const payos = payosSettings ? createPayOsClient(payosSettings, clock) : simulatedPayOs(side, url);
  const thesieutoc = thesieutocSettings
    ? createTheSieuTocClient(thesieutocSettings, clock)
    : new TheSieuTocSimulation(side, {
        apiKey: REFERENCE_UPSTREAM_KEYS.thesieutoc,
        cardKey: settings.dataKey,
        callbackUrl: `${url}/api/thesieutoc/callback`,
        ...(decideMs === undefined ? {} : { decideMs }),
      });
  const closeUpstreams = () => Promise.all([payos, thesieutoc].map((one) => ('close' in one ? one.close() : one.stop())));
  try {
    const gateway = createPaymentGateway({
      ...side,
      settings,
      upstreams: { payos, thesieutoc },
      changed: () => changes.tell('gateway'),
      before: interference(faults, clock, stopping),
    });
    app = gateway.app;
    if (payos instanceof PayOsSimulation) payos.start();
    if (thesieutoc instanceof TheSieuTocSimulation) thesieutoc.start();
    log.info('gateway.started', { url });
    return {
      url,
      gateway,
      payos: payos instanceof PayOsSimulation ? payos : null,
      thesieutoc: thesieutoc instanceof TheSieuTocSimulation ? thesieutoc : null,
      stop: async () => {
        await closeHttp(http);
        await Promise.all([gateway.stop(), closeUpstreams()]);
      },
    };
  } catch (error) {
    await Promise.all([closeHttp(http), closeUpstreams()]);
    throw error;
  }
}

const simulatedPayOs = (side: ReferenceGatewaySide, url: string): PayOsSimulation =>
  new PayOsSimulation(side, { ...REFERENCE_UPSTREAM_KEYS.payos, webhookUrl: `${url}/api/payos/callback` });
