import type { KioskEvent, KioskScreen } from '../domain/kiosk.ts';
import { createKioskGateway, type KioskGatewayOptions } from '../protocols/kiosk/gateway.ts';
import { KIOSK_DEFAULTS, type KioskSettings } from '../protocols/kiosk/settings.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';
import { EXAMPLES_BEGIN } from './kiosk-messages.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';

export const KIOSK_TOKEN = 'kt_000000000000000000000000';

type Told = KioskEvent extends infer E ? (E extends KioskEvent ? E & { readonly kind: E['event'] } : never) : never;

interface Change extends Partial<Omit<KioskGatewayOptions, 'settings'>> {
  readonly settings?: Partial<KioskSettings>;
}

/** A kiosk gateway in pounds on a clock of its own, whose events are written down as they come, unless `consume` waits. Stop it at the end. */
export function testKioskGateway(url: string, { settings, ...change }: Change = {}, consume: Promise<void> = Promise.resolve()) {
  const clock = new FakeClock(EXAMPLES_BEGIN);
  const metrics = memoryMetrics();
  const log = memoryLog();
  const events = eventLog<Told>();
  const gateway = createKioskGateway({
    settings: { ...KIOSK_DEFAULTS, url, token: KIOSK_TOKEN, ...settings },
    clock,
    entropy: seededEntropy(),
    log,
    metrics,
    currency: 'GBP',
    ...change,
  });
  const { kiosk } = gateway;
  if (kiosk === null) throw new TypeError('no kiosk');
  const consumed = consume.then(async () => {
    for await (const inbound of gateway.inbound()) {
      if (inbound.kind !== 'kiosk') throw new TypeError(`unexpected ${inbound.kind}`);
      events.add({ kind: inbound.event.event, ...inbound.event } as Told);
    }
  });
  /** The name of the next screen. */
  const screen = async (): Promise<KioskScreen['screen']> => (await events.next('screen')).screen.screen;
  const stop = async () => {
    const stopped = gateway.stop();
    clock.advance(2_000);
    await stopped;
    await consumed;
  };
  return { gateway, kiosk, clock, metrics, log, events, screen, stop };
}
