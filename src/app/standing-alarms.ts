import type { Entry } from '../domain/journal.ts';
import type { Till } from '../domain/till/state.ts';

/** Alarms that hold over a restart until a person has seen to them, and the fact in which the journal keeps the detail of each. */
export const ALARM_FACTS = {
  'output-faulty': 'fault.output',
  'delivery-unknown': 'alarm.delivery-unknown',
  'card-unresolved': 'alarm.card-unresolved',
} as const;

/** An alarm that stands for many things names the first of them; all are in the journal. */
const MOST_DETAIL = 2_000;

export interface StandingAlarm {
  readonly code: keyof typeof ALARM_FACTS;
  readonly detail: string;
}

/**
 * What of these entries only a person can clear up: a delivery nobody knows the end of, and a card payment the payment
 * server never spoke about, as the money may have left the account. The till may be the one before or after them.
 */
export function alarmsIn(entries: readonly Entry[], till: Till): StandingAlarm[] {
  return entries.flatMap((entry): StandingAlarm[] => {
    if (entry.kind === 'act.outcome' && entry.result === 'indeterminate') {
      return [{ code: 'delivery-unknown', detail: `sale ${entry.sale}: ${entry.reason}; look whether the customer was served` }];
    }
    return entry.kind === 'charge.abandoned' ? cardUnresolved(entry.charge, till) : [];
  });
}

/** The alarm about a charge that the payment server says nothing of; none for a charge without a card. */
export function cardUnresolved(charge: string, till: Till): StandingAlarm[] {
  const card = (till.charges[charge] ?? till.resolved.find(({ id }) => id === charge))?.card;
  if (!card) return [];
  const what = `${card.org} ${card.maskedPan}, charge ${charge}`;
  return [{ code: 'card-unresolved', detail: `${what}: the payment server has not said what became of it; settle it with the acquirer` }];
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
