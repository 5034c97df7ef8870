import type { Entry } from '../../domain/journal.ts';
import { CARDS_PATH, CHECKOUT_PATH } from '../../protocols/payment-gateway/codec.ts';
import { checkPaymentGateway } from './payment-gateway-books.ts';
import {
  type AtQr,
  atQr,
  billThenQr,
  buyFromCredit,
  type Customer,
  cancel,
  decideLate,
  EXCESS,
  ending,
  entriesOf,
  losing,
  nothing,
  open,
  payAfterRestart,
  payInParts,
  payLate,
  payLateForAnother,
  payLateInParts,
  payRestOnFirst,
  payRestTwice,
  payTooMuch,
  payUntold,
  payWhole,
  topUp,
  UNDER_WAY,
  view,
} from './payment-gateway-customers.ts';
import { DEAF_MACHINE, PaymentGatewayWorld } from './payment-gateway-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';
import type { Terms } from './world.ts';

interface Story {
  readonly customer: Customer;
  /** Before the sale, in each life of the box. */
  readonly prepare?: (world: PaymentGatewayWorld, round: Round) => Promise<void>;
  /** What happens to the sale while the box is off, in a life before. */
  readonly away?: AtQr;
  /** When the sale is over; false when the box died over it. */
  readonly later?: (world: PaymentGatewayWorld, round: Round, sale: string) => Promise<boolean>;
  /** How it must end; null: both may be right. Default: paid. */
  readonly comesTo?: 'paid' | 'cancelled' | null;
  readonly terms?: Terms;
  readonly lastsMs?: number;
}

/** Whatever is paid too much or too late is owed back. */
const REFUND: Terms = { sale: { overpayment: 'refund', latePayment: 'refund', cancelledCash: 'refund' } };
/** A payment may come so long after the QR has left the screen, which it does soon. */
const LATE = { qrMaxMs: 600, graceMs: 5_000 };
const LATE_REFUND: Terms = { sale: { ...REFUND.sale, ...LATE } };
const LATE_CREDIT: Terms = { sale: { ...LATE, latePayment: 'credit' } };

const SCENARIOS: readonly Scenario<PaymentGatewayWorld>[] = [
  scenario('vietqr', { customer: atQr(payWhole) }),
  scenario('vietqr-silent', { customer: atQr(payUntold) }),
  scenario('vietqr-parts', { customer: atQr(payInParts), terms: REFUND, lastsMs: 1_200 }),
  scenario('vietqr-parts-old', { customer: atQr(payRestOnFirst), terms: REFUND, lastsMs: 1_200 }),
  scenario('vietqr-parts-both', { customer: atQr(payRestTwice), terms: REFUND, lastsMs: 1_200 }),
  scenario('vietqr-overpaid', { customer: atQr(payTooMuch), terms: REFUND }),
  scenario('vietqr-overpaid-credit', { customer: atQr(payTooMuch), later: buyFromCredit(EXCESS) }),
  scenario('vietqr-late', { customer: nothing, later: payLate, terms: LATE_REFUND, lastsMs: 1_200, comesTo: 'cancelled' }),
  scenario('vietqr-late-part', { customer: nothing, later: payLateInParts, terms: LATE_REFUND, lastsMs: 1_500, comesTo: 'cancelled' }),
  scenario('vietqr-late-credit', { customer: cancel, later: payLateForAnother, terms: LATE_CREDIT, comesTo: 'cancelled' }),
  scenario('vietqr-away', { customer: nothing, away: payWhole }),
  scenario('vietqr-away-part', { customer: atQr(payInParts), away: payInParts, terms: REFUND, lastsMs: 1_200 }),
  scenario('vietqr-away-cancelled', { customer: nothing, away: (world, _, charge) => world.end(charge, 'cancel'), comesTo: 'cancelled' }),
  scenario('vietqr-cancelled', { customer: atQr(ending('cancel')), comesTo: 'cancelled' }),
  scenario('vietqr-expired', { customer: atQr(ending('expire')), comesTo: 'cancelled' }),
  scenario('vietqr-failed', { customer: atQr(ending('fail')), comesTo: 'cancelled' }),
  scenario('vietqr-cancelled-paid', { customer: atQr(ending('cancel')), later: payLate, terms: LATE_REFUND, comesTo: 'cancelled' }),
  scenario('vietqr-cash', { customer: billThenQr, lastsMs: 1_500 }),
  scenario('vietqr-lost-answer', { customer: atQr(payWhole), prepare: losing(CHECKOUT_PATH), lastsMs: 1_200 }),
  scenario('vietqr-gateway-restarted', { customer: atQr(payAfterRestart), lastsMs: 1_200 }),
  scenario('vietqr-undelivered', { customer: atQr(payWhole), terms: { board: DEAF_MACHINE } }),
  // What the end of a serial means is the simulated operators': see the test cards of the reference backend.
  scenario('top-up-success', { customer: topUp('10'), terms: REFUND, lastsMs: 1_500, comesTo: null }),
  scenario('top-up-wrong-amount', { customer: topUp('01'), terms: REFUND, lastsMs: 1_500, comesTo: null }),
  scenario('top-up-failed', { customer: topUp('00'), terms: REFUND, lastsMs: 1_500, comesTo: null }),
  scenario('top-up-lost-answer', { customer: topUp('11'), prepare: losing(CARDS_PATH), terms: REFUND, lastsMs: 2_000, comesTo: null }),
  scenario('top-up-late', { customer: topUp('02'), later: decideLate, terms: REFUND, lastsMs: 2_500, comesTo: null }),
];

/** The machine at the payment gateway, and what can happen before it. */
export const PAYMENT_GATEWAY: Setting<PaymentGatewayWorld> = {
  name: 'payment-gateway',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new PaymentGatewayWorld();
    await world.open();
    await world.start(null);
    await world.until(async () => (await world.status())?.ready.qr === true);
    await world.quiet();
    return world;
  },
  check: checkPaymentGateway,
};

function scenario(
  name: string,
  { customer, prepare, away, later, comesTo = 'paid', terms = {}, lastsMs = 700 }: Story,
): Scenario<PaymentGatewayWorld> {
  const play = async (world: PaymentGatewayWorld, round: Round): Promise<boolean> => {
    await prepare?.(world, round);
    const sale = await open(world, round.key);
    if (!sale) return false;
    const over = await world.until(async () => {
      const now = await view(world, sale.id);
      if (now === null || !(await customer(world, round, now)) || UNDER_WAY.includes(now.state)) return false;
      if (comesTo !== null && (now.state === 'cancelled') !== (comesTo === 'cancelled')) throw new Error(`the sale ended ${now.state}`);
      return true;
    });
    return over && ((await later?.(world, round, sale.id)) ?? true) && settled(world, round);
  };
  if (!away) return { name, terms, lastsMs, play };
  const before = async (world: PaymentGatewayWorld, round: Round): Promise<void> => {
    await world.start(null);
    const sale = await open(world, round.key);
    let charge: string | null = null;
    await world.until(async () => {
      const now = await view(world, sale?.id ?? '');
      if (now?.state === 'qr') charge = now.charge;
      return charge !== null;
    });
    await world.quiet();
    if (charge !== null) await away(world, round, charge);
  };
  return { name, terms, lastsMs, before, play };
}

/** Waits until nothing is open any more and everything has been said. */
function settled(world: PaymentGatewayWorld, round: Round): Promise<boolean> {
  return world.until(async () => {
    const status = await world.status();
    if (!status || status.sale !== null || status.watching !== 0 || status.queue.waiting !== 0) return false;
    const kinds = (await entriesOf(world, round)).map(({ kind }) => kind);
    const count = (wanted: Entry['kind']) => kinds.filter((kind) => kind === wanted).length;
    return count('charge.paid') === count('announced');
  });
}
