import { CallerFault } from '../../domain/fault.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import type { Dial } from '../../net/socket.ts';
import type { Gateway } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import { inboundQueue } from '../inbound.ts';
import { RejectionLog } from '../rejections.ts';
import { Backend, type BackendOptions } from './backend.ts';
import { isId } from './codec.ts';
import { Push } from './push.ts';

export interface PromptPayOptions extends BackendOptions {
  /** From an earlier registration, or null: then there is no MQTT link until `identify`. */
  readonly deviceId: string | null;
  readonly log: Log;
  /** As `dial`, for the broker. */
  readonly mqttDial?: Dial;
}

/**
 * The promptpay dialect: requests over HTTP, confirmations and state over MQTT. Topics: `device/{charge}/payment-status`
 * and `server/{device}/streaming`; the MQTT client id is `tilld-{serial}`.
 * @throws ConfigurationFault `mac-invalid`, `signer-key-short`, `signer-key-id`
 */
export function createPromptPayGateway(options: PromptPayOptions): Gateway {
  const { settings, device, clock, entropy, log, metrics, mqttDial } = options;
  const backend = new Backend(options);
  const inbound = inboundQueue();
  const charges = new Set<string>();
  const rejected = new RejectionLog();
  let deviceId = options.deviceId;
  let push: Push | null = null;
  let started = false;
  const connect = (id: string): void => {
    push = new Push({
      settings,
      serial: device.serial,
      deviceId: id,
      charges,
      rejected,
      nowMs: () => backend.nowMs(),
      emit: inbound.push,
      clock,
      entropy,
      log,
      metrics,
      ...(mqttDial === undefined ? {} : { dial: mqttDial }),
    });
    push.start();
  };
  return {
    capabilities: { pairs: true, pushes: true, queries: true, qr: true, reports: true },
    cards: null,
    topUps: null,
    updates: null,
    parameters: null,
    remote: null,
    kiosk: null,
    start: async () => {
      started = true;
      if (settings.http.insecure === true) log.warn('http.insecure', { url: settings.http.url });
      if (deviceId !== null && push === null) connect(requireId(deviceId));
    },
    inbound: inbound.events,
    register: (signal) => backend.register(signal),
    identify: async (id) => {
      if (id === deviceId && (push !== null || !started)) return;
      deviceId = requireId(id);
      const old = push;
      push = null;
      await old?.stop();
      if (started && deviceId === id && push === null) connect(id);
    },
    requestQr: async (intent, signal) => {
      if (deviceId === null) throw new RequestFault('The box is not paired', { code: 'not-paired', retryable: false });
      return backend.requestQr(deviceId, intent, signal);
    },
    watch: async (charge) => {
      charges.add(requireId(charge));
      return (await push?.watch(charge)) ?? false;
    },
    unwatch: async (charge) => {
      if (charges.delete(charge)) push?.unwatch(charge);
    },
    queryPayment: async (charge, signal) => backend.query(requireId(charge), signal),
    deliver: (reports, signal) => backend.deliver(reports, signal),
    publishState: (state) => push?.publishState(state),
    backendNowMs: () => backend.nowMs(),
    links: () => ({ http: backend.link, mqtt: push?.state ?? 'off' }),
    faults: () => {
      const fault = push?.fault ?? null;
      return [
        ...(backend.fault === null ? [] : [backend.fault]),
        ...(fault === null ? [] : [{ link: 'mqtt', code: fault.code, detail: fault.explain() }]),
      ];
    },
    rejections: () => rejected.view(),
    stop: async () => {
      started = false;
      const old = push;
      push = null;
      inbound.end();
      await Promise.all([old?.stop(), backend.close()]);
    },
  };
}

function requireId(id: string): string {
  if (isId(id)) return id;
  throw new CallerFault('The id cannot be used in a topic', {
    code: 'id-invalid',
    found: `${id.length} characters`,
    expected: '1 to 128 of A-Z a-z 0-9 . _ : = @ ~ -',
  });
}
