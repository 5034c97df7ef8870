import { excerpt } from '../../domain/card-data.ts';
import { type KioskAction, NO_TRANSACTION } from '../../domain/kiosk.ts';
import { type ClientMessage, decodeClientMessage, MessageFault, SCREEN_IDENTIFIERS } from '../../protocols/kiosk/codec.ts';
import { ChoiceRefusal, checkNewId, checkTime, choiceIn, wireCode } from './choices.ts';
import type { Dialogues, DialoguesSide } from './dialogues.ts';
import type { KioskTransaction } from './transactions.ts';

type Said = Extract<ClientMessage, { kind: 'action' }>;

/** Takes what boxes say, and tells them what of it cannot be. */
export class Hearing {
  readonly #side: DialoguesSide;
  readonly #dialogues: Dialogues;

  constructor(side: DialoguesSide, dialogues: Dialogues) {
    this.#side = side;
    this.#dialogues = dialogues;
  }

  /** One message; false when it was refused. Only what is a bug or a full disk is thrown. */
  heard(device: string, text: string): boolean {
    let said: Said | null = null;
    try {
      const message = decodeClientMessage(text, this.#side.settings.now().currency);
      if (message.kind === 'ignored') {
        this.#side.book.add('in', device, { ignored: true });
        return true;
      }
      said = message;
      this.#take(device, said);
      return true;
    } catch (error) {
      if (!(error instanceof MessageFault || error instanceof ChoiceRefusal)) throw error;
      this.refused(device, error, said?.transaction ?? null);
      return false;
    }
  }

  /** Answers a message that was no use; one that could not even be read changes nothing of the screen. */
  refused(device: string, error: MessageFault | ChoiceRefusal, transactionId: string | null): void {
    const { book } = this.#side;
    const code = wireCode(error.code);
    book.add('error', device, { code, reason: error.explain() });
    const open = this.#dialogues.session(device).transaction?.transactionId ?? NO_TRANSACTION;
    const named = error.code === 'transaction-invalid' ? null : transactionId;
    this.#dialogues.refuse(device, code, error.explain(), named ?? open);
    if (error instanceof ChoiceRefusal) this.#dialogues.show(device);
  }

  #take(device: string, said: Said): void {
    const { transactions, settings, clock, book } = this.#side;
    const { action, transaction: id, screen, atMs } = said;
    const known = id === NO_TRANSACTION ? null : transactions.find(id);
    if (known === null && id !== NO_TRANSACTION) checkNewId(id);
    book.add('in', device, { screen, transaction: id, ...shown(action) });
    checkTime(atMs, clock.wallMs());
    if (known && known.device !== device) throw new ChoiceRefusal('transaction-unknown', 'There is no such transaction');
    if (action.action === 'device-error') {
      this.#trouble(device, action, known);
      return;
    }
    if (known?.step === 'amount-select') {
      // The answer to it was lost, or somebody says an old thing again: there is no second payment either way.
      if (action.action !== 'printed') this.#dialogues.replay(device, known);
      return;
    }
    const { step, transaction } = this.#dialogues.session(device);
    const begins = known === null && screen === SCREEN_IDENTIFIERS['amount-select'];
    if (known === null && !begins) throw new ChoiceRefusal('transaction-unknown', 'There is no such transaction');
    if (action.action !== 'printed' && screen !== SCREEN_IDENTIFIERS[step]) {
      throw new ChoiceRefusal('unexpected-action', 'This was said on another screen', SCREEN_IDENTIFIERS[step]);
    }
    const { currency } = settings.now();
    const { event, changes } = choiceIn(action, transaction, settings.now(), transactions.paidThatDay(device, currency, clock.wallMs()));
    this.#dialogues.advance(device, event, { changes, ...(begins ? { begins: id } : {}) });
  }

  /** What is about a transaction that is over, while another is open, is only put down. */
  #trouble(device: string, { code, message }: Extract<KioskAction, { action: 'device-error' }>, known: KioskTransaction | null): void {
    const { transaction } = this.#dialogues.session(device);
    if (transaction && known && known.transactionId !== transaction.transactionId) return;
    this.#dialogues.advance(device, 'box-error', { trouble: { code, message } });
  }
}

/** An action as the log shows it. */
function shown(action: KioskAction): Readonly<Record<string, unknown>> {
  switch (action.action) {
    case 'amount':
    case 'typed-amount':
      return { action: action.action, amountMinor: action.amount.minor };
    case 'method':
      return { action: action.action, method: excerpt(action.method, 40) };
    case 'device-error':
      return { action: action.action, code: action.code, message: action.message };
    default:
      return { action: action.action };
  }
}
