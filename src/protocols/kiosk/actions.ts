import type { JsonObject } from '../../domain/json.ts';
import { asOneOf, MessageFault as FieldFault } from '../../domain/json-fields.ts';
import { type KioskAction, type KioskScreenName, NO_TRANSACTION } from '../../domain/kiosk.ts';
import type { Currency } from '../../domain/money.ts';
import { amountNumber, asAmount, NO_AMOUNT } from './amounts.ts';
import type { Envelope } from './envelope.ts';
import { asLine } from './message.ts';
import { asMethod, CANCEL, SCREEN_IDENTIFIERS, screenNamed } from './screens.ts';

type Head = Pick<Envelope, 'messageType' | 'data'> & { readonly screen: KioskScreenName };

const user = (screen: KioskScreenName, data: JsonObject): Head => ({ messageType: 'USER_ACTION', screen, data });
const chosen = (selectedAmount: number, selectionMethod: string): JsonObject => ({ selectedAmount, selectionMethod });

/** Type, screen and `data` of an action. */
export function actionHead(action: KioskAction): Pick<Envelope, 'messageType' | 'screen' | 'data'> {
  const { screen, ...head } = headOf(action);
  return { ...head, screen: SCREEN_IDENTIFIERS[screen] };
}

function headOf(action: KioskAction): Head {
  switch (action.action) {
    case 'amount':
      return user('amount-select', chosen(amountNumber(action.amount), 'PRESET_BUTTON'));
    case 'other-amount':
      return user('amount-select', chosen(NO_AMOUNT, 'OTHER'));
    case 'typed-amount':
      return user('keypad', chosen(amountNumber(action.amount), 'KEYPAD'));
    case 'method':
      return user('payment-method', { selectedMethod: action.method });
    case 'cancel':
      return user(action.screen, action.screen === 'keypad' ? chosen(NO_AMOUNT, CANCEL) : { selectedMethod: CANCEL });
    case 'printed':
      return { messageType: 'STATUS_UPDATE', screen: 'print-ticket', data: { status: 'PRINTED' } };
    case 'device-error':
      return { messageType: 'ERROR', screen: 'device-error', data: { errorMessage: action.message, errorCode: action.code } };
  }
}

/**
 * The action a box's message tells, or null for a status nobody here needs. Everything but a fault of the device
 * belongs to a transaction. @throws PeerFault `message-invalid`, `screen-unknown`
 */
export function actionIn({ messageType, screen, data, transactionId }: Envelope, currency: Currency): KioskAction | null {
  const action = read(messageType, screen, data, currency);
  if (action !== null && action.action !== 'device-error' && transactionId === NO_TRANSACTION) {
    throw new FieldFault('transactionId', transactionId, 'the id of a transaction');
  }
  return action;
}

function read(messageType: Envelope['messageType'], identifier: string, data: JsonObject, currency: Currency): KioskAction | null {
  switch (messageType) {
    case 'USER_ACTION':
      return choiceIn(identifier, data, currency);
    case 'STATUS_UPDATE':
      return identifier === SCREEN_IDENTIFIERS['print-ticket'] && data.status === 'PRINTED' ? { action: 'printed' } : null;
    case 'ERROR':
      return {
        action: 'device-error',
        code: asLine(data.errorCode, 'data.errorCode'),
        message: asLine(data.errorMessage, 'data.errorMessage'),
      };
    case 'SCREEN_CHANGE':
      throw new FieldFault('messageType', messageType, 'one of USER_ACTION, STATUS_UPDATE, ERROR');
  }
}

function choiceIn(identifier: string, data: JsonObject, currency: Currency): KioskAction {
  const { selectedAmount, selectionMethod, selectedMethod } = data;
  const amount = () => asAmount(selectedAmount, 'data.selectedAmount', currency, 1);
  const without = <A extends KioskAction>(action: A): A => {
    if (selectedAmount === NO_AMOUNT) return action;
    throw new FieldFault('data.selectedAmount', selectedAmount, String(NO_AMOUNT));
  };
  switch (screenNamed(identifier)) {
    case 'amount-select': {
      const how = asOneOf(selectionMethod, 'data.selectionMethod', ['PRESET_BUTTON', 'OTHER']);
      return how === 'OTHER' ? without({ action: 'other-amount' }) : { action: 'amount', amount: amount() };
    }
    case 'keypad': {
      const how = asOneOf(selectionMethod, 'data.selectionMethod', ['KEYPAD', CANCEL]);
      return how === CANCEL ? without({ action: 'cancel', screen: 'keypad' }) : { action: 'typed-amount', amount: amount() };
    }
    case 'payment-method':
      if (selectedMethod === CANCEL) return { action: 'cancel', screen: 'payment-method' };
      return { action: 'method', method: asMethod(selectedMethod, 'data.selectedMethod') };
    default:
      throw new FieldFault('screen', identifier, 'a screen with something to choose');
  }
}
