import { CallerFault } from '../fault.ts';
import type { CancelReason, ChargeMethod, Entry } from '../journal.ts';
import { Draft, methodOf } from './draft.ts';
import type { DecisionContext, TillInput } from './input.ts';
import { isDirect, ORDERS_KEPT, openCharge, restMinor, type Sale, type Till } from './state.ts';

/**
 * What to commit when something happens: the entries of ONE transaction, none when it changes nothing (a duplicate,
 * a charge that is not ours, an answer that nobody waits for any more). Pure; effects follow from the entries.
 * @throws CallerFault `sale-in-progress`, `sale-not-cancellable`, `top-up-impossible`, `order-unknown`
 */
export function decide(till: Till, input: TillInput, context: DecisionContext): Entry[] {
  const draft = new Draft(till, context);
  switch (input.type) {
    case 'open':
      if (till.sale) throw saleInProgress(till.sale);
      if (input.order !== undefined && !isWaiting(till, input.order)) throw orderUnknown(input.order);
      draft.open(input);
      break;
    case 'order': {
      if (isWaiting(till, input.order.id)) break;
      const { id: order, ...rest } = input.order;
      draft.add({ kind: 'order.received', order, ...rest });
      const full = `${ORDERS_KEPT} orders wait already`;
      // What was paid elsewhere is never turned away.
      if (rest.purpose === 'sale' && till.orders.length >= ORDERS_KEPT)
        draft.add({ kind: 'order.refused', order, code: 'orders-full', reason: full });
      break;
    }
    case 'order-refused':
      if (!isWaiting(till, input.order)) break;
      draft.add({ kind: 'order.refused', order: input.order, code: input.code, reason: input.reason });
      break;
    case 'orders-announced':
      for (const order of input.orders) if (isWaiting(till, order)) draft.add({ kind: 'order.announced', order, spoken: input.spoken });
      break;
    case 'card-read': {
      const sale = draft.paying();
      const { charge, amountMinor, card, expiresAtMs } = input;
      // Cash or a cancellation was faster: the card is not charged.
      if (sale?.id !== input.sale || sale.charge !== null || amountMinor !== restMinor(till)) break;
      draft.add({ kind: 'charge.created', sale: sale.id, request: charge, charge, amountMinor, qr: '', expiresAtMs, card });
      break;
    }
    case 'terminal-chosen': {
      if (till.sale) throw saleInProgress(till.sale);
      const { type: _, charge, method: terminal, expiresAtMs, ...sale } = input;
      draft.add({ kind: 'sale.opened', ...sale, origin: 'kiosk' });
      const amount = { amountMinor: input.dueMinor, qr: '', expiresAtMs };
      draft.add({ kind: 'charge.created', sale: input.sale, request: charge, charge, ...amount, terminal });
      break;
    }
    case 'top-up-entered': {
      const { sale, charge, operator, declaredMinor, expiresAtMs } = input;
      if (till.sale?.id !== sale) throw topUpImpossible(sale, 'it is over');
      if (till.sale.phase !== 'paying') throw topUpImpossible(sale, 'it is paid');
      if (isAuthorising(till, till.sale)) throw topUpImpossible(sale, 'a card is being charged');
      draft.supersede();
      const amount = { amountMinor: declaredMinor, qr: '', expiresAtMs };
      draft.add({ kind: 'charge.created', sale, request: charge, charge, ...amount, topUp: { operator } });
      break;
    }
    case 'ticket':
      draft.add({ kind: 'ticket.intent', sale: input.sale, ticket: input.ticket, copy: input.copy });
      break;
    case 'ticket-done':
      draft.ticketDone(input.ticket, input.result, input.reason);
      break;
    case 'qr-offered':
      offer(draft, input);
      break;
    case 'qr-refused':
      if (till.sale?.request?.id !== input.request) break;
      draft.add({ kind: 'charge.refused', sale: till.sale.id, request: input.request, code: input.code, reason: input.reason });
      if (!context.cashPossible) draft.endUnlessMoneyIsIn('qr-refused');
      break;
    case 'paid':
      draft.paid(input.charge, input.via, input);
      // It is announced with its sale.
      if (input.order !== undefined && isWaiting(till, input.order)) {
        draft.add({
          kind: 'order.refused',
          order: input.order,
          code: 'order-matched',
          reason: `it is the payment of charge ${input.charge}`,
        });
      }
      break;
    case 'part-paid':
      draft.partPaid(input.charge, input.via, input.paidMinor);
      break;
    case 'charge-failed':
      draft.failed(input.charge, input.via, input.reason);
      break;
    case 'expired': {
      const open = openCharge(till, input.charge);
      if (open?.state !== 'shown') break;
      draft.add({ kind: 'charge.expired', sale: open.sale, charge: open.id });
      draft.endWithout(open, UNANSWERED[methodOf(open)]);
      break;
    }
    case 'grace-over': {
      const open = openCharge(till, input.charge);
      if (!open || open.state === 'shown') break;
      draft.add({ kind: 'charge.abandoned', sale: open.sale, charge: open.id });
      draft.reportIfResolved(open.sale);
      break;
    }
    case 'cash':
      draft.cash(input);
      break;
    case 'unassigned': {
      const { type: _, ...piece } = input;
      draft.add({ kind: 'cash.unassigned', sale: draft.paying()?.id ?? null, ...piece });
      break;
    }
    case 'bill-held': {
      const { type: _, ...bill } = input;
      if (!Object.hasOwn(till.held, bill.piece)) draft.add({ kind: 'bill.held', sale: draft.paying()?.id ?? null, ...bill });
      break;
    }
    case 'bill-returned':
    case 'bill-unknown': {
      const { piece } = input;
      const held = Object.hasOwn(till.held, piece) ? till.held[piece] : undefined;
      if (!held) break;
      const { sale } = held;
      draft.add(
        input.type === 'bill-unknown'
          ? { kind: 'bill.unknown', sale, piece }
          : { kind: 'bill.returned', sale, piece, reason: input.reason },
      );
      break;
    }
    case 'requote':
      draft.requestQr();
      break;
    case 'cancel':
      if (till.sale?.id !== input.sale) throw notCancellable(input.sale, 'it is over');
      if (till.sale.phase !== 'paying') throw notCancellable(input.sale, 'it is paid and being delivered');
      if (isAuthorising(till, till.sale)) throw notCancellable(input.sale, 'it is being charged');
      draft.cancel(input.reason);
      break;
    case 'act-done':
      draft.actDone(input);
      break;
    case 'announced':
      if (till.unannounced.some((u) => u.charge === input.charge)) {
        const sale = till.unannounced.find((u) => u.charge === input.charge)?.sale ?? '';
        draft.add({ kind: 'announced', sale, charge: input.charge, spoken: input.spoken });
      }
      break;
    case 'reset-counters':
      draft.add({ kind: 'counters.reset' });
      break;
    case 'restart':
      draft.add({ kind: 'boot', version: input.version, currency: till.currency });
      if (till.sale?.act)
        draft.actDone({
          type: 'act-done',
          act: till.sale.act,
          result: 'indeterminate',
          reason: 'the box stopped while the output was driven',
        });
      for (const ticket of Object.keys(till.tickets)) draft.ticketDone(ticket, 'indeterminate', 'the box stopped while it was printed');
      break;
  }
  return draft.entries;
}

const UNANSWERED: Readonly<Record<ChargeMethod, CancelReason>> = {
  qr: 'qr-expired',
  card: 'card-unanswered',
  terminal: 'terminal-unanswered',
  'top-up': 'top-up-unanswered',
};

function offer(draft: Draft, input: Extract<TillInput, { type: 'qr-offered' }>): void {
  const sale = draft.paying();
  const request = sale?.request;
  if (!sale || request?.id !== input.request) return;
  if (request.amountMinor !== restMinor(draft.till)) {
    // Cash came in meanwhile. Nobody has seen this QR, so nobody can pay it.
    draft.add({ kind: 'charge.refused', sale: sale.id, request: request.id, code: 'amount-changed', reason: 'cash came in before the QR' });
    return;
  }
  const { charge, qr, expiresAtMs } = input;
  draft.add({ kind: 'charge.created', sale: sale.id, request: request.id, charge, amountMinor: request.amountMinor, qr, expiresAtMs });
}

/** While a card, a top-up card or a terminal is asked, what is paid is not known: the sale waits for the answer, or for its time limit. */
function isAuthorising(till: Till, sale: Sale): boolean {
  const charge = sale.charge === null ? undefined : till.charges[sale.charge];
  return charge !== undefined && isDirect(charge);
}

const isWaiting = (till: Till, order: string): boolean => till.orders.some(({ id }) => id === order);

const orderUnknown = (order: string): CallerFault =>
  new CallerFault('No such order is waiting', {
    code: 'order-unknown',
    found: order,
    expected: 'an order that was received and not acted upon yet',
  });

function saleInProgress(sale: Sale): CallerFault {
  return new CallerFault('Another sale is in progress', {
    code: 'sale-in-progress',
    found: `sale ${sale.id}, ${sale.phase}`,
    expected: 'no sale in progress',
    remedy: 'Wait for it to end, or cancel it.',
  });
}

const topUpImpossible = (sale: string, why: string): CallerFault =>
  new CallerFault('The sale cannot be paid with a top-up card now', {
    code: 'top-up-impossible',
    found: `sale ${sale}: ${why}`,
    expected: 'the sale in progress, while it is to be paid and no card is being charged',
  });

function notCancellable(sale: string, why: string): CallerFault {
  return new CallerFault('The sale cannot be cancelled', {
    code: 'sale-not-cancellable',
    found: `sale ${sale}: ${why}`,
    expected: 'the sale in progress, before it is paid',
  });
}
