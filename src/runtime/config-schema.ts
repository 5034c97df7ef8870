import { isIP } from 'node:net';
import * as v from 'valibot';
import { isLoopback } from '../domain/loopback.ts';
import { CURRENCY_CODES, type Currency } from '../domain/money.ts';
import { LANGUAGES } from '../domain/speech/language.ts';
import { displaySection, themeSection } from './config-display.ts';
import { ds50Section } from './config-ds50.ts';
import { kioskSection } from './config-kiosk.ts';
import { otaSection } from './config-ota.ts';
import { paymentGatewaySection } from './config-payment-gateway.ts';
import { printerSection, ticketSection } from './config-printer.ts';
import { promptpaySection } from './config-promptpay.ts';
import { qrisSoundboxSection } from './config-qris-soundbox.ts';
import { saleSection } from './config-sale.ts';
import { speakerSection } from './config-speaker.ts';
import { type Contradiction, choice, consistent, flag, secret, section, text, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

/** Every protocol: its section of the configuration, and the currencies it can carry. A new one is one line here. */
const PROTOCOLS = {
  promptpay: { section: promptpaySection, currencies: ['THB'] },
  ds50: { section: ds50Section, currencies: CURRENCY_CODES },
  'qris-soundbox': { section: qrisSoundboxSection, currencies: ['IDR'] },
  kiosk: { section: kioskSection, currencies: CURRENCY_CODES },
  'payment-gateway': { section: paymentGatewaySection, currencies: ['VND'] },
} as const satisfies Record<string, { section: (sources: SecretSources) => v.GenericSchema; currencies: readonly Currency[] }>;

export type ProtocolName = keyof typeof PROTOCOLS;
export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[];

/** The schema of the configuration file; parsing reads the secrets it names as well. */
export function configSchema(sources: SecretSources) {
  const fields = section({
    $schema: v.exactOptional(text('Where an editor finds the JSON Schema of this file', 500)),
    device: v.optional(deviceSection(), {}),
    board: text('Name of a board that comes with tilld, or path of a board file', 300),
    protocol: choice('The backend dialect the box speaks; its own section is required', PROTOCOL_NAMES),
    promptpay: v.exactOptional(PROTOCOLS.promptpay.section(sources)),
    ds50: v.exactOptional(PROTOCOLS.ds50.section(sources)),
    'qris-soundbox': v.exactOptional(PROTOCOLS['qris-soundbox'].section(sources)),
    kiosk: v.exactOptional(PROTOCOLS.kiosk.section(sources)),
    'payment-gateway': v.exactOptional(PROTOCOLS['payment-gateway'].section(sources)),
    ota: v.optional(otaSection(sources), {}),
    api: v.optional(apiSection(sources), {}),
    limits: v.optional(limitsSection(), {}),
    sale: v.optional(saleSection(), {}),
    pairing: v.optional(
      section(
        { auto: v.optional(flag('Ask the backend for a PIN by itself while the box is not paired'), true) },
        'How the box is claimed',
      ),
      {},
    ),
    stateEverySeconds: v.optional(whole('How often the box tells the backend how it is, in seconds', 10, 86_400), 60),
    log: v.optional(
      section(
        { level: v.optional(choice('The least severe lines to write', ['debug', 'info', 'warn', 'error']), 'info') },
        'The log on stderr',
      ),
      {},
    ),
    keypad: v.optional(choice('What the keypad types: whole units of the currency, or its minor units', ['major', 'minor']), 'major'),
    language: v.optional(choice('Language of the screen and the voice', LANGUAGES), 'en'),
    display: v.exactOptional(displaySection()),
    theme: v.optional(themeSection(), {}),
    printer: v.exactOptional(printerSection()),
    ticket: v.optional(ticketSection(), {}),
    speaker: v.exactOptional(speakerSection()),
  });
  return v.pipe(
    fields,
    consistent(function* ({ protocol, sale, ...sections }): Generator<Contradiction> {
      const currencies: readonly string[] = PROTOCOLS[protocol].currencies;
      if (!sections[protocol]) yield { at: [protocol], found: 'nothing', expected: `the section of the protocol "${protocol}"` };
      if (!currencies.includes(sale.currency)) {
        yield {
          at: ['sale', 'currency'],
          found: JSON.stringify(sale.currency),
          expected: `${currencies.join(' or ')}, as the protocol "${protocol}" carries`,
        };
      }
    }),
  );
}

const deviceSection = () =>
  section(
    {
      serial: v.exactOptional(text('Serial number of the box', 64, /^[\w.:-]+$/, '1 to 64 letters, digits and . _ : -')),
      mac: v.exactOptional(
        v.pipe(
          text(
            'MAC address that names the box at the backend',
            17,
            /^[0-9A-Fa-f]{2}([:-]?)[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}$/,
            'a MAC address like AA:BB:CC:DD:EE:FF',
          ),
          v.transform((mac) => (mac.replaceAll(/[:-]/g, '').toUpperCase().match(/../g) ?? []).join(':')),
        ),
      ),
      chipId: v.exactOptional(text('Identifier of the processor; the serial number of the board where it is left out', 64)),
      model: v.exactOptional(text('Model of the box', 64)),
    },
    'Who the box is; what is left out is what the board says of itself',
  );

function apiSection(sources: SecretSources) {
  const token = { good: (token: string) => /^[\x21-\x7e]{16,256}$/.test(token), expected: '16 to 256 visible ASCII characters' };
  const host = v.pipe(
    v.string(HOST),
    v.check((host) => host === 'localhost' || isIP(host) !== 0, HOST),
    v.description('Address to listen on'),
  );
  return v.pipe(
    section(
      {
        port: v.optional(whole('TCP port of the local API; 0 takes any free one', 0, 65_535), 7070),
        host: v.optional(host, '127.0.0.1'),
        token: v.exactOptional(secret('What callers send as `Authorization: Bearer …`', sources, token)),
      },
      'The local API',
    ),
    consistent(function* (api): Generator<Contradiction> {
      if (api.token === undefined && !isLoopback(api.host)) {
        yield { at: ['token'], found: 'nothing', expected: `a token, because ${api.host} can be reached from other machines` };
      }
    }),
  );
}

const HOST = 'an IP address, or localhost';

const limitsSection = () =>
  section(
    {
      databaseMiB: v.optional(whole('Largest size of the journal, in MiB; beyond it the box takes no money', 16, 65_536), 512),
      streams: v.optional(whole('Programs that may follow /v1/stream at the same time', 1, 64), 8),
    },
    'What the box may use',
  );
