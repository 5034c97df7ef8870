import { createPaymentGatewayGateway, type PaymentGatewayOptions } from '../protocols/payment-gateway/gateway.ts';
import { PAYMENT_GATEWAY_DEFAULTS, type PaymentGatewaySettings } from '../protocols/payment-gateway/settings.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';

/** Protects nothing. */
export const FAKE_API_KEY = 'fake-api-key-0001';

interface Change extends Partial<Omit<PaymentGatewayOptions, 'settings'>> {
  readonly settings?: Partial<PaymentGatewaySettings>;
  /** What the box's wall clock says at first. */
  readonly wallMs?: number;
}

/** A payment-gateway gateway of box 0001 on a clock of its own. */
export function paymentGatewayBox(url: string, { settings, wallMs, ...change }: Change = {}) {
  const clock = new FakeClock(wallMs);
  const metrics = memoryMetrics();
  const log = memoryLog();
  const gateway = createPaymentGatewayGateway({
    settings: { ...PAYMENT_GATEWAY_DEFAULTS, http: { url }, apiKey: FAKE_API_KEY, ...settings },
    device: { serial: '0001', version: '0.1.0' },
    clock,
    entropy: seededEntropy(),
    log,
    metrics,
    ...change,
  });
  return { gateway, clock, metrics, log };
}
