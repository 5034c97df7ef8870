import type { Entry } from '../domain/journal.ts';
import { knownCharge, type Till } from '../domain/till/state.ts';

/** Alarms that hold over a restart until a person has seen to them, and the fact in which the journal keeps the detail of each. */
export const ALARM_FACTS = {
  'output-faulty': 'fault.output',
  'delivery-unknown': 'alarm.delivery-unknown',
  'card-unresolved': 'alarm.card-unresolved',
  'terminal-unresolved': 'alarm.terminal-unresolved',
  'bill-unknown': 'alarm.bill-unknown',
  'cash-unassigned': 'alarm.cash-unassigned',
  'top-up-unresolved': 'alarm.top-up-unresolved',
} as const;

/** An alarm that stands for many things names the first of them; all are in the journal. */
const MOST_DETAIL = 2_000;

export interface StandingAlarm {
  readonly code: keyof typeof ALARM_FACTS;
  readonly detail: string;
}

/**
 * What of these entries only a person can clear up: a delivery nobody knows the end of, cash of unknown value, and a payment
 * by card, by top-up card or at a terminal that the backend never spoke about, as the money may have left the account. The till may be the one before or after them.
 */
export function alarmsIn(entries: readonly Entry[], till: Till): StandingAlarm[] {
  return entries.flatMap((entry): StandingAlarm[] => {
    if (entry.kind === 'act.outcome' && entry.result === 'indeterminate') {
      return [{ code: 'delivery-unknown', detail: `sale ${entry.sale}: ${entry.reason}; look whether the customer was served` }];
    }
    if (entry.kind === 'bill.unknown') return billUnknown(entry.piece, till);
    if (entry.kind === 'cash.unassigned') {
      // The same for all of one acceptor: how many there were the counters and the journal say.
      const detail = `pulses or pieces of ${entry.acceptor} match no denomination, or some were lost; the money is counted as unassigned`;
      return [{ code: 'cash-unassigned', detail }];
    }
    return entry.kind === 'charge.abandoned' ? chargeUnresolved(entry.charge, till) : [];
  });
}

/** The till is the one before the entry: the one after it knows the bill no more. */
function billUnknown(piece: string, till: Till): StandingAlarm[] {
  const held = till.held[piece];
  const what = held ? `a bill of ${held.amountMinor} minor units in ${held.acceptor}` : 'a bill';
  return [{ code: 'bill-unknown', detail: `${what}, ${piece}: the box stopped while it was being kept; count the stacker` }];
}

/** The alarm about a charge that the backend says nothing of; none for one by QR, which is the bank's to clear up. */
export function chargeUnresolved(charge: string, till: Till): StandingAlarm[] {
  const { card, terminal, topUp } = knownCharge(till, charge) ?? {};
  if (card) {
    const what = `${card.org} ${card.maskedPan}, charge ${charge}`;
    return [{ code: 'card-unresolved', detail: `${what}: the payment server has not said what became of it; settle it with the acquirer` }];
  }
  if (topUp) {
    const what = `${topUp.operator}, charge ${charge}`;
    return [{ code: 'top-up-unresolved', detail: `${what}: the backend has not said what became of the card; look it up there` }];
  }
  if (!terminal) return [];
  const what = `${terminal}, charge ${charge}`;
  return [{ code: 'terminal-unresolved', detail: `${what}: the backend has not said what became of it; look it up there` }];
}

/** The facts to commit together with these alarms: a power cut right after them must not make the box forget. `known` reads a fact. */
export function alarmFacts(alarms: readonly StandingAlarm[], known: (fact: string) => string | null): Readonly<Record<string, string>> {
  const facts: Record<string, string> = {};
  for (const { code, detail } of alarms) {
    const fact = ALARM_FACTS[code];
    const before = facts[fact] ?? known(fact);
    if (before === null) facts[fact] = detail;
    else if (!before.includes(detail)) facts[fact] = before.length > MOST_DETAIL ? before : `${before} | ${detail}`;
  }
  return facts;
}
