import type { SaleView } from '../../app/box.ts';
import type { Entry } from '../../domain/journal.ts';
import type { PaymentGatewayWorld } from './payment-gateway-world.ts';
import type { Round } from './setting.ts';

/** What the customer does about a sale as it is shown; looked at again and again. False when the box died over it. */
export type Customer = (world: PaymentGatewayWorld, round: Round, sale: SaleView) => Promise<boolean>;
/** One customer with a QR on the screen. */
export type AtQr = (world: PaymentGatewayWorld, round: Round, charge: string) => Promise<void>;

const PRICE = 10_000;
const PART = 4_000;
export const EXCESS = 3_000;
const BILL = 5_000;
export const UNDER_WAY: readonly string[] = ['requesting', 'qr', 'cash', 'authorising', 'delivering'];

export const open = (world: PaymentGatewayWorld, key: string, amountMinor = PRICE): Promise<SaleView | null> =>
  world.box('/v1/sales', { amountMinor, description: 'Crash test', idempotencyKey: key });

export const view = (world: PaymentGatewayWorld, sale: string): Promise<SaleView | null> => world.box(`/v1/sales/${sale}`);

export async function entriesOf(world: PaymentGatewayWorld, { after }: Round): Promise<readonly Entry[]> {
  return ((await world.ledger(after)) ?? []).map(({ entry }) => entry);
}

/** The customer acts whenever a QR is on the screen. */
export function atQr(act: AtQr): Customer {
  return async (world, round, { state, charge }) => {
    if (state === 'qr' && charge !== null) await act(world, round, charge);
    return true;
  };
}

export async function nothing(): Promise<boolean> {
  return true;
}

export function payWhole(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  return world.once(round, `pay ${charge}`, () => world.pay(charge));
}

/** The bank takes its time, and nobody tells the gateway. */
export function payUntold(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  return world.once(round, `pay ${charge}`, async () => {
    await world.end(charge, 'process');
    await world.pay(charge, undefined, { lost: true });
  });
}

/** A part of the first QR, and whatever QR comes after it whole. */
export function payInParts(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  const part = charge === world.firstOf(round, charge);
  return world.once(round, `pay ${charge}`, () => world.pay(charge, part ? PART : undefined));
}

/** A part of the first QR, and when there is another one the rest of the first. */
export async function payRestOnFirst(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  const first = world.firstOf(round, charge);
  if (charge === first) await world.once(round, 'pay a part', () => world.pay(first, PART));
  else await world.once(round, 'pay the rest', () => world.pay(first, PRICE - PART));
}

/** As before, and the second QR too. */
export async function payRestTwice(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  await payRestOnFirst(world, round, charge);
  if (charge !== world.firstOf(round, charge)) await payWhole(world, round, charge);
}

export function payTooMuch(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  return world.once(round, `pay ${charge}`, () => world.pay(charge, PRICE + EXCESS));
}

export function ending(how: 'cancel' | 'expire' | 'fail'): AtQr {
  return (world, round, charge) => world.once(round, how, () => world.end(charge, how));
}

export function losing(path: string) {
  return (world: PaymentGatewayWorld, round: Round): Promise<void> => world.once(round, 'lose the answer', () => world.loseAnswer(path));
}

export async function payAfterRestart(world: PaymentGatewayWorld, round: Round, charge: string): Promise<void> {
  await world.once(round, 'restart', () => world.restartBackend());
  await payWhole(world, round, charge);
}

/** Through the API, as soon as the QR is there. */
export async function cancel(world: PaymentGatewayWorld, _: Round, { id, state }: SaleView): Promise<boolean> {
  return state !== 'qr' || (await world.box(`/v1/sales/${id}/cancel`, {})) !== null;
}

/** A bill while the QR is asked for or shown, and by QR whatever is left when it has been counted, or was lost with the power. */
export async function billThenQr(world: PaymentGatewayWorld, round: Round, sale: SaleView): Promise<boolean> {
  let counted = true;
  await world.once(round, 'bill', async () => {
    const cashMinor = async () => (await view(world, sale.id))?.cashMinor ?? 0;
    counted = (await world.insert(BILL)) && (await world.until(async () => (await cashMinor()) >= BILL));
  });
  const now = counted ? await view(world, sale.id) : null;
  return now !== null && atQr(payWhole)(world, round, now);
}

/** Waits until so much of a charge is in the journal. */
function booked(world: PaymentGatewayWorld, round: Round, charge: string, minor: number): Promise<boolean> {
  return world.until(async () => {
    const entries = await entriesOf(world, round);
    const amounts = entries.map((entry) =>
      (entry.kind === 'charge.paid' || entry.kind === 'charge.part-paid') && entry.charge === charge ? entry.amountMinor : 0,
    );
    return amounts.reduce((total, amount) => total + amount, 0) >= minor;
  });
}

/** The charge whose QR the sale showed, when the sale was given up; null when the box died. */
const shownIn = async (world: PaymentGatewayWorld, sale: string): Promise<string | null> => (await view(world, sale))?.charge ?? null;

export async function payLate(world: PaymentGatewayWorld, round: Round, sale: string): Promise<boolean> {
  const charge = await shownIn(world, sale);
  if (charge === null) return false;
  await world.once(round, 'pay late', () => world.pay(charge, undefined, { late: true }));
  return booked(world, round, charge, PRICE);
}

export async function payLateInParts(world: PaymentGatewayWorld, round: Round, sale: string): Promise<boolean> {
  const charge = await shownIn(world, sale);
  if (charge === null) return false;
  await world.once(round, 'pay a part late', () => world.pay(charge, PART, { late: true }));
  if (!(await booked(world, round, charge, PART))) return false;
  return payLate(world, round, sale);
}

export async function payLateForAnother(world: PaymentGatewayWorld, round: Round, sale: string): Promise<boolean> {
  return (await payLate(world, round, sale)) && buyFromCredit(PRICE)(world, round);
}

/** What is on the box buys something else. */
export function buyFromCredit(minor: number) {
  return async (world: PaymentGatewayWorld, { key }: Round): Promise<boolean> => {
    const second = await open(world, `${key}-from-credit`, minor);
    if (!second) return false;
    return world.until(async () => {
      const now = await view(world, second.id);
      return now !== null && !UNDER_WAY.includes(now.state);
    });
  };
}

/** A card with such a serial in place of the QR, tried once; what it does not pay is paid by QR. */
export function topUp(ending: string): Customer {
  return async (world, round, { id, state, charge }) => {
    if (state !== 'qr' && state !== 'cash') return true;
    const entries = await entriesOf(world, round);
    const given = entries.some((entry) => entry.kind === 'charge.created' && entry.topUp);
    if (given) {
      if (state === 'qr' && charge !== null) await payWhole(world, round, charge);
      return true;
    }
    // Nobody has this card.
    const number = round.key.replaceAll(/\D/g, '').padStart(10, '0');
    const card = { operator: 'Viettel', amountMinor: 10_000, serial: `1${number}${ending}`, pin: `9${number}${ending}` };
    return (await world.box(`/v1/sales/${id}/top-up`, card)) !== null;
  };
}

/** The operator decides when the customer has gone. */
export async function decideLate(world: PaymentGatewayWorld): Promise<boolean> {
  await world.decideOnCards();
  return true;
}
