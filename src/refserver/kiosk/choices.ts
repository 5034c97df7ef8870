import { withoutCardData } from '../../domain/card-data.ts';
import { PeerFault } from '../../domain/fault.ts';
import type { KioskAction } from '../../domain/kiosk.ts';
import { decimalText } from '../../domain/money.ts';
import type { SessionEvent } from './session.ts';
import type { KioskSettings } from './settings.ts';
import type { KioskTransaction } from './transactions.ts';

/**
 * Something a box may not say now, in words that can be sent back to it: `unexpected-action`, `amount-not-offered`,
 * `amount-out-of-range`, `method-not-offered`, `transaction-unknown`, `transaction-invalid`, `timestamp-invalid`.
 */
export class ChoiceRefusal extends PeerFault {
  constructor(code: string, message: string, expected?: string) {
    super(message, { code, ...(expected === undefined ? {} : { expected }) });
  }
}

/** A code as the contract writes such: UNEXPECTED_ACTION. */
export const wireCode = (code: string): string => code.toUpperCase().replaceAll('-', '_');

/** What a choice does to its transaction, once the dialogue allows it. */
export interface Choice {
  readonly event: SessionEvent;
  readonly changes: Partial<KioskTransaction>;
}

/** No box's clock is that far ahead; one that has none begins in 1970. */
const MOST_AHEAD_MS = 86_400_000;

/** @throws ChoiceRefusal `timestamp-invalid` */
export function checkTime(atMs: number, nowMs: number): void {
  if (atMs <= nowMs + MOST_AHEAD_MS) return;
  throw new ChoiceRefusal('timestamp-invalid', 'The timestamp lies in the future', 'at most a day ahead of this server');
}

/** @throws ChoiceRefusal `transaction-invalid` */
export function checkNewId(transactionId: string): void {
  if (withoutCardData(transactionId) === transactionId) return;
  throw new ChoiceRefusal('transaction-invalid', 'The transactionId could be the number of a card', 'another one');
}

/**
 * What an action is among the offers. `paidMinor`: what the device was paid today already.
 * @throws ChoiceRefusal
 */
export function choiceIn(action: KioskAction, transaction: KioskTransaction | null, settings: KioskSettings, paidMinor: number): Choice {
  switch (action.action) {
    case 'amount':
      if (!settings.amountsMinor.includes(action.amount.minor)) throw new ChoiceRefusal('amount-not-offered', 'This amount is not offered');
      return { event: 'amount', changes: { amountMinor: action.amount.minor } };
    case 'other-amount':
      if (!settings.other) throw new ChoiceRefusal('amount-not-offered', 'No other amount is offered');
      return { event: 'other-amount', changes: {} };
    case 'typed-amount':
      checkRange(action.amount.minor, settings);
      return { event: 'typed-amount', changes: { amountMinor: action.amount.minor } };
    case 'method':
      if (!settings.methods.includes(action.method)) throw new ChoiceRefusal('method-not-offered', 'This method is not offered');
      return paying(action.method, transaction?.amountMinor ?? 0, settings.dailyLimitMinor, paidMinor);
    case 'cancel':
      if (!settings.allowCancel) throw new ChoiceRefusal('unexpected-action', 'Cancelling is not offered');
      return { event: 'cancel', changes: {} };
    case 'printed':
      return { event: 'printed', changes: {} };
    case 'device-error':
      return { event: 'box-error', changes: {} };
  }
}

function checkRange(minor: number, { minMinor, maxMinor, currency }: KioskSettings): void {
  if (minor >= minMinor && minor <= maxMinor) return;
  const [min, max] = [minMinor, maxMinor].map((bound) => decimalText({ minor: bound, currency }));
  throw new ChoiceRefusal('amount-out-of-range', 'This amount is not possible', `${min} to ${max}`);
}

function paying(method: string, amountMinor: number, limitMinor: number, paidMinor: number): Choice {
  const remainingMinor = Math.max(0, limitMinor - paidMinor);
  if (amountMinor <= remainingMinor) return { event: 'method', changes: { method } };
  return { event: 'method-over-limit', changes: { method, limitMinor, remainingMinor } };
}
