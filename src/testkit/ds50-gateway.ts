import { CardSecret, type PresentedCard } from '../domain/card.ts';
import type { BackendFiles, Posparam } from '../domain/posparam/posparam.ts';
import type { CardRequest, Inbound } from '../ports/gateway.ts';
import { createDs50Gateway, type Ds50Options } from '../protocols/ds50/gateway.ts';
import { DS50_DEFAULTS, type Ds50Settings } from '../protocols/ds50/settings.ts';
import { FakeClock } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { eventLog } from './event-log.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';

export const DS50_SERIAL = 'S20A1012574P0002';
export const DS50_TOPIC = `pos/message/${DS50_SERIAL}`;
export const SALE_PATH = '/functions/v1/request-online-result-pos';
export const DETAILS_PATH = '/functions/v1/get-transaction-records-pos';
/** What must never come out of a box: the number, track 2, PIN block and chip data of the sample card, keys and passwords. */
export const PLANTED = {
  pan: '4111111111111111',
  track2: '4111111111111111D271220100000000',
  pinBlock: '0A1B2C3D4E5F6071',
  emvData: '9F260888C89C10C57849A7',
  apiKey: 'sk_fake_0000000000000000',
  tmsKey: 'tms_fake_000000000000000',
  password: 'synthetic-broker-password',
} as const;

export const SAMPLE_CARD: PresentedCard = {
  org: 'VISA',
  maskedPan: '411111********1111',
  track2: new CardSecret(PLANTED.track2),
  emvData: new CardSecret(PLANTED.emvData),
  pinBlock: new CardSecret(PLANTED.pinBlock),
};

/** The guide's sale: 66.66 at ten to four in the box's own time zone. */
export const SAMPLE_SALE: CardRequest = {
  charge: '20251215-000000-000001',
  amount: { minor: 6_666, currency: 'THB' },
  card: SAMPLE_CARD,
  atMs: new Date(2025, 11, 15, 15, 50, 23).getTime(),
};

interface Urls {
  readonly httpUrl: string;
  readonly mqttUrl: string;
}

interface FilesChange {
  readonly mqtt?: Partial<Posparam['mqtt']>;
  readonly payment?: Partial<Posparam['payment']>;
  readonly ca?: string | null;
  readonly clientCertificate?: string | null;
}

/** Parameters that lead to these servers. */
export function ds50Files(
  { httpUrl, mqttUrl }: Urls,
  { mqtt, payment, ca = null, clientCertificate = null }: FilesChange = {},
): BackendFiles {
  return {
    ca,
    clientCertificate,
    posparam: {
      mqtt: {
        url: mqttUrl,
        auth: { kind: 'password', username: 'box', password: PLANTED.password },
        topicPrefixes: ['pos/message'],
        ...mqtt,
      },
      payment: {
        url: httpUrl,
        verifyTls: true,
        apiKey: PLANTED.apiKey,
        apiKeyExpiry: '20991231',
        salePath: SALE_PATH,
        detailsPath: DETAILS_PATH,
        ...payment,
      },
    },
  };
}

interface Change extends Partial<Omit<Ds50Options, 'settings' | 'files'>> {
  readonly settings?: Partial<Ds50Settings>;
  readonly files?: FilesChange;
  readonly serial?: string;
  readonly wallMs?: number;
  readonly without?: 'tms';
}

/** A ds50 gateway with payment server and TMS under one url, on a clock of its own; inbound events are written down as they come. */
export function testDs50Gateway(urls: Urls, { settings, files, serial = DS50_SERIAL, wallMs, without, ...change }: Change = {}) {
  const clock = new FakeClock(wallMs);
  const metrics = memoryMetrics();
  const log = memoryLog();
  const inbound = eventLog<Inbound>();
  const gateway = createDs50Gateway({
    settings: { ...DS50_DEFAULTS, ...(without === 'tms' ? {} : { tms: { url: urls.httpUrl, apiKey: PLANTED.tmsKey } }), ...settings },
    device: { serial, model: 'DS50', version: '1.0.0' },
    currency: 'THB',
    files: ds50Files(urls, files),
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
