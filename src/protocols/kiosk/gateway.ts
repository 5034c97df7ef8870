import { CallerFault, ConfigurationFault } from '../../domain/fault.ts';
import type { KioskEvent } from '../../domain/kiosk.ts';
import type { Currency } from '../../domain/money.ts';
import type { Dial } from '../../net/socket.ts';
import { WebSocketLink } from '../../net/websocket.ts';
import { WebSocketFault } from '../../net/websocket-fault.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Gateway, Inbound, LinkFault } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { inboundQueue } from '../inbound.ts';
import { RejectionLog } from '../rejections.ts';
import { encodeAction, MAX_MESSAGE_BYTES } from './codec.ts';
import { receive } from './receive.ts';
import type { KioskSettings } from './settings.ts';
import { warningsOf } from './standing-warnings.ts';

export interface KioskGatewayOptions {
  readonly settings: KioskSettings;
  readonly dial?: Dial | undefined;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The only one screens may have. */
  readonly currency: Currency;
}

/** As many events as may wait for the box; a backend shows one screen at a time. */
const MOST_WAITING = 64;
/** What a header carries without being taken apart. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;

const CONNECTED: Inbound = { kind: 'kiosk', event: { event: 'connected' } };
const DISCONNECTED: Inbound = { kind: 'kiosk', event: { event: 'disconnected' } };

/**
 * The kiosk dialect (contract 4): one WebSocket over which the backend drives the dialogue, screen by screen. The time in
 * its messages is not gone by: the box dates what concerns money.
 * @throws ConfigurationFault `token-invalid`
 */
export function createKioskGateway({ settings, dial, clock, entropy, log, metrics, currency }: KioskGatewayOptions): Gateway {
  checkToken(settings.token);
  const inbound = inboundQueue();
  const rejections = new RejectionLog();
  const warnings = warningsOf(settings);
  /** The transaction to go on with. */
  let resumed: string | null = null;
  let told = false;
  let cancelFirstScreen: Cancel = () => {};

  const emit = (event: KioskEvent): void => {
    if (inbound.waiting() >= MOST_WAITING) {
      link.reconnect(failed('kiosk-flood', 'The server says more than the box can take'));
      return;
    }
    if (event.event === 'screen') cancelFirstScreen();
    inbound.push({ kind: 'kiosk', event });
  };
  const rejected = (code: string, detail: string) => rejections.note(code, detail, clock.wallMs());

  const up = (): void => {
    metrics.count('websocket_connects_total', { outcome: 'up' });
    log.info('websocket.up', { resuming: resumed !== null });
    cancelFirstScreen = clock.after(settings.firstScreenMs, () => {
      link.reconnect(failed('kiosk-no-screen', `The server showed no screen within ${settings.firstScreenMs} ms`));
    });
    inbound.push(CONNECTED);
    told = true;
  };
  const down = (fault: WebSocketFault, retryMs: number): void => {
    cancelFirstScreen();
    metrics.count('websocket_connects_total', { outcome: fault.code });
    const fields = { code: fault.code, reason: fault.explain(), retryMs };
    if (fault.lasting) log.error('websocket.alarm', fields);
    else log.warn('websocket.down', fields);
    // A connection that came and went before anybody looked is not worth telling, so that these never pile up.
    if (told && !inbound.takeBack(CONNECTED)) inbound.push(DISCONNECTED);
    told = false;
  };
  const link = new WebSocketLink(
    {
      endpoint: settings,
      query: () => (resumed === null ? {} : { transactionId: resumed }),
      pingMs: settings.pingMs,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      clock,
      entropy,
      ...(dial === undefined ? {} : { dial }),
    },
    { up, down, message: (text) => receive(text, { currency, emit, rejected, log, metrics }) },
  );

  const faults = (): LinkFault[] => {
    const { fault } = link;
    return [...(fault === null ? [] : [{ link: 'websocket', code: fault.code, detail: fault.explain() }]), ...warnings];
  };

  return {
    capabilities: { pairs: false, pushes: true, queries: false, qr: false, reports: false },
    cards: null,
    topUps: null,
    updates: null,
    parameters: null,
    remote: null,
    kiosk: {
      send: (action, transaction) => link.send(encodeAction(action, transaction, clock.wallMs())),
      resume: (transaction) => {
        resumed = transaction;
      },
      reconnect: () => link.reconnect(failed('kiosk-asked-anew', 'The screen is asked for anew')),
    },
    start: async () => {
      for (const { code, detail } of warnings) log.warn('websocket.insecure', { code, detail });
      link.start();
    },
    inbound: inbound.events,
    register: () => unsupported('register', 'pairing'),
    identify: () => unsupported('identify', 'an identity from a registration'),
    requestQr: () => unsupported('qr', 'QRs'),
    // What becomes of a transaction comes as a screen, over the only connection there is.
    watch: async () => link.state === 'up',
    unwatch: async () => {},
    queryPayment: () => unsupported('query', 'question about a payment'),
    deliver: async () => ({ state: 'refused', reason: 'this backend takes no sale reports' }),
    // The contract has no message for it: that the connection stands says that the box lives.
    publishState: () => {},
    backendNowMs: () => clock.wallMs(),
    links: () => ({ websocket: link.state }),
    faults,
    rejections: () => rejections.view(),
    stop: async () => {
      cancelFirstScreen();
      inbound.end();
      await link.stop();
    },
  };
}

const failed = (code: string, message: string): WebSocketFault => new WebSocketFault(message, { code, lasting: false });

async function unsupported(what: string, inWords: string): Promise<never> {
  throw new CallerFault(`The kiosk dialect has no ${inWords}`, { code: `${what}-unsupported` });
}

function checkToken(token: string | undefined): void {
  if (token === undefined || TOKEN.test(token)) return;
  throw new ConfigurationFault('The token cannot be sent in a header', {
    code: 'token-invalid',
    found: `${token.length} characters`,
    expected: '1 to 4096 visible ASCII characters',
    remedy: 'Correct kiosk.token.',
  });
}
