import type { SaleView } from '../../app/box.ts';
import { checkPromptPay } from './promptpay-books.ts';
import { DEAF_MACHINE, PromptPayWorld } from './promptpay-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';
import type { Terms } from './world.ts';

const DUE_MINOR = 2_000;
/** A QR leaves the screen after this, and is paid then. */
const EXPIRES = { qrMaxMs: 300 };
export const UNDER_WAY: readonly string[] = ['requesting', 'qr', 'cash', 'delivering'];

type Play = Scenario<PromptPayWorld>['play'];

const SCENARIOS: readonly Scenario<PromptPayWorld>[] = [
  scenario('qr', paying([])),
  scenario('cash', paying([1_000, 500, 500])),
  scenario('mixed', paying([500])),
  scenario('late-credit', payingLate, { sale: { ...EXPIRES, latePayment: 'credit' } }),
  scenario('late-refund', payingLate, { sale: { ...EXPIRES, latePayment: 'refund' } }),
  scenario('cancelled-refund', cancelling, { sale: { cancelledCash: 'refund' } }),
  scenario('undelivered', paying([]), { board: DEAF_MACHINE }),
];

/** The box with QR, coins and a relay, and what can happen before it. */
export const PROMPTPAY: Setting<PromptPayWorld> = {
  name: 'promptpay',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new PromptPayWorld();
    await world.open();
    await world.start(null);
    await world.pairUp();
    await world.quiet();
    return world;
  },
  check: checkPromptPay,
};

function scenario(name: string, play: Play, terms: Terms = {}): Scenario<PromptPayWorld> {
  return { name, terms, lastsMs: 600, play };
}

/**
 * Opens a sale of 20 baht and pays it with these coins and the rest by QR. After a restart without the coins, as a
 * customer would who has already put them in.
 */
function paying(coins: readonly number[]): Play {
  return async (world, { key }, again) => {
    const sale = await open(world, key);
    if (!sale) return false;
    if (!again && !(await putIn(world, sale.id, coins))) return false;
    return (await over(world, sale.id)) && (await drained(world));
  };
}

/** Pays a QR only when it has left the screen; money that is credited buys the same once more. */
async function payingLate(world: PromptPayWorld, { key, after }: Round): Promise<boolean> {
  const sale = await open(world, key);
  if (!sale) return false;
  const gone = await world.until(async () => (await view(world, sale.id))?.state === 'cancelled');
  const charge = gone ? (await view(world, sale.id))?.charge : null;
  if (!charge) return false;
  await world.backend(`/ref/charges/${charge}/pay`, { late: true });
  const booked = await world.until(async () => {
    const entries = (await world.ledger(after)) ?? [];
    return entries.some(({ entry }) => entry.kind === 'charge.paid' && entry.charge === charge);
  });
  if (!booked) return false;
  if (world.terms.sale?.latePayment === 'credit') {
    const second = await open(world, `${key}-from-credit`);
    if (!second || !(await over(world, second.id))) return false;
  }
  return drained(world);
}

/** Puts in a coin, cancels, and turns down at the bank what was left to pay. */
async function cancelling(world: PromptPayWorld, { key }: Round, again: boolean): Promise<boolean> {
  const sale = await open(world, key);
  if (!sale) return false;
  if (!again && !(await putIn(world, sale.id, [500]))) return false;
  const before = await view(world, sale.id);
  if (!before) return false;
  if (before.state !== 'cancelled' && !(await world.box(`/v1/sales/${sale.id}/cancel`, {}))) return false;
  for (const charge of await world.charges()) {
    if (charge.state === 'open') await world.backend(`/ref/charges/${charge.chargeId}/fail`, {});
  }
  return (await world.until(async () => (await world.status())?.watching === 0)) && (await drained(world));
}

const open = (world: PromptPayWorld, key: string): Promise<SaleView | null> =>
  world.box('/v1/sales', { amountMinor: DUE_MINOR, description: 'Crash test', idempotencyKey: key });

export const view = (world: PromptPayWorld, sale: string): Promise<SaleView | null> => world.box(`/v1/sales/${sale}`);

/** Puts in coins and waits until the box has counted them, as long as it lives. */
async function putIn(world: PromptPayWorld, sale: string, coins: readonly number[]): Promise<boolean> {
  for (const coin of coins) if (!(await world.insert(coin))) return false;
  const total = coins.reduce((sum, coin) => sum + coin, 0);
  return world.until(async () => ((await view(world, sale))?.cashMinor ?? 0) >= total);
}

/** Follows a sale to its end, paying whatever QR is on the screen. */
export function over(world: PromptPayWorld, id: string): Promise<boolean> {
  return world.until(async () => {
    const sale = await view(world, id);
    if (sale?.state === 'qr' && sale.charge) await world.backend(`/ref/charges/${sale.charge}/pay`, {});
    return sale !== null && !UNDER_WAY.includes(sale.state);
  });
}

/** Waits until everything that was to be reported has been taken by the backend. */
export function drained(world: PromptPayWorld): Promise<boolean> {
  return world.until(async () => (await world.status())?.queue.waiting === 0);
}
