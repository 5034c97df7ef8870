import type { DatabaseSync } from 'node:sqlite';
import { withoutCardData } from '../../domain/card-data.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { METHOD_NAME, MOST_AMOUNTS, MOST_METHODS } from '../../domain/kiosk.ts';
import { type Currency, isCurrency, MAX_MINOR } from '../../domain/money.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { textOf } from '../store.ts';
import type { Step } from './session.ts';

/** A step that ends by itself. */
type TimedStep = Exclude<Step, 'amount-select'>;

/** What the backend offers its kiosks. Amounts in minor units, times in milliseconds. */
export interface KioskSettings {
  readonly currency: Currency;
  readonly amountsMinor: readonly number[];
  /** Whether an amount may be typed, from `minMinor` to `maxMinor`. */
  readonly other: boolean;
  readonly minMinor: number;
  readonly maxMinor: number;
  readonly methods: readonly string[];
  readonly allowCancel: boolean;
  /** What a device may take on one UTC day. */
  readonly dailyLimitMinor: number;
  /** Whether what is paid for gets a ticket. */
  readonly showReceipt: boolean;
  /** Approve by itself after this time; null: a person decides. */
  readonly autoMs: number | null;
  /** Time between signs of life. */
  readonly pingMs: number;
  /** How long each step waits or shows. */
  readonly durationsMs: Readonly<Record<TimedStep, number>>;
}

/** Some of the settings; what is left out stays as it is. */
export interface SettingsWish extends Partial<Omit<KioskSettings, 'durationsMs'>> {
  readonly durationsMs?: Partial<KioskSettings['durationsMs']>;
}

/** Amounts, bounds and methods as in contract 4. */
export const DEFAULT_SETTINGS: KioskSettings = {
  currency: 'GBP',
  amountsMinor: [2_000, 4_000, 6_000, 8_000, 10_000],
  other: true,
  minMinor: 1_000,
  maxMinor: 30_000,
  methods: ['DEBIT_CARD', 'PAY_BY_BANK'],
  allowCancel: true,
  dailyLimitMinor: 100_000,
  showReceipt: true,
  autoMs: null,
  pingMs: 15_000,
  durationsMs: {
    keypad: 60_000,
    'payment-method': 60_000,
    processing: 120_000,
    success: 3_000,
    failed: 5_000,
    'limit-error': 5_000,
    'print-ticket': 30_000,
    'collect-ticket': 5_000,
    'thank-you': 3_000,
    'device-error': 10_000,
  },
};

const DAY_MS = 86_400_000;

/** The settings in use: those of the start until somebody changes them, then those that were kept. */
export class SettingsBook {
  readonly #db: DatabaseSync;
  #now: KioskSettings;

  /** @throws Refusal `request-invalid` */
  constructor(db: DatabaseSync, initial: SettingsWish) {
    this.#db = db;
    const row = db.prepare('SELECT settings FROM kiosk_settings').get();
    const kept = row ? (JSON.parse(textOf(row, 'settings')) as JsonObject) : ({ ...initial } as JsonObject);
    this.#now = changedSettings(DEFAULT_SETTINGS, kept);
  }

  now(): KioskSettings {
    return this.#now;
  }

  /** Changes what is given and keeps the rest. @throws Refusal `request-invalid` */
  change(wish: JsonObject): KioskSettings {
    const changed = changedSettings(this.#now, wish);
    this.#db.prepare('INSERT OR REPLACE INTO kiosk_settings (one, settings) VALUES (1, ?)').run(JSON.stringify(changed));
    this.#now = changed;
    return changed;
  }
}

/** Settings with those fields changed that are given; of `durationsMs` those steps that are given. @throws Refusal `request-invalid` */
function changedSettings(now: KioskSettings, wish: JsonObject): KioskSettings {
  const {
    currency,
    amountsMinor,
    other,
    minMinor,
    maxMinor,
    methods,
    allowCancel,
    dailyLimitMinor,
    showReceipt,
    autoMs,
    pingMs,
    durationsMs,
    ...rest
  } = wish;
  demandNothingElse(rest);
  const given = <T>(value: JsonValue | undefined, present: T, read: (value: JsonValue) => T): T =>
    value === undefined ? present : read(value);
  const changed: KioskSettings = {
    currency: given(currency, now.currency, asCurrency),
    amountsMinor: given(amountsMinor, now.amountsMinor, asAmounts),
    other: given(other, now.other, flag('other')),
    minMinor: given(minMinor, now.minMinor, whole('minMinor', 1, MAX_MINOR)),
    maxMinor: given(maxMinor, now.maxMinor, whole('maxMinor', 1, MAX_MINOR)),
    methods: given(methods, now.methods, asMethods),
    allowCancel: given(allowCancel, now.allowCancel, flag('allowCancel')),
    dailyLimitMinor: given(dailyLimitMinor, now.dailyLimitMinor, whole('dailyLimitMinor', 0, MAX_MINOR)),
    showReceipt: given(showReceipt, now.showReceipt, flag('showReceipt')),
    autoMs: given(autoMs, now.autoMs, (value) => (value === null ? null : whole('autoMs', 0, DAY_MS)(value))),
    pingMs: given(pingMs, now.pingMs, whole('pingMs', 100, DAY_MS)),
    durationsMs: given(durationsMs, now.durationsMs, (value) => asDurations(value, now.durationsMs)),
  };
  if (changed.minMinor > changed.maxMinor) throw invalid('maxMinor', 'at least minMinor');
  if (changed.amountsMinor.length === 0 && !changed.other) throw invalid('amountsMinor', 'at least one amount where none may be typed');
  return changed;
}

function asCurrency(value: JsonValue): Currency {
  if (typeof value !== 'string' || !isCurrency(value)) throw invalid('currency', 'the ISO code of a currency tilld knows');
  return value;
}

function asAmounts(value: JsonValue): readonly number[] {
  if (!Array.isArray(value) || value.length > MOST_AMOUNTS) throw invalid('amountsMinor', `a list of at most ${MOST_AMOUNTS} amounts`);
  const amounts = value.map(whole('amountsMinor', 1, MAX_MINOR));
  if (new Set(amounts).size < amounts.length) throw invalid('amountsMinor', 'no amount twice');
  return amounts;
}

function asMethods(value: JsonValue): readonly string[] {
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && METHOD_NAME.test(name) && name !== 'CANCEL' && withoutCardData(name) === name;
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_METHODS || !value.every(isName)) {
    throw invalid('methods', `a list of 1 to ${MOST_METHODS} names such as DEBIT_CARD`);
  }
  if (new Set(value).size < value.length) throw invalid('methods', 'no name twice');
  return value;
}

function asDurations(value: JsonValue, now: KioskSettings['durationsMs']): KioskSettings['durationsMs'] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid('durationsMs', 'an object');
  for (const [step, ms] of Object.entries(value)) {
    if (!Object.hasOwn(now, step)) throw invalid('durationsMs', `only ${Object.keys(now).join(', ')}`);
    whole(`durationsMs.${step}`, 1, DAY_MS)(ms);
  }
  return { ...now, ...value };
}

function flag(name: string): (value: JsonValue) => boolean {
  return (value) => {
    if (typeof value !== 'boolean') throw invalid(name, 'true or false');
    return value;
  };
}

function whole(name: string, least: number, most: number): (value: JsonValue) => number {
  return (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw invalid(name, `a whole number from ${least} to ${most}`);
  };
}
