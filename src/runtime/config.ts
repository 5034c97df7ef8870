import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import * as v from 'valibot';
import { ConfigurationFault } from '../domain/fault.ts';
import type { KioskTimings } from '../domain/kiosk.ts';
import type { SalePolicy, SaleTimings } from '../domain/policy.ts';
import type { Language } from '../domain/speech/language.ts';
import type { Theme } from '../domain/theme.ts';
import { type MachineIdentity, machineIdentity } from '../drivers/machine.ts';
import type { KioskSettings } from '../protocols/kiosk/settings.ts';
import type { PaymentGatewaySettings } from '../protocols/payment-gateway/settings.ts';
import type { PromptPaySettings } from '../protocols/promptpay/settings.ts';
import type { QrisSoundboxSettings } from '../protocols/qris-soundbox/settings.ts';
import { type Ds50Config, ds50Config } from './config-ds50.ts';
import { configSchema } from './config-schema.ts';
import type { DisplaySettings } from './display.ts';
import { type FieldFault, fieldFaults, listed } from './field-faults.ts';
import { jsonFault } from './json-text.ts';
import type { PrinterSettings, TicketSettings } from './printer.ts';
import type { SecretSources } from './secrets.ts';
import type { SpeakerSettings } from './speaker.ts';

/** The configuration as the box runs by it: every default filled in, every secret read. */
export interface Settings {
  readonly device: { readonly serial: string; readonly mac: string; readonly chipId: string; readonly model: string };
  /** The name of a board that comes with tilld, or the absolute path of a board file. */
  readonly board: string;
  /** The dialect, with the section of that name. */
  readonly backend:
    | { readonly protocol: 'promptpay'; readonly promptpay: PromptPaySettings }
    | { readonly protocol: 'ds50'; readonly ds50: Ds50Config }
    | { readonly protocol: 'qris-soundbox'; readonly qrisSoundbox: QrisSoundboxSettings }
    | { readonly protocol: 'kiosk'; readonly kiosk: KioskSettings & KioskTimings }
    | { readonly protocol: 'payment-gateway'; readonly paymentGateway: PaymentGatewaySettings };
  readonly ota: {
    readonly customer: string;
    readonly model: string;
    /** Public keys in PEM. */
    readonly trustedKeys: readonly string[];
    readonly allowUnsigned: boolean;
    readonly trialSeconds: number;
    readonly confirmSeconds: number;
    readonly kibPerSecond?: number;
  };
  readonly keypad: 'major' | 'minor';
  readonly api: { readonly port: number; readonly host: string; readonly token?: string };
  readonly limits: { readonly databaseMiB: number; readonly streams: number };
  readonly sale: { readonly policy: SalePolicy; readonly timings: SaleTimings };
  readonly pairing: { readonly auto: boolean };
  readonly stateEverySeconds: number;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
  readonly language: Language;
  readonly theme: Theme;
  /** Undefined: the local API shows the screens, and nothing else. */
  readonly display?: DisplaySettings;
  /** Undefined: no tickets. */
  readonly printer?: PrinterSettings;
  readonly ticket: TicketSettings;
  /** Undefined: the loudspeaker of the board. */
  readonly speaker?: SpeakerSettings;
}

/** Everything that is wrong with a configuration at once. */
export class ConfigInvalid extends ConfigurationFault {
  readonly faults: readonly FieldFault[];

  constructor(file: string, faults: readonly FieldFault[]) {
    super(`The configuration ${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`, {
      code: 'config-invalid',
      remedy: 'Correct the file; `tilld config schema` describes all of it.',
    });
    this.faults = faults;
  }

  /** One line for each fault. */
  override explain(): string {
    return `${this.message}:\n${listed(this.faults)}\n${this.remedy}`;
  }
}

const MAX_BYTES = 256 * 1024;

/**
 * Reads and checks a configuration file. Relative paths in it start from its own folder.
 * @throws ConfigurationFault `config-unreadable`; ConfigInvalid `config-invalid` with every fault there is
 */
export function loadConfig(file: string, env: SecretSources['env'] = process.env): Settings {
  return parseConfig(readText(file), file, env, machineIdentity);
}

/** As `loadConfig`, for a text that would stand in `file`. `machine` is asked who the box is where the text does not say it. */
export function parseConfig(source: string, file: string, env: SecretSources['env'], machine = nobody): Settings {
  const text = source.replace(/^\uFEFF/, '');
  const broken = jsonFault(text);
  if (broken) {
    const { line, column, expected } = broken;
    throw new ConfigInvalid(file, [{ path: `line ${line} column ${column}`, found: 'something else', expected }]);
  }
  const folder = dirname(resolve(file));
  const result = v.safeParse(configSchema({ folder, env }), JSON.parse(text));
  if (!result.success) throw new ConfigInvalid(file, fieldFaults(result.issues));
  return settingsOf(result.output, file, folder, machine);
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
    throw new ConfigurationFault(`The configuration ${file} is too large`, {
      code: 'config-unreadable',
      found: `${bytes.length} bytes`,
      expected: `at most ${MAX_BYTES}`,
    });
  } catch (error) {
    if (error instanceof ConfigurationFault) throw error;
    throw new ConfigurationFault(`The configuration ${file} cannot be read`, {
      code: 'config-unreadable',
      found: (error as NodeJS.ErrnoException).code ?? String(error),
      remedy: 'Check the path and the permissions of the file.',
      cause: error,
    });
  }
}

type Output = v.InferOutput<ReturnType<typeof configSchema>>;

function settingsOf(
  {
    $schema: _,
    device,
    sale,
    board,
    protocol,
    promptpay,
    ds50,
    'qris-soundbox': qrisSoundbox,
    kiosk,
    'payment-gateway': paymentGateway,
    speaker,
    display,
    printer,
    ticket,
    ...rest
  }: Output,
  file: string,
  folder: string,
  machine: () => MachineIdentity,
): Settings {
  const backend = backendOf({ protocol, promptpay, ds50, 'qris-soundbox': qrisSoundbox, kiosk, 'payment-gateway': paymentGateway }, file);
  const {
    requestMs,
    qrMaxMs,
    cashIdleMs,
    requoteMs,
    cardAnswerMs,
    topUpAnswerMs,
    topUpTypingMs,
    firstPollMs,
    pollMinMs,
    pollMaxMs,
    graceMs,
    resultMs,
    ...policy
  } = sale;
  const timings = {
    requestMs,
    qrMaxMs,
    cashIdleMs,
    requoteMs,
    cardAnswerMs,
    topUpAnswerMs,
    topUpTypingMs,
    firstPollMs,
    pollMinMs,
    pollMaxMs,
    graceMs,
    resultMs,
  };
  const isName = /^[\w-]+$/.test(board);
  const heard = speaker?.driver === 'wav' ? { ...speaker, file: resolve(folder, speaker.file) } : speaker;
  return {
    ...rest,
    device: identified(device, machine, file),
    ...(heard === undefined ? {} : { speaker: heard }),
    ...(display === undefined ? {} : { display: display.driver === 'png' ? { ...display, file: resolve(folder, display.file) } : display }),
    ...(printer === undefined
      ? {}
      : { printer: printer.driver === 'png' ? { ...printer, directory: resolve(folder, printer.directory) } : printer }),
    ticket: { title: '', ...ticket },
    backend,
    board: isName || isAbsolute(board) ? board : join(folder, board),
    sale: { policy, timings },
  };
}

const nobody = (): MachineIdentity => ({ serial: null, mac: null, model: null });

/** Who the box is: what the file says, and for the rest what the board says. @throws ConfigInvalid where neither does */
function identified(said: Output['device'], machine: () => MachineIdentity, file: string): Settings['device'] {
  const { serial, mac, chipId, model } = said;
  const own = serial && mac && chipId && model ? nobody() : machine();
  const device = { serial: serial ?? own.serial, mac: mac ?? own.mac, chipId: chipId ?? own.serial, model: model ?? own.model };
  const missing = Object.entries(device).filter(([, value]) => value === null);
  if (missing.length > 0) {
    const expected = 'a text: this board does not say it of itself';
    throw new ConfigInvalid(
      file,
      missing.map(([name]) => ({ path: `$.device.${name}`, found: 'nothing', expected })),
    );
  }
  return device as Settings['device'];
}

type Sections = { [K in 'protocol' | 'promptpay' | 'ds50' | 'qris-soundbox' | 'kiosk' | 'payment-gateway']: Output[K] | undefined };

/** The section of the chosen protocol; the schema has made sure that it is there. @throws ConfigInvalid for a posparam.ini with faults */
function backendOf(sections: Sections, file: string): Settings['backend'] {
  const { protocol, promptpay, ds50, 'qris-soundbox': qrisSoundbox, kiosk, 'payment-gateway': paymentGateway } = sections;
  if (protocol === 'promptpay' && promptpay) return { protocol, promptpay };
  if (protocol === 'qris-soundbox' && qrisSoundbox) return { protocol, qrisSoundbox };
  if (protocol === 'kiosk' && kiosk) return { protocol, kiosk };
  if (protocol === 'payment-gateway' && paymentGateway) return { protocol, paymentGateway };
  if (protocol !== 'ds50' || !ds50) throw new ConfigurationFault('The section of the protocol is missing', { code: 'config-invalid' });
  const read = ds50Config(ds50);
  if ('settings' in read) return { protocol, ds50: read };
  throw new ConfigInvalid(file, read);
}
