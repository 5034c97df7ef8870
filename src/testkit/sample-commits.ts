import type { Entry, SaleReport } from '../domain/journal.ts';
import type { Commit } from '../ports/store.ts';

/** Synthetic business for tests and measurements: sale `n` of `dueMinor`, paid by QR. */
export function qrSale(n: number, dueMinor = 2_000): { readonly opening: Commit; readonly payment: Commit } {
  const sale = `sale-${n}`;
  const charge = `charge-${n}`;
  const request = `request-${n}`;
  const act = `act-${n}`;
  const opening: Entry[] = [
    {
      kind: 'sale.opened',
      sale,
      dueMinor,
      description: 'Wash programme 2',
      origin: 'button',
      drive: { mode: 'hold', holdMs: 5_000 },
    },
    { kind: 'charge.requested', sale, request, amountMinor: dueMinor },
    {
      kind: 'charge.created',
      sale,
      request,
      charge,
      amountMinor: dueMinor,
      qr: `000201${'0'.repeat(120)}`,
      expiresAtMs: 1_800_000_000_000,
    },
  ];
  const payment: Entry[] = [
    { kind: 'charge.paid', sale, charge, amountMinor: dueMinor, via: 'push', late: false },
    { kind: 'sale.settled', sale, dueMinor },
    { kind: 'act.intent', sale, act, drive: { mode: 'hold', holdMs: 5_000 } },
  ];
  return {
    opening: { entries: opening },
    payment: {
      entries: payment,
      outbox: [{ id: `report-${n}`, lane: 'sale', report: reportOf(sale, dueMinor) }],
      inbox: [{ source: 'promptpay', id: charge }],
    },
  };
}

/** A coin of `amountMinor` as train `n`. */
export function coin(n: number, amountMinor = 1_000, sale: string | null = null): Entry {
  return { kind: 'cash.credited', sale, method: 'coin', acceptor: 'coins', train: `train-${n}`, amountMinor };
}

export function reportOf(sale: string, qrMinor: number): SaleReport {
  return {
    id: `report-of-${sale}`,
    sale,
    status: 'SUCCEEDED',
    qrMinor,
    charge: `charge-of-${sale}`,
    cash: { coin: {}, bill: {} },
    currency: 'THB',
  };
}
