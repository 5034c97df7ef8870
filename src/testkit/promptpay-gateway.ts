import { RequestFault } from '../domain/request-fault.ts';
import type { Inbound } from '../ports/gateway.ts';
import { createPromptPayGateway, type PromptPayOptions } from '../protocols/promptpay/gateway.ts';
import { PROMPTPAY_DEFAULTS, type SignerSettings } from '../protocols/promptpay/settings.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';
import { SYNTHETIC_MAC } from './promptpay-box.ts';

interface Change extends Partial<PromptPayOptions> {
  readonly signer?: SignerSettings;
  /** What the box's wall clock says at first. */
  readonly wallMs?: number;
}

/** A promptpay gateway for device-0004 on a clock of its own, whose inbound events are written down as they come. */
export function testGateway(urls: { readonly httpUrl: string; readonly mqttUrl: string }, { signer, wallMs, ...change }: Change = {}) {
  const clock = new FakeClock(wallMs);
  const metrics = memoryMetrics();
  const log = memoryLog();
  const inbound = eventLog<Inbound>();
  const gateway = createPromptPayGateway({
    settings: {
      ...PROMPTPAY_DEFAULTS,
      signer: signer ?? PROMPTPAY_DEFAULTS.signer,
      http: { url: urls.httpUrl },
      mqtt: { url: urls.mqttUrl },
    },
    device: { serial: '0001', mac: SYNTHETIC_MAC, chipId: 'chip-0001', firmwareVersion: '0.1.0' },
    deviceId: 'device-0004',
    clock,
    entropy: seededEntropy(),
    log,
    metrics,
    ...change,
  });
  const consumed = (async () => {
    for await (const event of gateway.inbound()) inbound.add(event);
  })();
  const stop = async () => {
    await gateway.stop();
    await consumed;
  };
  return { gateway, clock, metrics, log, inbound, stop };
}

/** The RequestFault a request ends in; anything else it ends in is thrown. */
export async function requestFault(reply: Promise<unknown>): Promise<RequestFault> {
  const thrown = await reply.then(
    () => new TypeError('there was an answer'),
    (error: unknown) => error,
  );
  if (thrown instanceof RequestFault) return thrown;
  throw thrown;
}
