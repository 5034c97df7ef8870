import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { Fault } from '../domain/fault.ts';
import { isLoopback } from '../domain/loopback.ts';
import { readablePath } from '../domain/readable-path.ts';
import { decodeState, deviceOfTopic } from '../protocols/promptpay/codec.ts';
import type { SignerSettings } from '../protocols/promptpay/settings.ts';
import { MAX_UPLINK_BYTES } from '../protocols/qris-soundbox/codec.ts';
import { Announcer } from './announcer.ts';
import { type Broker, listening, startBroker } from './broker.ts';
import { Changes } from './changes.ts';
import { Charges } from './charges.ts';
import { controlRoutes } from './control.ts';
import { errorReply } from './control-request.ts';
import { Devices } from './devices.ts';
import { REFERENCE_DS50 } from './ds50/api-key.ts';
import { ds50ControlRoutes } from './ds50/control.ts';
import { Issuer } from './ds50/issuer.ts';
import { paymentRoutes } from './ds50/payment.ts';
import { Pushes } from './ds50/pushes.ts';
import { Sales } from './ds50/sales.ts';
import { type BackendClock, type BackendEntropy, type BackendLog, silentLog, systemClock, systemEntropy } from './environment.ts';
import { EventLogs } from './event-logs.ts';
import { FaultBoard } from './faults.ts';
import { guard } from './guard.ts';
import { closeHttp, reachable } from './http-server.ts';
import type { HttpEnv } from './interference.ts';
import { isKioskUpgrade } from './kiosk/endpoint.ts';
import { createKiosk, type Kiosk, type KioskOptions } from './kiosk/kiosk.ts';
import { pageRoutes } from './page-files.ts';
import { gatewayControlRoutes } from './payment-gateway/control.ts';
import { type ReferenceGateway, type ReferenceGatewayOptions, startReferenceGateway } from './payment-gateway/reference.ts';
import { type AmountLimits, promptpayRoutes } from './promptpay.ts';
import { createQris, type Qris } from './qris/qris.ts';
import { mayUplink } from './qris/uplink.ts';
import { Refusal } from './refusal.ts';
import { REFERENCE_SIGNERS, Signatures } from './signatures.ts';
import { States } from './states.ts';
import { openBackendDatabase } from './store.ts';
import { startTms, type Tms, type TmsOptions } from './tms/tms.ts';

export interface ReferenceBackendOptions {
  /** Default 8081; 0 takes any free port. */
  readonly httpPort?: number;
  /** Default 1884; 0 takes any free port. */
  readonly mqttPort?: number;
  /** Default 127.0.0.1. The control API has no password: anything else opens it to the network. */
  readonly host?: string;
  /** A file, or ':memory:' (default). A restart on the same file loses nothing but the faults that were switched on. */
  readonly stateFile?: string;
  readonly clock?: BackendClock;
  readonly entropy?: BackendEntropy;
  readonly log?: BackendLog;
  /** Signing profiles to accept; default all, with the secrets published in REFERENCE_SIGNERS. */
  readonly signers?: readonly SignerSettings[];
  /** How long a customer has to pay, in milliseconds; default 5 minutes. */
  readonly chargeLifeMs?: number;
  /** Default 0.01 to 2,000,000.00 THB. */
  readonly amountLimits?: AmountLimits;
  /** Where boxes of ds50 listen, and the key they must send; default REFERENCE_DS50. */
  readonly ds50?: { readonly topicPrefix?: string; readonly apiKey?: string };
  readonly tms?: TmsOptions;
  readonly kiosk?: KioskOptions;
  /** Where the payment gateway listens; 0 takes any free port. Without it there is none. */
  readonly gatewayPort?: number;
  readonly gateway?: ReferenceGatewayOptions;
}

export interface ReferenceBackend {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Null without a payment gateway. */
  readonly gatewayUrl: string | null;
  /** Ends every connection and closes the state. Calling it twice does nothing. */
  stop(): Promise<void>;
}

const DEFAULT_LIFE_MS = 5 * 60_000;
const DEFAULT_LIMITS: AmountLimits = { leastMinor: 1, mostMinor: 200_000_000 };

/**
 * Starts the reference backend: the HTTP side of the dialects, an MQTT broker, the control API under /ref and its page.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`, `state-newer`; DeviceFault `state-unreadable`, `state-not-durable`
 */
export async function startReferenceBackend(options: ReferenceBackendOptions = {}): Promise<ReferenceBackend> {
  const { clock = systemClock, entropy = systemEntropy, log = silentLog, host = '127.0.0.1' } = options;
  const { stateFile = ':memory:', chargeLifeMs: lifeMs = DEFAULT_LIFE_MS } = options;
  const db = openBackendDatabase(stateFile);
  const devices = new Devices(db, clock, entropy);
  const charges = new Charges(db, clock, entropy, lifeMs);
  const logs = new EventLogs(db, clock);
  const states = new States(db, clock);
  const changes = new Changes();
  const faults = new FaultBoard(() => changes.tell('faults'));
  const stopping = new AbortController();

  let broker: Broker | undefined;
  let http: HttpServer | undefined;
  let announcer: Announcer | undefined;
  let qris: Qris | undefined;
  let tms: Tms | undefined;
  let kiosk: Kiosk | undefined;
  let gateway: ReferenceGateway | null = null;
  const stop = async () => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    announcer?.stop();
    kiosk?.stop();
    if (http) await closeHttp(http);
    await gateway?.stop();
    await broker?.stop();
    await tms?.stop();
    db.close();
  };

  try {
    // The will messages of boxes cut off by the stop itself come when there is nowhere left to keep them.
    const inbound = (topic: string, payload: Uint8Array) => {
      if (stopping.signal.aborted) return;
      if (deviceOfTopic(topic) === null) qris?.uplink(topic, payload);
      else streamed(topic, payload, devices, states, changes, log);
    };
    broker = await startBroker({
      host,
      port: options.mqttPort ?? 1884,
      maxPacketBytes: MAX_UPLINK_BYTES + 1024,
      mayPublish: (topic, clientId) => deviceOfTopic(topic) !== null || mayUplink(topic, clientId),
      inbound,
      subscribed: (topic) => tms?.listening(topic),
      log,
    });
    announcer = new Announcer(broker.publish, faults, clock, log);
    const addresses = { httpUrl: '', mqttUrl: `mqtt://${reachable(host)}:${broker.port}` };
    const side = { devices, charges, logs, states, faults, announcer, changes, clock, log, stopping: stopping.signal };
    qris = createQris({ ...side, db, entropy, lifeMs });
    kiosk = createKiosk({ ...side, db }, options.kiosk);
    const signatures = new Signatures(options.signers ?? REFERENCE_SIGNERS, clock);
    const app = new Hono<HttpEnv>();
    app.onError((error) => errorReply(error, log));
    app.notFound((c) =>
      errorReply(new Refusal(404, `There is no ${c.req.method} ${readablePath(c.req.path)} here`, { code: 'not-found' }), log),
    );
    app.route('/api', promptpayRoutes({ ...side, signatures, limits: options.amountLimits ?? DEFAULT_LIMITS }));
    const ds50 = { ...REFERENCE_DS50, ...options.ds50 };
    const payments = { sales: new Sales(db, clock, entropy), issuer: new Issuer() };
    app.route('/functions/v1', paymentRoutes({ ...side, ...payments, apiKey: ds50.apiKey }));
    tms = await startTms({ ...side, ...ds50, db, entropy, stateFile }, options.tms);
    app.route('/tms/v1', tms.devices);
    if (options.gatewayPort !== undefined) {
      gateway = await startReferenceGateway({ ...side, db, entropy, host, port: options.gatewayPort, stateFile }, options.gateway);
      if (gateway.payos) app.route('/payos', gateway.payos.api);
      if (gateway.thesieutoc) app.route('/thesieutoc', gateway.thesieutoc.api);
    }
    app.use('/ref/*', guard(host, log));
    app.route('/ref/tms', tms.control);
    const pushes = new Pushes(db, announcer, ds50.topicPrefix, clock, entropy);
    app.route('/ref/ds50', ds50ControlRoutes({ ...side, ...payments, pushes }));
    app.route('/ref/qris', qris.control);
    app.route('/ref/kiosk', kiosk.control);
    app.route('/ref/gateway', gatewayControlRoutes({ ...side, gateway }));
    app.route('/ref', controlRoutes({ ...side, addresses: () => addresses }));
    app.route('/', pageRoutes());

    http = createAdaptorServer({
      fetch: app.fetch,
      serverOptions: {
        // The largest package, from a browser on a slow link.
        requestTimeout: 600_000,
        headersTimeout: 10_000,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: 5_000,
        noDelay: true,
        shouldUpgradeCallback: isKioskUpgrade,
      },
    }) as HttpServer;
    http.on('upgrade', kiosk.upgrade);
    http.maxConnections = 1000;
    await listening(http, options.httpPort ?? 8081, host);
    addresses.httpUrl = `http://${reachable(host)}:${(http.address() as AddressInfo).port}`;
    if (!isLoopback(host)) log.warn('backend.open-to-network', { host });
    log.info('backend.started', addresses);
    return { ...addresses, gatewayUrl: gateway?.url ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What boxes stream of themselves. Nobody waits for an answer, so what is not usable is logged and left. */
function streamed(topic: string, payload: Uint8Array, devices: Devices, states: States, changes: Changes, log: BackendLog): void {
  const device = devices.find(deviceOfTopic(topic) ?? '');
  if (!device) {
    log.warn('state.unknown-device', { topic: topic.slice(0, 200) });
    return;
  }
  try {
    states.keep(device.deviceId, decodeState(payload));
    changes.tell('states');
  } catch (error) {
    log.warn('state.refused', { device: device.deviceId, reason: error instanceof Fault ? error.explain() : String(error) });
  }
}
