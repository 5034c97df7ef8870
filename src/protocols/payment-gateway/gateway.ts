import { CallerFault, ConfigurationFault } from '../../domain/fault.ts';
import { isLoopback } from '../../domain/loopback.ts';
import { RequestFault } from '../../domain/request-fault.ts';
import type { Gateway, LinkFault } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import { unverified } from '../ds50/standing-warnings.ts';
import { inboundQueue } from '../inbound.ts';
import { RejectionLog } from '../rejections.ts';
import { Backend, type BackendOptions } from './backend.ts';
import type { PaymentGatewaySettings } from './settings.ts';
import { TopUps } from './top-ups.ts';

export interface PaymentGatewayOptions extends BackendOptions {
  readonly log: Log;
}

/** What a header carries without being taken apart. */
const API_KEY = /^[\x21-\x7e]{1,4096}$/;
/** Codes of replies that came and said what cannot be. */
const NOT_USABLE = /^(?:json-|message-invalid$|charge-mismatch$|qr-refused-)/;

/**
 * The payment-gateway dialect (contract 5): QRs for charges, top-up cards, and what became of them, over HTTP alone; nothing is ever
 * pushed. The id of a charge is its order code as text, that of a top-up card begins with `topup-`.
 * @throws ConfigurationFault `api-key-invalid`
 */
export function createPaymentGatewayGateway(options: PaymentGatewayOptions): Gateway {
  const { settings, clock, log } = options;
  checkKey(settings.apiKey);
  const backend = new Backend(options);
  const topUps = new TopUps({ backend, serial: options.device.serial, clock });
  const inbound = inboundQueue();
  const rejections = new RejectionLog();
  const warnings = warningsOf(settings);
  const noting = async <T>(reply: Promise<T>): Promise<T> => {
    try {
      return await reply;
    } catch (error) {
      if (error instanceof RequestFault && NOT_USABLE.test(error.code)) rejections.note(error.code, error.explain(), clock.wallMs());
      throw error;
    }
  };
  return {
    capabilities: { pairs: false, pushes: false, queries: true, qr: true, reports: false },
    cards: null,
    topUps: {
      operators: topUps.operators,
      faceValues: topUps.faceValues,
      charge: (id) => topUps.charge(id),
      submit: (request, signal) => noting(topUps.submit(request, signal)),
    },
    updates: null,
    parameters: null,
    remote: null,
    kiosk: null,
    start: async () => {
      for (const { code, detail } of warnings) log.warn('http.insecure', { code, detail });
    },
    inbound: inbound.events,
    register: () => unsupported('register', 'pairing'),
    identify: () => unsupported('identify', 'an identity from a registration'),
    requestQr: (intent, signal) => noting(backend.requestQr(intent, signal)),
    // There is nothing to subscribe to: what becomes of a charge is only ever asked.
    watch: async () => true,
    unwatch: async (charge) => topUps.forget(charge),
    queryPayment: (charge, signal, amount) => noting((topUps.isCharge(charge) ? topUps : backend).query(charge, signal, amount)),
    deliver: async () => ({ state: 'refused', reason: 'this backend takes no sale reports' }),
    // The contract has no message for it.
    publishState: () => {},
    backendNowMs: () => backend.nowMs(),
    links: () => ({ http: backend.peer.state }),
    faults: () => [...(backend.peer.fault === null ? [] : [backend.peer.fault]), ...warnings],
    rejections: () => rejections.view(),
    stop: async () => {
      inbound.end();
      await backend.close();
    },
  };
}

/** What a person must know of these settings although the link works. */
function warningsOf({ http: { url, insecure } }: PaymentGatewaySettings): LinkFault[] {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return insecure === true ? [unverified('http', 'insecure is set')] : [];
  // Loopback is no network.
  if (isLoopback(hostname)) return [];
  const detail = 'The API key and every answer go over the network for everybody to read and change. Use an https:// url.';
  return [{ link: 'http', code: 'not-encrypted', severity: 'warning', detail }];
}

async function unsupported(what: string, inWords: string): Promise<never> {
  throw new CallerFault(`The payment-gateway dialect has no ${inWords}`, { code: `${what}-unsupported` });
}

function checkKey(apiKey: string): void {
  if (API_KEY.test(apiKey)) return;
  throw new ConfigurationFault('The API key cannot be sent in a header', {
    code: 'api-key-invalid',
    found: `${apiKey.length} characters`,
    expected: '1 to 4096 visible ASCII characters',
    remedy: 'Correct the API key of the payment gateway.',
  });
}
