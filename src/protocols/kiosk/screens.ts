import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asBoolean, asList, asPattern, MessageFault as FieldFault } from '../../domain/json-fields.ts';
import { type KioskScreen, type KioskScreenName, LIMIT_EXCEEDED, METHOD_NAME, MOST_AMOUNTS, MOST_METHODS } from '../../domain/kiosk.ts';
import type { Currency } from '../../domain/money.ts';
import { currencySymbol } from '../../domain/money-text.ts';
import { amountNumber, asAmount, checkCurrency } from './amounts.ts';
import { lineIn, MessageFault } from './message.ts';

/** In the place of a method when the customer wants none, so no method can have this name. */
export const CANCEL = 'CANCEL';

/** What the contract calls each screen. */
export const SCREEN_IDENTIFIERS = {
  'amount-select': 'AMOUNT_SELECT',
  keypad: 'KEYPAD',
  'payment-method': 'PAYMENT_METHOD',
  processing: 'PROCESSING',
  success: 'SUCCESS',
  failed: 'FAILED',
  'limit-error': 'LIMIT_ERROR',
  'print-ticket': 'PRINT_TICKET',
  'collect-ticket': 'COLLECT_TICKET',
  'thank-you': 'THANK_YOU',
  'device-error': 'DEVICE_ERROR',
} as const satisfies Readonly<Record<KioskScreenName, string>>;

const NAMES = new Map(Object.entries(SCREEN_IDENTIFIERS).map(([name, identifier]) => [identifier as string, name as KioskScreenName]));

/** The screen of an identifier. @throws MessageFault `screen-unknown` */
export function screenNamed(identifier: string): KioskScreenName {
  const name = NAMES.get(identifier);
  if (name !== undefined) return name;
  throw new MessageFault('The screen is not known', { code: 'screen-unknown', expected: Object.values(SCREEN_IDENTIFIERS).join(', ') });
}

type Decode = (data: JsonObject, currency: Currency) => KioskScreen;

/**
 * What each screen's `data` says. What a charge has come to is never refused for the sake of a text or a flag beside
 * it; what the customer is to choose from must be right in every part.
 */
const DECODERS: Readonly<Record<KioskScreenName, Decode>> = {
  'amount-select': (data, currency) => {
    checkCurrency(data.currency, currency);
    const each = (value: JsonValue, index: number) => asAmount(value, `data.amounts[${index}]`, currency, 1);
    const amounts = asList(data.amounts, 'data.amounts', MOST_AMOUNTS).map(each);
    const other = data.showOtherOption === undefined ? false : asBoolean(data.showOtherOption, 'data.showOtherOption');
    checkChoice(
      data.amounts,
      'data.amounts',
      amounts.map(({ minor }) => minor),
      other ? 0 : 1,
    );
    return { screen: 'amount-select', amounts, other };
  },
  keypad: (data, currency) => {
    checkCurrency(data.currency, currency);
    const min = asAmount(data.minAmount, 'data.minAmount', currency, 1);
    const max = asAmount(data.maxAmount, 'data.maxAmount', currency, min.minor);
    return { screen: 'keypad', min, max, allowCancel: cancelIn(data) };
  },
  'payment-method': (data, currency) => {
    checkCurrency(data.currency, currency);
    const methods = asList(data.methods, 'data.methods', MOST_METHODS).map((value, index) => asMethod(value, `data.methods[${index}]`));
    checkChoice(data.methods, 'data.methods', methods, 1);
    return { screen: 'payment-method', methods, allowCancel: cancelIn(data) };
  },
  processing: () => ({ screen: 'processing' }),
  success: ({ showReceipt }) => ({ screen: 'success', receipt: showReceipt === true }),
  failed: (data) => ({ screen: 'failed', message: lineIn(data.errorMessage), code: lineIn(data.errorCode) }),
  'limit-error': (data, currency) => {
    try {
      checkCurrency(data.currency, currency);
      const limit = asAmount(data.limit, 'data.limit', currency, 0);
      return { screen: 'limit-error', limit, remaining: asAmount(data.remaining, 'data.remaining', currency, 0) };
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error;
      // Nothing was paid, whatever the limit is.
      return { screen: 'failed', message: '', code: LIMIT_EXCEEDED };
    }
  },
  'print-ticket': () => ({ screen: 'print-ticket' }),
  'collect-ticket': () => ({ screen: 'collect-ticket' }),
  'thank-you': () => ({ screen: 'thank-you' }),
  'device-error': (data) => ({ screen: 'device-error', message: lineIn(data.errorMessage), code: lineIn(data.errorCode) }),
};

/** What a SCREEN_CHANGE to this screen shows. @throws PeerFault `message-invalid`, `screen-unknown` */
export const screenIn = (identifier: string, data: JsonObject, currency: Currency): KioskScreen =>
  DECODERS[screenNamed(identifier)](data, currency);

/** A method's name. @throws PeerFault `message-invalid` */
export function asMethod(value: JsonValue | undefined, path: string): string {
  if (value === CANCEL) throw new FieldFault(path, value, `a method other than ${CANCEL}`);
  return asPattern(value, path, METHOD_NAME, '1 to 40 of A-Z 0-9 _, a letter first');
}

const cancelIn = ({ allowCancel }: JsonObject): boolean => (allowCancel === undefined ? false : asBoolean(allowCancel, 'data.allowCancel'));

function checkChoice(list: JsonValue | undefined, path: string, items: readonly (string | number)[], least: number): void {
  if (items.length < least) throw new FieldFault(path, list, 'something to choose');
  if (new Set(items).size < items.length) throw new FieldFault(path, list, 'each only once');
}

/** `data` of a screen, with the fields in the order of the contract. */
export function screenData(screen: KioskScreen, inUse: Currency): JsonObject {
  const currency = currencySymbol(inUse);
  switch (screen.screen) {
    case 'amount-select':
      return { amounts: screen.amounts.map(amountNumber), currency, showOtherOption: screen.other };
    case 'keypad': {
      const bounds = { currency, minAmount: amountNumber(screen.min), maxAmount: amountNumber(screen.max) };
      return screen.allowCancel ? { ...bounds, allowCancel: true } : bounds;
    }
    case 'payment-method':
      return { methods: screen.methods, allowCancel: screen.allowCancel, currency };
    case 'success':
      return { showReceipt: screen.receipt };
    case 'limit-error':
      return { limit: amountNumber(screen.limit), remaining: amountNumber(screen.remaining), currency };
    case 'failed':
    case 'device-error':
      return { errorMessage: screen.message, errorCode: screen.code };
    default:
      return {};
  }
}
