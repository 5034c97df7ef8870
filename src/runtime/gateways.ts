import { Fault } from '../domain/fault.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Store } from '../ports/store.ts';
import type { Updates } from '../ports/updates.ts';
import type { Simulator } from '../simulator/simulator.ts';
import type { Settings } from './config.ts';
import { systemEntropy } from './entropy.ts';
import { backendFiles } from './parameters.ts';
import { VERSION } from './version.ts';

export interface GatewayParts {
  readonly settings: Settings;
  readonly store: Store;
  /** Its cables, where the board is a virtual one. */
  readonly simulator: Simulator | null;
  readonly updates: Updates;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Dialect {
  readonly gateway: Gateway;
  /** What the links are made from by the current resources; null where the dialect takes nothing from there. */
  readonly files: () => Promise<BackendFiles | null>;
  /** Why the links are made from the configuration although a resource package is current, or null. */
  readonly unusable: Fault | null;
}

/** The gateway of the configured dialect; only that one is loaded. @throws ConfigurationFault from the dialect */
export async function dialectOf({ settings, store, simulator, updates, clock, log, metrics }: GatewayParts): Promise<Dialect> {
  const { backend, device } = settings;
  const dials = simulator ? { dial: simulator.links.dialer('http'), mqttDial: simulator.links.dialer('mqtt') } : {};
  const world = { ...dials, clock, entropy: systemEntropy, log, metrics };
  if (backend.protocol === 'promptpay') {
    const { createPromptPayGateway } = await import('../protocols/promptpay/gateway.ts');
    const identity = { ...device, firmwareVersion: VERSION };
    const gateway = createPromptPayGateway({
      settings: backend.promptpay,
      device: identity,
      deviceId: store.fact('pairing.device'),
      ...world,
    });
    return { gateway, files: async () => null, unusable: null };
  }
  if (backend.protocol === 'qris-soundbox') {
    const { createQrisSoundboxGateway } = await import('../protocols/qris-soundbox/gateway.ts');
    const { dial: _, mqttDial: dial, ...rest } = world;
    const gateway = createQrisSoundboxGateway({ settings: backend.qrisSoundbox, device: { version: VERSION }, dial, ...rest });
    return { gateway, files: async () => null, unusable: null };
  }
  if (backend.protocol === 'kiosk') {
    const { createKioskGateway } = await import('../protocols/kiosk/gateway.ts');
    const { mqttDial: _, ...rest } = world;
    const { currency } = settings.sale.policy;
    return { gateway: createKioskGateway({ settings: backend.kiosk, currency, ...rest }), files: async () => null, unusable: null };
  }
  if (backend.protocol === 'payment-gateway') {
    const { createPaymentGatewayGateway } = await import('../protocols/payment-gateway/gateway.ts');
    const { mqttDial: _, ...rest } = world;
    const identity = { serial: device.serial, version: VERSION };
    const gateway = createPaymentGatewayGateway({ settings: backend.paymentGateway, device: identity, ...rest });
    return { gateway, files: async () => null, unusable: null };
  }
  const { createDs50Gateway } = await import('../protocols/ds50/gateway.ts');
  const { settings: ds50, files: configured } = backend.ds50;
  const current = () => backendFiles(updates, configured);
  const make = (files: BackendFiles) =>
    createDs50Gateway({
      settings: ds50,
      device: { serial: device.serial, model: device.model, version: VERSION },
      currency: settings.sale.policy.currency,
      files,
      ...world,
    });
  for (;;) {
    try {
      return { gateway: make(await current()), files: current, unusable: null };
    } catch (error) {
      const { current: release, trial } = updates.state().slots.CUST;
      if (!(error instanceof Fault) || release === null) throw error;
      log.error('parameters.unusable', { release: release.name, error });
      // A package must not keep the box from starting. On trial it has failed; one that was good is named by an alarm until it is again.
      if (!trial) return { gateway: make(configured), files: current, unusable: error };
      await updates.rollBack('CUST', error.code, error.explain(), true);
    }
  }
}
