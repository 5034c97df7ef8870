import type { SaleView } from '../../app/box.ts';
import { checkDs50 } from './ds50-books.ts';
import { type Decision, Ds50World, type PushedOrder } from './ds50-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';

const PRICE_MINOR = 500;
/** The issuer declines amounts that end in .05. */
const DECLINED_MINOR = 505;
/** A late payment is owed back. */
const TERMS = { sale: { latePayment: 'refund' } } as const;
/** An announcement speaks for as long. */
const ANNOUNCED_MS = 1_600;
const NO_ANSWER_MS = 1_900;

const SCENARIOS: readonly Scenario<Ds50World>[] = [
  cardSale('card-approved', PRICE_MINOR, { outcome: 'late', ms: 100 }, 400),
  cardSale('card-declined', DECLINED_MINOR, null, 400),
  cardSale('card-unanswered', PRICE_MINOR, { outcome: 'no-answer', recorded: true }, 400),
  cardSale('card-unknown', PRICE_MINOR, { outcome: 'no-answer', recorded: false }, NO_ANSWER_MS),
  order('order-sale', '00', 400),
  order('order-announcement', '99', ANNOUNCED_MS),
];

/** The payment speaker and what can happen before it. */
export const DS50: Setting<Ds50World> = {
  name: 'ds50',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new Ds50World();
    await world.open();
    await world.start(null);
    // The broker keeps what it has for a box only once that has subscribed.
    await world.until(async () => (await world.status())?.links.mqtt === 'up');
    await world.quiet();
    return world;
  },
  check: checkDs50,
};

/** A sale that a customer pays with a card, and what the payment server does with it. */
function cardSale(name: string, amountMinor: number, decision: Decision | null, lastsMs: number): Scenario<Ds50World> {
  const play = async (world: Ds50World, { key, after }: Round): Promise<boolean> => {
    await (decision ? world.lineUp(decision) : world.clearIssuer());
    const sale = await world.box<SaleView>('/v1/sales', { amountMinor, description: 'Crash test', idempotencyKey: key });
    return sale !== null && settled(world, after);
  };
  return { name, terms: TERMS, lastsMs, play };
}

/** An order of the backend, sent twice at first and once more when it was taken in; for a sale a card is presented. */
function order(name: string, transType: PushedOrder['transType'], lastsMs: number): Scenario<Ds50World> {
  const play = async (world: Ds50World, { key, after }: Round): Promise<boolean> => {
    const pushed: PushedOrder = { orderId: key, transType, amount: String(PRICE_MINOR) };
    await world.clearIssuer();
    // Only once over all lives: what the box lost the broker must deliver again.
    if (!world.pushed.has(key)) await world.push(pushed, true);
    const received = await world.until(async () => {
      const entries = (await world.ledger(after)) ?? [];
      return entries.some(({ entry }) => entry.kind === 'order.received' && entry.order === key);
    });
    if (!received) return false;
    await world.push(pushed, false);
    return settled(world, after);
  };
  return { name, terms: TERMS, lastsMs, play };
}

/** Presents a card when one is wanted, until nothing is open any more and every payment has been announced. */
function settled(world: Ds50World, after: number): Promise<boolean> {
  return world.until(async () => {
    const status = await world.status();
    const { sale, watching, orders } = status ?? { sale: null, watching: -1, orders: 0 };
    if (sale?.state === 'cash' && sale.charge === null) await world.present();
    if (sale !== null || watching !== 0 || orders !== 0) return false;
    const kinds = ((await world.ledger(after)) ?? []).map(({ entry }) => entry.kind);
    return count(kinds, 'charge.paid') === count(kinds, 'announced');
  });
}

const count = (kinds: readonly string[], wanted: string): number => kinds.filter((kind) => kind === wanted).length;
