import { CallerFault, ConfigurationFault } from '../../domain/fault.ts';
import { MessageFault } from '../../domain/json-fields.ts';
import type { Currency, Money } from '../../domain/money.ts';
import type { BackendFiles } from '../../domain/posparam/posparam.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { CardRequest, ChargeAnswer, Gateway, LinkFault, Rejections } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { inboundQueue } from '../inbound.ts';
import { chargeId } from './charge-id.ts';
import { endpointsOf } from './credentials.ts';
import { localDay } from './local-time.ts';
import { asSerial } from './message.ts';
import { type DeviceIdentity, PaymentServer } from './payment-server.ts';
import { Push } from './push.ts';
import type { Ds50Settings } from './settings.ts';
import { unverified, warningsOf } from './standing-warnings.ts';
import { TmsClient } from './tms-client.ts';

export interface Ds50Options {
  readonly settings: Ds50Settings;
  readonly device: DeviceIdentity;
  readonly currency: Currency;
  /** The parameters in use; `parameters.apply` changes them. */
  readonly files: BackendFiles;
  /** Makes the connections to payment server and TMS. */
  readonly dial?: Dial;
  /** As `dial`, for the broker. */
  readonly mqttDial?: Dial;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Everything that follows from one set of parameters. */
interface Links {
  readonly files: BackendFiles;
  readonly payment: PaymentServer;
  readonly push: Push;
}

/** Charges remembered with their amount once their request is sent; the journal knows them all. */
const SENT_KEPT = 1_000;

/**
 * The ds50 dialect: orders and update instructions over MQTT, card payments and their query at the payment server,
 * packages and status reports at the TMS. The contract has no message for the state of a box, no QR, no pairing and no
 * sale reports; nothing about a charge is ever pushed.
 * @throws ConfigurationFault `serial-invalid`, and as `endpointsOf` for certificates that cannot be used
 */
export function createDs50Gateway(options: Ds50Options): Gateway {
  const { settings, device, currency, clock, entropy, log, metrics, dial, mqttDial } = options;
  checkSerial(device.serial);
  const inbound = inboundQueue();
  const through = dial === undefined ? {} : { dial };
  const { tms: tmsSettings } = settings;
  const tms =
    tmsSettings === undefined
      ? null
      : new TmsClient({ tms: tmsSettings, timeoutMs: settings.timeoutMs, serial: device.serial, clock, metrics, ...through });
  const sent = new Map<string, Money>();
  let rejections: Rejections = { count: 0, last: null };
  let started = false;

  const prepare = (files: BackendFiles): Links => {
    const { posparam } = files;
    const endpoints = endpointsOf(files, settings.clientKey);
    const shared = { clock, metrics };
    return {
      files,
      payment: new PaymentServer({ settings, endpoint: endpoints.payment, parameters: posparam.payment, device, ...shared, ...through }),
      push: new Push({
        endpoint: endpoints.mqtt,
        topicPrefixes: posparam.mqtt.topicPrefixes,
        serial: device.serial,
        currency,
        emit: inbound.push,
        rejected: (code, detail) => {
          rejections = { count: rejections.count + 1, last: { code, detail, atMs: clock.wallMs() } };
        },
        entropy,
        log,
        ...shared,
        ...(mqttDial === undefined ? {} : { dial: mqttDial }),
      }),
    };
  };
  let links = prepare(options.files);
  /** Links of earlier parameters on their way down: two connections with one client id would throw each other out. */
  let closing: Promise<unknown> = Promise.resolve();

  const open = (opened: Links): void => {
    const { url, verifyTls } = opened.files.posparam.payment;
    if (!verifyTls) log.warn('http.insecure', { url });
    if (tmsSettings?.insecure === true) log.warn('http.insecure', { url: tmsSettings.url });
    opened.push.start();
  };
  const close = (closed: Links): void => {
    closing = Promise.all([closing, closed.push.stop(), closed.payment.close()]);
  };

  return {
    capabilities: { pairs: false, pushes: true, queries: true, qr: false, reports: false },
    topUps: null,
    cards: {
      charge: ({ atMs, batch, trace }) => chargeId(localDay(atMs), batch, trace),
      authorise: async (request: CardRequest, signal: AbortSignal): Promise<ChargeAnswer> => {
        remember(sent, request);
        return links.payment.authorise(request, signal);
      },
    },
    updates: tms,
    remote: null,
    kiosk: null,
    parameters: {
      apply: async (files) => {
        const next = prepare(files);
        close(links);
        links = next;
        await closing;
        // Meanwhile others may have been applied, or the gateway stopped.
        if (started && links === next) open(next);
      },
      probe: async (signal) => {
        const { payment, push } = links;
        return push.state === 'up' && (await payment.answers(signal));
      },
    },
    start: async () => {
      if (started) return;
      started = true;
      open(links);
    },
    inbound: inbound.events,
    register: () => unsupported('register', 'pairing'),
    identify: () => unsupported('identify', 'an identity from a registration'),
    requestQr: () => unsupported('qr', 'QRs for charges'),
    // There is no topic to subscribe to: what becomes of a charge is only ever asked.
    watch: async () => true,
    unwatch: async () => {},
    queryPayment: async (charge, signal, amount) => links.payment.query(charge, signal, amount ?? sent.get(charge)),
    deliver: async () => ({ state: 'refused', reason: 'this backend takes no sale reports' }),
    // The guide says that a box reports its state over MQTT, but not on what topic or in what form.
    publishState: () => {},
    backendNowMs: () => {
      const { offsetMs } = links.payment.peer;
      return offsetMs === null ? clock.wallMs() : Math.round(clock.monotonicMs() + offsetMs);
    },
    links: () => ({ mqtt: links.push.state, payment: links.payment.peer.state, ...(tms === null ? {} : { tms: tms.peer.state }) }),
    faults: () => {
      const broken = [links.payment.peer.fault, tms?.peer.fault ?? null];
      return [
        ...links.push.faults,
        ...broken.filter((fault): fault is LinkFault => fault !== null),
        ...warningsOf(links.files.posparam, clock),
        ...(tmsSettings?.insecure === true ? [unverified('tms', 'insecure is set')] : []),
      ];
    },
    rejections: () => rejections,
    stop: async () => {
      started = false;
      inbound.end();
      close(links);
      await Promise.all([closing, tms?.close()]);
    },
  };
}

/** @throws CallerFault `sale-sent-before` */
function remember(sent: Map<string, Money>, { charge, amount }: CardRequest): void {
  if (sent.has(charge)) {
    const remedy = 'Ask for the charge instead; a second sale could take the money twice.';
    throw new CallerFault('The sale request of this charge was sent before', { code: 'sale-sent-before', found: charge, remedy });
  }
  sent.set(charge, amount);
  const [oldest] = sent.keys();
  if (sent.size > SENT_KEPT && oldest !== undefined) sent.delete(oldest);
}

async function unsupported(what: string, inWords: string): Promise<never> {
  throw new CallerFault(`The ds50 dialect has no ${inWords}`, { code: `${what}-unsupported` });
}

function checkSerial(serial: string): void {
  try {
    asSerial(serial, 'serial');
  } catch (error) {
    if (!(error instanceof MessageFault)) throw error;
    throw new ConfigurationFault('The serial number of the box cannot be used in a topic', {
      code: 'serial-invalid',
      found: `${serial.length} characters`,
      expected: '1 to 64 of A-Z a-z 0-9 _ -',
      cause: error,
    });
  }
}
