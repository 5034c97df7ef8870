import { NOT_SENT } from '../card.ts';
import {
  type ActResult,
  type CancelReason,
  type CashTally,
  type ChargeMethod,
  type Entry,
  type ReportStatus,
  type SaleReport,
  SUM_OF,
  type Via,
} from '../journal.ts';
import { TIMED_OUT } from '../kiosk.ts';
import { driveFor } from '../policy.ts';
import { apply } from './apply.ts';
import type { DecisionContext, TillInput } from './input.ts';
import {
  EMPTY_TALLY,
  isDirect,
  keepingMinor,
  type OpenCharge,
  openCharge,
  restMinor,
  type Sale,
  shownCharge,
  type Till,
  takenMinor,
} from './state.ts';

const STATUS_OF_CANCEL: Record<CancelReason, ReportStatus> = {
  customer: 'CANCELLED',
  api: 'CANCELLED',
  timeout: 'CANCELLED',
  'qr-expired': 'CANCELLED',
  'qr-failed': 'FAILED',
  'qr-refused': 'FAILED',
  'card-declined': 'FAILED',
  'card-not-sent': 'FAILED',
  'card-unanswered': 'FAILED',
  'terminal-declined': 'FAILED',
  'terminal-unanswered': 'FAILED',
  'top-up-unanswered': 'FAILED',
};

/** Money and pieces one report accounts for. */
interface Taken {
  readonly qrMinor: number;
  readonly cardMinor: number;
  readonly terminalMinor: number;
  readonly topUpMinor: number;
  readonly cash: CashTally;
}

const NOTHING: Taken = { qrMinor: 0, cardMinor: 0, terminalMinor: 0, topUpMinor: 0, cash: EMPTY_TALLY };

/** The entries of one decision, folded as they are added so that each later step sees the earlier ones. */
export class Draft {
  readonly entries: Entry[] = [];
  till: Till;
  readonly context: DecisionContext;

  constructor(till: Till, context: DecisionContext) {
    this.till = till;
    this.context = context;
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    this.till = apply(this.till, entry);
  }

  /** The sale on the front while it can still take money. */
  paying(): Sale | null {
    return this.till.sale?.phase === 'paying' ? this.till.sale : null;
  }

  report(sale: string, status: ReportStatus, charge: string | null, taken: Taken): void {
    const { qrMinor, cardMinor, terminalMinor, topUpMinor, cash } = taken;
    const others = {
      ...(cardMinor === 0 ? {} : { cardMinor }),
      ...(terminalMinor === 0 ? {} : { terminalMinor }),
      ...(topUpMinor === 0 ? {} : { topUpMinor }),
    };
    const report: SaleReport = { id: this.context.newId(), sale, status, qrMinor, ...others, charge, cash, currency: this.till.currency };
    this.add({ kind: 'report.queued', sale, report });
  }

  supersede(): void {
    const sale = this.till.sale;
    if (sale?.charge) this.add({ kind: 'charge.superseded', sale: sale.id, charge: sale.charge });
  }

  /** Settles the sale on the front as soon as the credit covers it: goods intended in the same transaction as the money. */
  settleIfCovered(): void {
    const sale = this.paying();
    if (!sale || this.till.creditMinor < sale.dueMinor) return;
    this.supersede();
    this.add({ kind: 'sale.settled', sale: sale.id, dueMinor: sale.dueMinor });
    const excess = this.till.creditMinor;
    if (excess > 0 && this.context.policy.overpayment === 'refund') {
      this.add({ kind: 'refund.due', sale: sale.id, amountMinor: excess, from: 'credit', reason: 'overpaid' });
    }
    if (sale.drive) this.add({ kind: 'act.intent', sale: sale.id, act: this.context.newId(), drive: sale.drive });
    this.report(sale.id, 'SUCCEEDED', sale.lastCharge, { ...sale, cash: this.till.tally });
  }

  cancel(reason: CancelReason): void {
    const sale = this.paying();
    if (!sale) return;
    this.supersede();
    const backMinor = Math.min(this.till.creditMinor, takenMinor(sale));
    this.add({ kind: 'sale.cancelled', sale: sale.id, reason });
    if (backMinor > 0 && this.context.policy.cancelledCash === 'refund') {
      this.add({ kind: 'refund.due', sale: sale.id, amountMinor: backMinor, from: 'credit', reason: 'cancelled' });
    }
    this.reportIfResolved(sale.id);
  }

  /** A cancelled sale is reported when none of its charges can be paid any more: one sale, one report. */
  reportIfResolved(sale: string): void {
    const owed = this.till.owed[sale];
    if (!owed || Object.values(this.till.charges).some((c) => c.sale === sale)) return;
    this.report(sale, STATUS_OF_CANCEL[owed.reason], owed.lastCharge, owed);
  }

  /** After a charge came to nothing: a sale with money in it, or that can still be paid in cash, goes on; any other ends. */
  endUnlessMoneyIsIn(reason: CancelReason): void {
    const sale = this.paying();
    if (!sale || this.context.cashBusy) return;
    if (keepingMinor(sale, this.context.cashPossible) === 0) this.cancel(reason);
  }

  /** After the charge on the front came to nothing. A sale at the backend's terminal cannot be paid in another way. */
  endWithout({ terminal }: OpenCharge, reason: CancelReason): void {
    if (terminal) this.cancel(reason);
    else this.endUnlessMoneyIsIn(reason);
  }

  requestQr(): void {
    const sale = this.paying();
    const amountMinor = restMinor(this.till);
    if (!sale || sale.request || sale.charge || amountMinor === 0 || !this.context.qrPossible) return;
    this.add({ kind: 'charge.requested', sale: sale.id, request: this.context.newId(), amountMinor });
  }

  open(input: Extract<TillInput, { type: 'open' }>): void {
    const { type: _, ...opened } = input;
    this.add({ kind: 'sale.opened', ...opened });
    this.settleIfCovered();
    this.requestQr();
  }

  /** `paidMinor`: all that was paid on it, of a top-up card also less than what it was over; absent: just that. */
  paid(
    charge: string,
    via: Via,
    { atMs, paidMinor, worthMinor }: Pick<Extract<TillInput, { type: 'paid' }>, 'atMs' | 'paidMinor' | 'worthMinor'>,
  ): void {
    const open = openCharge(this.till, charge);
    const earlier = this.till.resolved.find((r) => r.id === charge);
    const known = open ?? earlier;
    // A charge that was paid before is a duplicate; one that is unknown is somebody else's.
    if (!known || earlier?.outcome === 'paid') return;
    const late = this.paying()?.id !== known.sale;
    const { sale } = known;
    const wholeMinor = known.topUp ? (paidMinor ?? known.amountMinor) : Math.max(paidMinor ?? 0, known.amountMinor);
    const amountMinor = Math.max(0, wholeMinor - (known.partMinor ?? 0));
    if (earlier?.outcome === 'failed' && !earlier.contradicted) this.add({ kind: 'charge.conflict', sale, charge, via, claimed: 'paid' });
    const method = methodOf(known);
    this.add({
      kind: 'charge.paid',
      sale,
      charge,
      amountMinor,
      via,
      late,
      ...(method !== 'qr' && { method }),
      ...(worthMinor === undefined ? {} : { worthMinor }),
      ...(atMs === undefined ? {} : { paidAtMs: atMs }),
    });
    if (late) this.bookLatePayment(sale, charge, amountMinor, method);
    this.useCredit();
  }

  /** Only what is new of it is booked; a QR that some was paid on is over, and another one over the rest takes its place. */
  partPaid(charge: string, via: Via, paidMinor: number): void {
    const open = openCharge(this.till, charge);
    const amountMinor = paidMinor - (open?.partMinor ?? 0);
    if (!open || isDirect(open) || amountMinor <= 0) return;
    const { sale } = open;
    const late = this.paying()?.id !== sale;
    this.add({ kind: 'charge.part-paid', sale, charge, amountMinor, via, late });
    if (late && this.context.policy.latePayment === 'refund') {
      this.add({ kind: 'refund.due', sale, amountMinor, from: 'credit', reason: 'paid-late' });
    }
    // A cancelled sale that is still to be reported is reported with it.
    if (late && !this.till.owed[sale]) this.report(sale, 'SUCCEEDED', charge, { ...NOTHING, qrMinor: amountMinor });
    this.useCredit();
  }

  bookLatePayment(sale: string, charge: string, amountMinor: number, method: ChargeMethod): void {
    // Credit is for a customer who still stands there with coins; the holder of a card, of whatever kind, has gone, and the next one is somebody else.
    if (method !== 'qr' || this.context.policy.latePayment === 'refund') {
      this.add({ kind: 'refund.due', sale, amountMinor, from: 'credit', reason: 'paid-late' });
    }
    const owed: Taken = this.till.owed[sale] ?? NOTHING;
    const sum = SUM_OF[method];
    this.report(sale, 'SUCCEEDED', charge, { ...owed, [sum]: owed[sum] + amountMinor });
  }

  failed(charge: string, via: Via, reason: string): void {
    const open = openCharge(this.till, charge);
    if (open) {
      const shown = open.state === 'shown';
      this.add({ kind: 'charge.failed', sale: open.sale, charge, via, reason });
      // Another top-up card may be tried, or another way.
      if (shown && !open.topUp) this.endWithout(open, reasonOfFailure(open, reason));
      this.reportIfResolved(open.sale);
      return;
    }
    const earlier = this.till.resolved.find((r) => r.id === charge);
    if (earlier?.outcome !== 'paid' || earlier.contradicted) return;
    this.add({ kind: 'charge.conflict', sale: earlier.sale, charge, via, claimed: 'failed' });
  }

  cash(input: Extract<TillInput, { type: 'cash' }>): void {
    const { type: _, ...piece } = input;
    this.add({ kind: 'cash.credited', sale: this.paying()?.id ?? null, ...piece });
    this.useCredit();
  }

  /** Whatever more credit makes possible: the sale on the front, a QR for less, or a sale of idle cash. */
  useCredit(): void {
    this.settleIfCovered();
    const shown = shownCharge(this.till);
    // What was sent to be charged is charged, whatever is left to pay now.
    if (shown && !isDirect(shown) && shown.amountMinor !== restMinor(this.till)) this.supersede();
    this.sellIdleCash();
  }

  /** Where the owner wants it, credit with no sale in progress is sold at once, in whole pulses. */
  sellIdleCash(): void {
    const { policy, newId } = this.context;
    if (this.till.sale || policy.idleCash !== 'sell' || policy.drive.mode !== 'pulses-per') return;
    const unit = policy.drive.unitMinor;
    const dueMinor = Math.floor(this.till.creditMinor / unit) * unit;
    if (dueMinor === 0) return;
    this.open({ type: 'open', sale: newId(), dueMinor, description: '', origin: 'cash', drive: driveFor(policy.drive, dueMinor) });
  }

  actDone(input: Extract<TillInput, { type: 'act-done' }>): void {
    const sale = this.till.sale;
    if (!sale || sale.act !== input.act) return;
    this.add({ kind: 'act.outcome', sale: sale.id, act: input.act, result: input.result, reason: input.reason });
    if (input.result === 'failed') {
      this.add({ kind: 'refund.due', sale: sale.id, amountMinor: sale.dueMinor, from: 'sales', reason: 'not-delivered' });
    }
    this.sellIdleCash();
  }

  ticketDone(ticket: string, result: ActResult, reason: string): void {
    const sale = this.till.tickets[ticket];
    if (sale !== undefined) this.add({ kind: 'ticket.outcome', sale, ticket, result, reason });
  }
}

/** How a charge is paid, if it is. */
export const methodOf = ({ card, terminal, topUp }: Pick<OpenCharge, 'card' | 'terminal' | 'topUp'>): ChargeMethod =>
  terminal ? 'terminal' : topUp ? 'top-up' : card ? 'card' : 'qr';

function reasonOfFailure({ card, terminal }: OpenCharge, reason: string): CancelReason {
  if (terminal) return reason === TIMED_OUT ? 'timeout' : 'terminal-declined';
  if (card) return reason === NOT_SENT ? 'card-not-sent' : 'card-declined';
  return 'qr-failed';
}
