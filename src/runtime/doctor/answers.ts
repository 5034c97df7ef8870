import { Fault } from '../../domain/fault.ts';
import { createHttpClient } from '../../net/http.ts';
import { MqttConnection } from '../../net/mqtt-connection.ts';
import type { MqttFault } from '../../net/mqtt-fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import { type Finding, fault, findingOf, ok, warning } from './finding.ts';
import type { Link } from './links.ts';

const LIMIT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;
/** Further apart than this, signatures and the times of QR codes are refused. */
const SKEW_MS = 120_000;

/**
 * Whether the broker lets the box in. A client id of its own, made up for this once, and a clean session: a broker closes
 * the connection of whoever comes under an id a second time, and throws the session away with the messages that wait in
 * it. Nothing is subscribed to and nothing sent.
 */
export async function login({ mqtt }: Link, clock: Clock, entropy: Entropy): Promise<Finding> {
  if (mqtt === null) return ok('no broker');
  const clientId = `tillddoctor${Buffer.from(entropy.bytes(5)).toString('hex')}`;
  const refused = await new Promise<MqttFault | null>((resolve, reject) => {
    const options = { endpoint: mqtt, clientId, will: null, clean: true, keepaliveSeconds: 30, clock, dial: undefined };
    const opening = MqttConnection.open(options, {
      message: (_message, done) => done(),
      connected: () => void opening.then((connection) => connection.close()).then(() => resolve(null)),
      ended: resolve,
    });
    opening.catch(reject);
  });
  if (refused === null) return ok(`let in as ${mqtt.username ?? 'nobody in particular'}`);
  if (refused.code === 'mqtt-refused') {
    return warning('broker-own-id-only', 'the broker lets in nobody but the client id of the box itself', {
      expected: 'nothing else: with that id the connection of a running box would be cut, so it is not tried',
      remedy: 'Start the box and ask again: then its own connection tells.',
    });
  }
  const { found, ...finding } = findingOf(refused);
  const remedy = finding.remedy ?? 'Look into the log of the broker, and ask again in a minute.';
  return { ...finding, remedy, found: `${found} (user ${mqtt.username ?? 'none'})` };
}

/** Whether an HTTP server answers at the address at all; no secret is sent, so that any answer but a failure of its own will do. */
export async function answer({ url, tls, title }: Link, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const base = `${url.origin}${url.pathname}`.replace(/\/$/, '');
  const client = createHttpClient({ endpoint: { url: base, ...tls }, clock, timeoutMs: LIMIT_MS, maxBytes: MAX_BYTES, reuse: false });
  try {
    const { status, dateMs } = await client.request({ method: 'GET', path: '/', headers: {}, signal });
    const skewMs = dateMs === null ? 0 : clock.wallMs() - dateMs;
    if (status >= 500) {
      return warning('backend-failing', `${title} answers with status ${status}`, {
        remedy: 'Ask the operator of the backend; the box tries again by itself.',
      });
    }
    if (Math.abs(skewMs) > SKEW_MS) {
      const seconds = Math.round(Math.abs(skewMs) / 1_000);
      return warning(
        'clock-differs',
        `status ${status}; the clock of this board is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`,
        {
          expected: `less than ${SKEW_MS / 1_000} s apart`,
          remedy: 'sudo timedatectl set-ntp true',
        },
      );
    }
    return ok(`it answers (status ${status})`);
  } catch (error) {
    if (error instanceof Fault && error.code === 'peer-too-large') return ok('it answers');
    const finding = findingOf(error);
    return finding.remedy === undefined
      ? fault(finding.reason ?? 'peer-cut', finding.found, { remedy: `See what it says: curl -v ${base}/` })
      : finding;
  } finally {
    await client.close();
  }
}
