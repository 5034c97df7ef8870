import { type Entry, type Recorded, SUM_OF } from '../journal.ts';
import { addPieces, EMPTY_TALLY, emptyTill, RESOLVED_KEPT, type ResolvedCharge, type Sale, type Till, withoutPieces } from './state.ts';

function withSale(till: Till, sale: string, change: (sale: Sale) => Partial<Sale>): Till {
  return till.sale?.id === sale ? { ...till, sale: { ...till.sale, ...change(till.sale) } } : till;
}

function withoutOrder(till: Till, order: string | undefined): Till {
  return order === undefined ? till : { ...till, orders: till.orders.filter(({ id }) => id !== order) };
}

function withoutHeld(till: Till, piece: string | undefined): Till {
  if (piece === undefined || !Object.hasOwn(till.held, piece)) return till;
  const { [piece]: _, ...held } = till.held;
  return { ...till, held };
}

function offScreen(till: Till, charge: string, state: 'superseded' | 'expired'): Till {
  const open = till.charges[charge];
  if (!open) return till;
  const moved = { ...till, charges: { ...till.charges, [charge]: { ...open, state } } };
  return withSale(moved, open.sale, (s) => (s.charge === charge ? { charge: null } : {}));
}

function resolve(till: Till, charge: string, sale: string, outcome: ResolvedCharge['outcome'], amountMinor?: number): Till {
  const { [charge]: open, ...charges } = till.charges;
  const known = till.resolved.find((r) => r.id === charge);
  const amount = amountMinor ?? open?.amountMinor ?? known?.amountMinor ?? 0;
  const others = till.resolved.filter((r) => r.id !== charge).slice(-(RESOLVED_KEPT - 1));
  const card = open?.card ?? known?.card;
  const terminal = open?.terminal ?? known?.terminal;
  const topUp = open?.topUp ?? known?.topUp;
  const partMinor = open?.partMinor ?? known?.partMinor;
  const contradicted = known?.contradicted ?? false;
  const resolved = [
    ...others,
    {
      id: charge,
      sale,
      amountMinor: amount,
      outcome,
      contradicted,
      ...(card && { card }),
      ...(terminal && { terminal }),
      ...(topUp && { topUp }),
      ...(partMinor && { partMinor }),
    },
  ];
  return withSale({ ...till, charges, resolved }, sale, (s) => (s.charge === charge ? { charge: null } : {}));
}

function partPaid(till: Till, { sale, charge, amountMinor, late }: Extract<Entry, { kind: 'charge.part-paid' }>): Till {
  const open = till.charges[charge];
  const charges = open ? { ...till.charges, [charge]: { ...open, partMinor: (open.partMinor ?? 0) + amountMinor } } : till.charges;
  const credited = { ...till, charges, creditMinor: till.creditMinor + amountMinor };
  const owed = till.owed[sale];
  if (late) return owed ? { ...credited, owed: { ...till.owed, [sale]: { ...owed, qrMinor: owed.qrMinor + amountMinor } } } : credited;
  return withSale(credited, sale, (s) => ({ qrMinor: s.qrMinor + amountMinor, lastCharge: charge }));
}

/** The till after one more entry. Total: it never throws and never decides; `decide` wrote only entries that fit. */
export function apply(till: Till, entry: Entry): Till {
  switch (entry.kind) {
    case 'boot':
      return { ...till, currency: entry.currency };
    case 'order.received': {
      const { order: id, kind: _, ...order } = entry;
      return { ...till, orders: [...till.orders, { id, ...order }] };
    }
    case 'order.refused':
    case 'order.announced':
      return withoutOrder(till, entry.order);
    case 'sale.opened':
      return {
        ...withoutOrder(till, entry.order),
        sale: {
          id: entry.sale,
          dueMinor: entry.dueMinor,
          description: entry.description,
          origin: entry.origin,
          drive: entry.drive,
          phase: 'paying',
          request: null,
          charge: null,
          qrRefusal: null,
          cashMinor: 0,
          qrMinor: 0,
          cardMinor: 0,
          terminalMinor: 0,
          topUpMinor: 0,
          lastCharge: null,
          act: null,
        },
      };
    case 'charge.requested':
      return withSale(till, entry.sale, () => ({ request: { id: entry.request, amountMinor: entry.amountMinor }, qrRefusal: null }));
    case 'charge.created': {
      const { charge: id, sale, amountMinor, qr, expiresAtMs, card, terminal, topUp } = entry;
      const open = {
        id,
        sale,
        amountMinor,
        qr,
        expiresAtMs,
        state: 'shown' as const,
        ...(card && { card }),
        ...(terminal && { terminal }),
        ...(topUp && { topUp }),
      };
      const charges = { ...till.charges, [id]: open };
      return withSale({ ...till, charges }, sale, () => ({ request: null, qrRefusal: null, charge: id, lastCharge: id }));
    }
    case 'charge.refused':
      return withSale(till, entry.sale, () => ({ request: null, qrRefusal: { code: entry.code, reason: entry.reason } }));
    case 'charge.superseded':
      return offScreen(till, entry.charge, 'superseded');
    case 'charge.expired':
      return offScreen(till, entry.charge, 'expired');
    case 'charge.paid': {
      const paid = resolve(till, entry.charge, entry.sale, 'paid', entry.amountMinor);
      const { charge, sale, amountMinor } = entry;
      const told = {
        ...paid,
        creditMinor: paid.creditMinor + amountMinor,
        unannounced: [...paid.unannounced, { charge, sale, amountMinor }],
      };
      if (entry.late) return told;
      const taken = SUM_OF[entry.method ?? 'qr'];
      return withSale(told, sale, (s) => ({ [taken]: s[taken] + amountMinor, lastCharge: charge }));
    }
    case 'charge.part-paid':
      return partPaid(till, entry);
    case 'charge.failed':
      return resolve(till, entry.charge, entry.sale, 'failed');
    case 'charge.abandoned':
      return resolve(till, entry.charge, entry.sale, 'abandoned');
    case 'charge.conflict':
      return { ...till, resolved: till.resolved.map((r) => (r.id === entry.charge ? { ...r, contradicted: true } : r)) };
    case 'bill.held': {
      const { acceptor, amountMinor, sale } = entry;
      return { ...till, held: { ...till.held, [entry.piece]: { acceptor, amountMinor, sale } } };
    }
    case 'bill.returned':
    case 'bill.unknown':
      return withoutHeld(till, entry.piece);
    case 'cash.credited': {
      const tally = addPieces(till.tally, entry.method, String(entry.amountMinor), 1);
      const credited = { ...withoutHeld(till, entry.piece), tally, creditMinor: till.creditMinor + entry.amountMinor };
      return entry.sale === null ? credited : withSale(credited, entry.sale, (s) => ({ cashMinor: s.cashMinor + entry.amountMinor }));
    }
    case 'cash.unassigned':
      return withoutHeld(till, entry.piece);
    case 'sale.settled': {
      const settled = { ...till, creditMinor: till.creditMinor - entry.dueMinor };
      return withSale(settled, entry.sale, () => ({ phase: 'delivering', request: null }));
    }
    case 'sale.cancelled': {
      const sale = till.sale;
      if (sale?.id !== entry.sale) return till;
      const { qrMinor, cardMinor, terminalMinor, topUpMinor, lastCharge } = sale;
      const owed = { reason: entry.reason, cash: till.tally, qrMinor, cardMinor, terminalMinor, topUpMinor, lastCharge };
      return { ...till, sale: null, tally: EMPTY_TALLY, owed: { ...till.owed, [entry.sale]: owed } };
    }
    case 'refund.due':
      return entry.from === 'credit' ? { ...till, creditMinor: till.creditMinor - entry.amountMinor } : till;
    case 'act.intent':
      return withSale(till, entry.sale, () => ({ act: entry.act }));
    case 'act.outcome':
      return till.sale?.act === entry.act ? { ...till, sale: null } : till;
    case 'announced':
      return { ...till, unannounced: till.unannounced.filter((u) => u.charge !== entry.charge) };
    case 'report.queued': {
      const { [entry.sale]: owed, ...others } = till.owed;
      const reported = owed ? { ...till, owed: others } : { ...till, tally: withoutPieces(till.tally, entry.report.cash) };
      // A sale that drives no output is over once it is settled and reported.
      return reported.sale?.id === entry.sale && reported.sale.phase === 'delivering' && reported.sale.drive === null
        ? { ...reported, sale: null }
        : reported;
    }
    case 'ticket.intent':
      return { ...till, tickets: { ...till.tickets, [entry.ticket]: entry.sale } };
    case 'ticket.outcome': {
      const { [entry.ticket]: _, ...tickets } = till.tickets;
      return { ...till, tickets };
    }
    case 'counters.reset':
      return till;
  }
}

/** Folds journal entries, in order, onto a till (by default an empty one). */
export function replay(recorded: Iterable<Recorded>, onto: Till = emptyTill('THB')): Till {
  let till = onto;
  for (const { seq, entry } of recorded) till = { ...apply(till, entry), seq };
  return till;
}
