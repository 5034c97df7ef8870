import * as v from 'valibot';
import { DEFAULT_KIOSK_TIMINGS } from '../domain/kiosk.ts';
import { KIOSK_DEFAULTS } from '../protocols/kiosk/settings.ts';
import { keyBelongsToCertificate, longer, tls } from './config-endpoints.ts';
import { consistent, flag, secret, section, url, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** The `kiosk` section. */
export function kioskSection(sources: SecretSources) {
  const time = (what: string, most: number, standard: number) => v.optional(whole(`${what}, in milliseconds`, 500, most), standard);
  const { answerMs, processingMs, graceMs, resultMs } = DEFAULT_KIOSK_TIMINGS;
  return v.pipe(
    section(
      {
        url: url('The WebSocket server that drives the screens', ['ws:', 'wss:']),
        token: v.exactOptional(secret('What the box shows with every handshake', sources, longer(1, 4_096))),
        ...tls(sources),
        insecure: v.exactOptional(flag('Accept any server certificate')),
        firstScreenMs: time('How long a screen is waited for after connecting', 60_000, KIOSK_DEFAULTS.firstScreenMs),
        pingMs: time('Time between two signs of life', 120_000, KIOSK_DEFAULTS.pingMs),
        answerMs: time('How long an answer to a choice is waited for', 60_000, answerMs),
        // One second of it is for the doubt about the clock.
        processingMs: v.optional(whole('How long the customer waits for a payment, in milliseconds', 1_200, 900_000), processingMs),
        graceMs: time('How long the connection may be away before the box is out of service', 600_000, graceMs),
        resultMs: time('Least time a result stays on the screen', 60_000, resultMs),
      },
      'The backend of the protocol "kiosk"',
    ),
    consistent((endpoint) => keyBelongsToCertificate(endpoint)),
  );
}
