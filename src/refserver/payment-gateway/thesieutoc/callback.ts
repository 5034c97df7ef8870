import { CARD_STATUS } from '../upstreams.ts';
import type { SimulatedCard } from './cards.ts';
import { CALLBACK_WORDS } from './wire.ts';

/**
 * The callback of a settled card, field by field as in the gateway's document (1.4). `amount` is the value the card really
 * has, `receive_amount` the value credit is given for, `real_amount` what is left of it after fee and penalty.
 */
export function callbackForm(
  { id, type, amount, status, actualAmount }: SimulatedCard,
  { pin, serial }: { readonly pin: string; readonly serial: string },
  credited: number,
  message: string,
): Readonly<Record<string, string>> {
  return {
    status: wordOf(status),
    serial,
    pin,
    card_type: type,
    amount: String(actualAmount ?? amount),
    receive_amount: String(actualAmount ?? 0),
    real_amount: String(credited),
    noidung: message,
    content: id,
  };
}

function wordOf(status: SimulatedCard['status']): string {
  if (status === CARD_STATUS.SUCCESS) return CALLBACK_WORDS.success;
  return status === CARD_STATUS.WRONG_AMOUNT ? CALLBACK_WORDS.wrongAmount : CALLBACK_WORDS.failed;
}
