import type { DatedAck, Inbound } from '../ports/gateway.ts';
import { createQrisSoundboxGateway, type QrisSoundboxOptions } from '../protocols/qris-soundbox/gateway.ts';
import { QRIS_SOUNDBOX_DEFAULTS, type QrisSoundboxSettings } from '../protocols/qris-soundbox/settings.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';

export const SOUNDBOX = 'sbx_001';
/** When the contract's examples happen: 23 May 2026, ten o'clock UTC. */
export const CONTRACT_TIME = Date.UTC(2026, 4, 23, 10);

/** What the box says and is told, by the end of the topic. */
export const uplink = (end: string, deviceId = SOUNDBOX): string => `devices/${deviceId}/uplink/${end}`;
export const downlink = (end: string, deviceId = SOUNDBOX): string => `devices/${deviceId}/downlink/${end}`;

interface Change extends Partial<Omit<QrisSoundboxOptions, 'settings'>> {
  readonly settings?: Partial<QrisSoundboxSettings>;
}

/** A qris-soundbox gateway on a clock of its own, whose inbound events are written down as they come. */
export function testQrisGateway(mqttUrl: string, { settings, ...change }: Change = {}) {
  const clock = new FakeClock(CONTRACT_TIME);
  const metrics = memoryMetrics();
  const log = memoryLog();
  const inbound = eventLog<Inbound>();
  const gateway = createQrisSoundboxGateway({
    settings: { ...QRIS_SOUNDBOX_DEFAULTS, mqtt: { url: mqttUrl }, deviceId: SOUNDBOX, terminalId: 'term_001', ...settings },
    device: { version: '1.0.3' },
    clock,
    entropy: seededEntropy(),
    log,
    metrics,
    ...change,
  });
  const consumed = (async () => {
    for await (const event of gateway.inbound()) inbound.add(event);
  })();
  const acknowledge = (acks: readonly DatedAck[], signal = new AbortController().signal) => {
    if (gateway.remote === null) throw new TypeError('no remote');
    return gateway.remote.acknowledge(acks, signal);
  };
  const stop = async () => {
    await gateway.stop();
    await consumed;
  };
  return { gateway, clock, metrics, log, inbound, acknowledge, stop };
}
