import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCREEN_IDENTIFIERS } from '../../protocols/kiosk/codec.ts';
import { isWaiting, moveOn, resultStep, type SessionEvent, type Step, type TransactionState } from './session.ts';

const STEPS = Object.keys(SCREEN_IDENTIFIERS) as Step[];
const EVENTS: readonly SessionEvent[] = [
  'amount',
  'other-amount',
  'typed-amount',
  'method',
  'method-over-limit',
  'cancel',
  'printed',
  'box-error',
  'approved',
  'declined',
  'terminal-error',
  'elapsed',
];
const UNDECIDED = { decided: false, ticket: false };
const PAID = { decided: true, ticket: true };

/** Every pair that is not refused, as "step + event -> [by ->] step (state)", with a ticket to print once there is a result. */
const MOVES = `
amount-select + amount -> payment-method (open)
amount-select + other-amount -> keypad (open)
amount-select + box-error -> device-error
amount-select + terminal-error -> device-error
keypad + typed-amount -> payment-method
keypad + cancel -> amount-select (cancelled)
keypad + box-error -> device-error (cancelled)
keypad + terminal-error -> device-error (cancelled)
keypad + elapsed -> amount-select (timed-out)
payment-method + method -> processing (processing)
payment-method + method-over-limit -> processing -> limit-error (limited)
payment-method + cancel -> amount-select (cancelled)
payment-method + box-error -> device-error (cancelled)
payment-method + terminal-error -> device-error (cancelled)
payment-method + elapsed -> amount-select (timed-out)
processing + box-error -> stays
processing + approved -> success (success)
processing + declined -> failed (failed)
processing + terminal-error -> failed -> device-error (failed)
processing + elapsed -> amount-select (timed-out)
success + box-error -> device-error
success + terminal-error -> device-error
success + elapsed -> print-ticket
failed + box-error -> device-error
failed + terminal-error -> device-error
failed + elapsed -> print-ticket
limit-error + box-error -> device-error
limit-error + terminal-error -> device-error
limit-error + elapsed -> print-ticket
print-ticket + printed -> collect-ticket
print-ticket + box-error -> device-error
print-ticket + terminal-error -> device-error
print-ticket + elapsed -> thank-you
collect-ticket + printed -> stays
collect-ticket + box-error -> device-error
collect-ticket + terminal-error -> device-error
collect-ticket + elapsed -> thank-you
thank-you + printed -> stays
thank-you + box-error -> device-error
thank-you + terminal-error -> device-error
thank-you + elapsed -> amount-select
device-error + printed -> stays
device-error + box-error -> device-error
device-error + terminal-error -> device-error
device-error + elapsed -> print-ticket`;

const BEFORE_A_RESULT: ReadonlySet<Step> = new Set(['amount-select', 'keypad', 'payment-method', 'processing']);

function line(step: Step, event: SessionEvent): string | null {
  const move = moveOn(step, event, BEFORE_A_RESULT.has(step) ? UNDECIDED : PAID);
  if ('impossible' in move) return null;
  if (move.stays) return `${step} + ${event} -> stays`;
  const state = move.state ? ` (${move.state})` : '';
  return `${step} + ${event} -> ${move.by ? `${move.by} -> ` : ''}${move.to}${state}`;
}

describe('steps and events', () => {
  const all = STEPS.flatMap((step) => EVENTS.map((event) => [step, event] as const));

  test('every pair moves, stays or is refused, exactly so', () => {
    expect(all).toHaveLength(11 * 12);
    expect(`\n${all.flatMap(([step, event]) => line(step, event) ?? []).join('\n')}`).toBe(MOVES);
  });

  test('what is refused says why', () => {
    const refused = all.filter(([step, event]) => line(step, event) === null);
    expect(refused).toHaveLength(132 - MOVES.trim().split('\n').length);
    for (const [step, event] of refused) {
      expect(moveOn(step, event, UNDECIDED)).toEqual({
        impossible: expect.stringMatching(/^[A-Z][a-z ]+ is not possible on this screen$/),
      });
    }
  });

  test('without a ticket to print, thanks; without a result, the start', () => {
    for (const step of ['success', 'failed', 'limit-error', 'device-error'] as const) {
      expect(moveOn(step, 'elapsed', { decided: true, ticket: false })).toEqual({ to: 'thank-you' });
    }
    expect(moveOn('device-error', 'elapsed', UNDECIDED)).toEqual({ to: 'amount-select' });
  });

  test('every step but the start ends by itself', () => {
    for (const step of STEPS) expect(line(step, 'elapsed') === null).toBe(step === 'amount-select');
  });
});

interface Walk {
  readonly step: Step;
  readonly state: TransactionState;
  readonly ticket: boolean;
}

/** Walks as the backend does: a ticket is wanted once it is paid, and no more once it was tried. */
function walked(events: readonly SessionEvent[]): Walk[] {
  let at: Walk = { step: 'amount-select', state: 'open', ticket: false };
  const way = [at];
  for (const event of events) {
    const move = moveOn(at.step, event, { decided: resultStep(at.state) !== null, ticket: at.ticket });
    if ('impossible' in move || move.stays) continue;
    const state = move.state ?? at.state;
    const ticket = move.state === 'success' || (at.ticket && at.step !== 'print-ticket');
    at = { step: move.to, state, ticket };
    way.push(at);
    if (at.step === 'amount-select') break;
  }
  return way;
}

describe('whatever happens to a transaction', () => {
  const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 });
  const isSettled = ({ state }: Walk) => state !== 'open' && state !== 'processing';

  test('what it has come to never changes', () => {
    fc.assert(
      fc.property(events, (some) => {
        const settled = walked(some).filter(isSettled);
        expect(new Set(settled.map(({ state }) => state)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('it is paid only by way of the terminal, and a ticket only follows a payment', () => {
    fc.assert(
      fc.property(events, (some) => {
        const way = walked(some);
        const steps = way.map(({ step }) => step);
        if (way.some(({ state }) => state === 'success')) expect(steps).toEqual(expect.arrayContaining(['payment-method', 'processing']));
        for (const { step, state } of way) if (step === 'print-ticket' || step === 'collect-ticket') expect(state).toBe('success');
      }),
    );
  });

  test('left alone it comes back to the start', () => {
    fc.assert(
      fc.property(events, (some) => {
        const first = walked(some).at(-1)?.step;
        const after = walked([...some, ...Array<SessionEvent>(6).fill('elapsed')]).at(-1)?.step;
        expect(after).toBe('amount-select');
        if (first && isWaiting(first))
          expect(walked([...some, 'elapsed']).at(-1)).toEqual({ step: 'amount-select', state: 'timed-out', ticket: false });
      }),
    );
  });
});
