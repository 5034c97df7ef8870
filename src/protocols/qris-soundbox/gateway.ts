import { CallerFault, ConfigurationFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { BoxState, DatedAck, Delivery, Gateway, QrIntent } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { inboundQueue } from '../inbound.ts';
import { RejectionLog } from '../rejections.ts';
import { TopicLink } from '../topic-link.ts';
import * as codec from './codec.ts';
import { receive } from './push.ts';
import { mqttDown, QrRequests } from './qr-requests.ts';
import type { QrisSoundboxSettings } from './settings.ts';

export interface QrisSoundboxOptions {
  readonly settings: QrisSoundboxSettings;
  readonly device: { readonly version: string };
  readonly dial?: Dial | undefined;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Without these a QR would be asked for in vain, or be paid without anybody hearing of it. */
const NEEDED_FOR_QR: readonly codec.Downlink[] = ['dynamic-qr/response', 'payment/success'];
/** dBm that are 0 and 100 percent of network strength. */
const WEAKEST_DBM = -100;
const STRONGEST_DBM = -50;

/**
 * The qris-soundbox dialect (contract 2): everything over MQTT on the box's own topics, client id the device's id,
 * persistent session, QoS 1 for all but the heartbeat, no will. Payments are announced, and cannot be asked for.
 * @throws ConfigurationFault `device-id-invalid`, `terminal-id-invalid`
 */
export function createQrisSoundboxGateway(options: QrisSoundboxOptions): Gateway {
  const { settings, device, dial, clock, entropy, log, metrics } = options;
  const { deviceId, terminalId, mqtt, responseTimeoutMs } = settings;
  checkId(deviceId, 'device', 'deviceId');
  checkId(terminalId, 'terminal', 'terminalId');
  const inbound = inboundQueue();
  const rejections = new RejectionLog();
  /** The backend's wall clock minus the box's monotonic clock, once it was told. */
  let offsetMs: number | null = null;
  const nowMs = () => (offsetMs === null ? clock.wallMs() : Math.round(clock.monotonicMs() + offsetMs));

  const send = ({ request, amount }: QrIntent, signal: AbortSignal): void => {
    if (link.state !== 'up') throw mqttDown();
    for (const kind of NEEDED_FOR_QR) if (!link.hears(codec.downlinkTopic(deviceId, kind))) throw unheard(kind);
    const payload = codec.encodeQrRequest({ request, deviceId, terminalId, amount, atMs: nowMs() });
    // Whether it has arrived, the response says; that the broker took it is watched for the sake of its access list.
    void link.publishAcknowledged(codec.uplinkTopic(deviceId, 'dynamic-qr/request'), payload, signal);
  };
  const requests = new QrRequests({ clock, responseTimeoutMs, nowMs, send });

  const push = {
    deviceId,
    emit: inbound.push,
    response: (response: codec.QrResponse) => requests.receive(response),
    rejected: (code: string, detail: string) => rejections.note(code, detail, clock.wallMs()),
    log,
    metrics,
  };
  const link = new TopicLink({
    endpoint: mqtt,
    clientId: deviceId,
    topics: codec.DOWNLINKS.map((kind) => codec.downlinkTopic(deviceId, kind)),
    remedy: `Let it have its own topics in the access list of the broker: devices/${deviceId}/…`,
    message: (message, done) => receive(message, done, push),
    up: () => inbound.push({ kind: 'reconnected' }),
    down: () => requests.lost(),
    clock,
    entropy,
    log,
    metrics,
    ...(dial === undefined ? {} : { dial }),
  });

  const acknowledge = async (acks: readonly DatedAck[], signal: AbortSignal): Promise<Delivery> => {
    // One after the other: a command's `accepted` must not come after its `done`.
    for (const { atMs, ...ack } of acks) {
      const { kind, payload } = codec.encodeAck(deviceId, ack, atMs);
      const taken = await link.publishAcknowledged(codec.uplinkTopic(deviceId, kind), payload, signal);
      if (!taken) return { state: 'retry', reason: `the broker did not acknowledge a ${kind}` };
    }
    return { state: 'acked' };
  };

  return {
    capabilities: { pairs: false, pushes: true, queries: false, qr: true, reports: false },
    cards: null,
    topUps: null,
    updates: null,
    parameters: null,
    kiosk: null,
    remote: {
      acknowledge,
      setTime: (atMs) => {
        offsetMs = atMs - clock.monotonicMs();
      },
    },
    start: async () => link.start(),
    inbound: inbound.events,
    register: () => unsupported('register', 'pairing'),
    identify: () => unsupported('identify', 'an identity from a registration'),
    requestQr: async (intent, signal) => {
      const ended = (outcome: string) => metrics.count('backend_requests_total', { operation: 'qr', outcome });
      try {
        const offer = await requests.ask(intent, signal);
        ended('answered');
        return offer;
      } catch (error) {
        // The rest of a refusal's code is the backend's: no label for a figure.
        if (error instanceof RequestFault) ended(error.code.startsWith('backend-refused') ? 'backend-refused' : error.code);
        throw error;
      }
    },
    // The one topic of all payments is subscribed at every connection.
    watch: async () => link.hears(codec.downlinkTopic(deviceId, 'payment/success')),
    unwatch: async () => {},
    queryPayment: () => unsupported('query', 'question about a payment'),
    deliver: async () => ({ state: 'refused', reason: 'this backend takes no sale reports' }),
    publishState: (state) => {
      const atMs = nowMs();
      const heartbeat = { deviceId, atMs, firmwareVersion: device.version, ...stateOf(state), batteryLevel: null };
      const sent = link.publish(codec.uplinkTopic(deviceId, 'heartbeat'), codec.encodeHeartbeat(heartbeat));
      metrics.count('states_total', { outcome: sent ? 'sent' : 'dropped' });
    },
    backendNowMs: nowMs,
    links: () => ({ mqtt: link.state }),
    faults: () => link.faults,
    rejections: () => rejections.view(),
    stop: async () => {
      inbound.end();
      requests.lost();
      await link.stop();
    },
  };
}

function stateOf({ status, activity, rssiDbm }: BoxState): Pick<codec.Heartbeat, 'state' | 'networkStrength'> {
  const busy = activity === 'awaiting-payment' ? 'awaiting_payment' : activity;
  return { state: status === 'error' ? 'error' : busy, networkStrength: rssiDbm === null ? null : percentOf(rssiDbm) };
}

function percentOf(rssiDbm: number): number {
  const percent = Math.round(((rssiDbm - WEAKEST_DBM) / (STRONGEST_DBM - WEAKEST_DBM)) * 100);
  return Math.min(100, Math.max(0, percent));
}

const unheard = (kind: codec.Downlink): RequestFault =>
  new RequestFault('The broker does not let this box hear what comes of a QR', {
    code: 'mqtt-topic-refused',
    found: `no subscription to ${kind}`,
    remedy: 'Check the access list of the broker.',
    retryable: true,
  });

async function unsupported(what: string, inWords: string): Promise<never> {
  throw new CallerFault(`The qris-soundbox dialect has no ${inWords}`, { code: `${what}-unsupported` });
}

function checkId(id: string, what: 'device' | 'terminal', setting: string): void {
  if (codec.isDeviceId(id)) return;
  throw new ConfigurationFault(`The id of the ${what} cannot be used in a topic`, {
    code: `${what}-id-invalid`,
    found: `${id.length} characters`,
    expected: '1 to 64 of A-Z a-z 0-9 _ -',
    remedy: `Correct qris-soundbox.${setting}.`,
  });
}
