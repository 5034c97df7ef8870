import { excerpt } from '../../domain/card-data.ts';
import type { JsonObject } from '../../domain/json.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { Refusal } from '../refusal.ts';
import type { Dialogues, DialoguesSide } from './dialogues.ts';
import type { KioskTransaction } from './transactions.ts';

/** Why a terminal may decline, in the words that the box is sent. */
export const DECLINE_REASONS = {
  CARD_DECLINED: 'Card declined by issuer',
  INSUFFICIENT_FUNDS: 'Not enough money on the account',
  CARD_EXPIRED: 'The card has expired',
  CARD_REMOVED: 'The card was taken away too early',
  BANK_UNAVAILABLE: 'The bank does not answer',
} as const;

/** A decision, and whether it was a new one. */
export interface Decided {
  readonly transaction: KioskTransaction;
  readonly changed: boolean;
}

/** The terminals of all kiosks: a person is what they would be. */
export class Terminal {
  readonly #side: DialoguesSide;
  readonly #dialogues: Dialogues;
  readonly #devices: ReadonlySet<string>;

  /** `devices`: the names of those that may connect. */
  constructor(side: DialoguesSide, dialogues: Dialogues, devices: ReadonlySet<string>) {
    this.#side = side;
    this.#dialogues = dialogues;
    this.#devices = devices;
  }

  /** The payment goes through. @throws Refusal `request-invalid`, `transaction-unknown`, `transaction-not-processing`, `transaction-settled` */
  approve(transactionId: string, body: JsonObject): Decided {
    demandNothingElse(body);
    return this.#decide(transactionId, 'success', {});
  }

  /** It does not: `{reason?}`, one of DECLINE_REASONS. @throws as `approve` */
  decline(transactionId: string, { reason = 'CARD_DECLINED', ...rest }: JsonObject): Decided {
    demandNothingElse(rest);
    if (typeof reason !== 'string' || !Object.hasOwn(DECLINE_REASONS, reason)) {
      throw invalid('reason', `one of ${Object.keys(DECLINE_REASONS).join(', ')}`);
    }
    const words = DECLINE_REASONS[reason as keyof typeof DECLINE_REASONS];
    return this.#decide(transactionId, 'failed', { reasonCode: reason, reason: words });
  }

  /** The terminal of a device has an error: `{device, code, message}`. It fails the payment that it is taking. @throws Refusal `request-invalid`, `device-unknown` */
  fail({ device, code, message, ...rest }: JsonObject): void {
    demandNothingElse(rest);
    if (typeof code !== 'string' || !/^[A-Z][A-Z0-9_]{0,39}$/.test(code)) throw invalid('code', 'a code such as PRINTER_ERROR');
    if (typeof message !== 'string' || message.length > 200) throw invalid('message', 'a text of at most 200 characters');
    if (typeof device !== 'string' || !this.#devices.has(device)) {
      throw new Refusal(404, 'No such kiosk', { code: 'device-unknown', expected: [...this.#devices].join(', ') });
    }
    const trouble = { code: excerpt(code, 40), message: excerpt(message, 200) };
    const failing = this.#dialogues.session(device).step === 'processing';
    const changes = failing ? { reasonCode: trouble.code, reason: trouble.message } : {};
    this.#dialogues.advance(device, 'terminal-error', { trouble, changes });
  }

  #decide(transactionId: string, state: 'success' | 'failed', changes: Partial<KioskTransaction>): Decided {
    const { transactions } = this.#side;
    const transaction = transactions.find(transactionId);
    if (!transaction) throw new Refusal(404, 'No such transaction', { code: 'transaction-unknown', found: excerpt(transactionId, 64) });
    if (transaction.state === state) return { transaction, changed: false };
    if (transaction.state === 'open') {
      throw new Refusal(409, 'The terminal does not have this transaction yet', { code: 'transaction-not-processing' });
    }
    if (transaction.state !== 'processing') {
      throw new Refusal(409, 'This transaction has been decided otherwise', { code: 'transaction-settled', found: transaction.state });
    }
    this.#dialogues.advance(transaction.device, state === 'success' ? 'approved' : 'declined', { changes });
    return { transaction: transactions.find(transactionId) ?? transaction, changed: true };
  }
}
