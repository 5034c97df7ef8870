import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { cleanWords, invalidAnswer, refused, unreachable } from '../upstream-fault.ts';
import { CARD_STATUS, CARD_TYPES, type CardFee, type CardState, type CardStatus, type CardSubmission } from '../upstreams.ts';
import { readPercent } from './fees.ts';

/**
 * TheSieuToc publishes no reference that could be read here. Paths, fields and codes are what open-source clients of
 * thesieutoc.net send and expect:
 * - POST chargingws/v2 (APIkey, mathe, seri, type, menhgia, content) -> {status, title, msg, …}: many clients agree;
 * - POST chargingws/status_card (APIkey, content) -> {status, amount, msg}: two clients, the codes from one of them;
 * - GET topup/discount[/account] -> [{card_type, discount: {"10000": "12.5"}}]: one client.
 * Some clients expect the words of the callback in `status`, so these are read too. Try it with a real key before relying on it.
 */
export const CHARGE_PATH = '/chargingws/v2';
export const STATUS_PATH = '/chargingws/status_card';
export const DISCOUNT_PATH = '/topup/discount';

/** `status` of an answer to chargingws/v2. `accepted` is not yet a word about the card. */
export const CHARGE_CODES = {
  accepted: '00',
  wrongKey: '1',
  used: '2',
  accountLocked: '3',
  unknownTrouble: '47',
  noAmount: '52',
  noKey: '54',
  noPin: '55',
  noSerial: '56',
  maintenance: '-1089',
} as const;

/** `status` of an answer to status_card. `unchecked` is what a card it does not know gets, and maybe others. */
export const STATUS_CODES = { success: '00', unchecked: '2', pending: '-9', failed: '-10', wrongAmount: '99' } as const;

/** `status` of a callback. */
export const CALLBACK_WORDS = { success: 'thanhcong', failed: 'thatbai', wrongAmount: 'saimenhgia' } as const;

const REFUSALS: ReadonlySet<string> = new Set([
  CHARGE_CODES.wrongKey,
  CHARGE_CODES.accountLocked,
  CHARGE_CODES.noAmount,
  CHARGE_CODES.noKey,
  CHARGE_CODES.noPin,
  CHARGE_CODES.noSerial,
  CHARGE_CODES.maintenance,
]);

const STATUS_OF: Readonly<Record<string, CardStatus>> = {
  [STATUS_CODES.success]: CARD_STATUS.SUCCESS,
  [CALLBACK_WORDS.success]: CARD_STATUS.SUCCESS,
  [STATUS_CODES.pending]: CARD_STATUS.PENDING,
  [STATUS_CODES.failed]: CARD_STATUS.FAILED,
  [CALLBACK_WORDS.failed]: CARD_STATUS.FAILED,
  [STATUS_CODES.wrongAmount]: CARD_STATUS.WRONG_AMOUNT,
  [CALLBACK_WORDS.wrongAmount]: CARD_STATUS.WRONG_AMOUNT,
};

const MOST_VALUE = 10_000_000;

interface Answer {
  readonly code: string;
  readonly words: string;
  readonly amount: JsonValue | undefined;
}

/**
 * The answer to a submission: taken, or known to be used. Anything but a plain no leaves open what became of the card.
 * @param secrets never to be quoted, even if echoed
 * @throws PeerFault `upstream-refused`, `upstream-invalid`
 */
export function decodeCharge(value: JsonValue, secrets: readonly string[]): { readonly taken: boolean; readonly words: string } {
  const { code, words } = answerOf(value, secrets);
  if (code === CHARGE_CODES.accepted || code === CALLBACK_WORDS.success) return { taken: true, words };
  if (code === CHARGE_CODES.used) return { taken: false, words };
  if (REFUSALS.has(code)) throw refused('TheSieuToc', code, words);
  throw invalidAnswer('TheSieuToc', `code ${code}: ${words}`, 'a code that says what became of the card');
}

/**
 * What became of a card, without what is credited for it: that is not in the answer. Null for a card it cannot check.
 * @throws PeerFault `upstream-refused`, `upstream-invalid`
 */
export function decodeStatus(value: JsonValue, card: CardSubmission, secrets: readonly string[]): Omit<CardState, 'receivedAmount'> | null {
  const { code, words: message, amount } = answerOf(value, secrets);
  if (code === STATUS_CODES.unchecked) return null;
  if (REFUSALS.has(code)) throw refused('TheSieuToc', code, message);
  const status = Object.hasOwn(STATUS_OF, code) ? STATUS_OF[code] : undefined;
  if (status === undefined) throw invalidAnswer('TheSieuToc', `code ${code}: ${message}`, 'a code of a card');
  if (status === CARD_STATUS.PENDING || status === CARD_STATUS.FAILED) return { status, message, actualAmount: null };
  // Of a good card the value may be left out: it is the declared one.
  const actualAmount = amount == null && status === CARD_STATUS.SUCCESS ? card.amount : readValue(amount);
  const right = status === CARD_STATUS.SUCCESS ? actualAmount === card.amount : actualAmount !== null && actualAmount !== card.amount;
  if (!right) {
    const expected = status === CARD_STATUS.SUCCESS ? 'the declared value' : 'another value than the declared one';
    throw invalidAnswer(
      'TheSieuToc',
      `code ${code} with ${actualAmount === null ? 'no usable amount' : `the amount ${actualAmount}`}`,
      expected,
    );
  }
  return { status, message, actualAmount };
}

/** The table of discounts, as far as it is about cards the gateway takes. @throws PeerFault `upstream-invalid` */
export function decodeFees(value: JsonValue, penalty: number): readonly CardFee[] {
  if (!Array.isArray(value)) throw invalidAnswer('TheSieuToc', 'no list of discounts', 'a list');
  return (value as readonly JsonValue[]).flatMap((line) => {
    const { card_type: name, discount } = isObject(line) ? line : ({} as JsonObject);
    if (typeof name !== 'string' || !isObject(discount)) throw invalidAnswer('TheSieuToc', 'a line without type or discount', 'both');
    const type = CARD_TYPES.find((known) => known === name);
    if (type === undefined) return [];
    return Object.entries(discount).map(([faceValue, percent]) => {
      const [read, fees] = [readValue(faceValue), readPercent(percent)];
      if (read === null || fees === null)
        throw invalidAnswer('TheSieuToc', `an unusable discount of ${type}`, 'a face value and a percentage');
      return { type, value: read, fees, penalty };
    });
  });
}

/** Statuses of HTTP that are no answer about a card, but pass. @throws PeerFault `upstream-unreachable` */
export function demandAnswered(status: number): void {
  if (status >= 400) throw unreachable('TheSieuToc', `status ${status}`);
}

function answerOf(value: JsonValue, secrets: readonly string[]): Answer {
  const { status, msg, amount } = isObject(value) ? value : ({} as JsonObject);
  const code = typeof status === 'number' ? String(status) : status;
  if (typeof code !== 'string' || !/^-?[0-9a-z]{1,20}$/.test(code)) throw invalidAnswer('TheSieuToc', 'no status', 'a code');
  const words = cleanWords(typeof msg === 'string' ? msg : '', secrets);
  // A PIN has the form of a code.
  return { code: cleanWords(code, secrets), words, amount };
}

/** A face value, as a number or as digits. */
function readValue(value: JsonValue | undefined): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^[1-9]\d{3,7}$/.test(text)) return null;
  const amount = Number(text);
  return amount <= MOST_VALUE ? amount : null;
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
