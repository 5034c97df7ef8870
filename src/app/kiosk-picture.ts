import type { KioskScreen } from '../domain/kiosk.ts';
import type { Money } from '../domain/money.ts';
import type { Screen } from '../domain/screen.ts';
import type { KioskAmount } from './kiosk-amount.ts';

/** A screen of the backend's with what only the box knows: what is to be paid, and what is being typed. Reads `amount` only. */
export function kioskPicture(on: KioskScreen, due: Money, amount: Pick<KioskAmount, 'typed' | 'problem' | 'within'>): Screen {
  const credit = { ...due, minor: 0 };
  switch (on.screen) {
    case 'amount-select':
      return { kind: 'amount-select', amounts: on.amounts, other: on.other };
    case 'keypad':
      return { kind: 'keypad', typed: amount.typed(), ...amount.within(on), problem: amount.problem(), cancel: on.allowCancel };
    case 'payment-method':
      return { kind: 'payment-method', amount: due, methods: on.methods, cancel: on.allowCancel };
    case 'processing':
      return { kind: 'processing', due };
    case 'success':
      return { kind: 'success', due, credit };
    case 'failed':
      return { kind: 'failed', reason: 'terminal-declined', credit, message: on.message };
    case 'limit-error':
      return { kind: 'limit-error', limit: on.limit, remaining: on.remaining };
    case 'device-error':
      return { kind: 'device-error', message: on.message, code: on.code };
    default:
      return { kind: on.screen };
  }
}
