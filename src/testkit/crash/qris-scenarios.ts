import type { SaleView } from '../../app/box.ts';
import { checkQris } from './qris-books.ts';
import { QrisWorld } from './qris-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';

const PRICE_MINOR = 50_000;
const ANNOUNCED_MINOR = 12_500;
/** A QR leaves the screen after this, and is paid then. */
const EXPIRES = { qrMaxMs: 300, latePayment: 'refund' } as const;

const SCENARIOS: readonly Scenario<QrisWorld>[] = [
  { name: 'soundbox-sale', terms: {}, lastsMs: 600, play: selling },
  { name: 'soundbox-late', terms: { sale: EXPIRES }, lastsMs: 900, play: sellingLate },
  { name: 'soundbox-payment', terms: {}, lastsMs: 1_600, play: announcing },
  { name: 'soundbox-settings', terms: {}, lastsMs: 300, play: configuring },
  { name: 'soundbox-command', terms: {}, lastsMs: 1_200, play: commanding },
];

/** The soundbox, and what can happen before it. */
export const QRIS_SOUNDBOX: Setting<QrisWorld> = {
  name: 'qris-soundbox',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new QrisWorld();
    await world.open();
    await world.start(null);
    // The broker keeps what it has for a box only once that has subscribed.
    await world.until(async () => (await world.status())?.links.mqtt === 'up');
    await world.quiet();
    return world;
  },
  check: checkQris,
};

/** A customer pays the QR that is shown, and the box hears of it twice. */
async function selling(world: QrisWorld, { key, after }: Round): Promise<boolean> {
  const sale = await open(world, key);
  if (!sale) return false;
  const over = await world.until(async () => {
    const now = await view(world, sale.id);
    if (now?.state === 'qr' && now.charge) await world.pay(now.charge, true);
    return now !== null && now.state !== 'requesting' && now.state !== 'qr';
  });
  return over && settled(world, after);
}

/** The QR is paid only when it has left the screen. */
async function sellingLate(world: QrisWorld, { key, after }: Round): Promise<boolean> {
  const sale = await open(world, key);
  if (!sale) return false;
  const gone = await world.until(async () => (await view(world, sale.id))?.state === 'cancelled');
  const charge = gone ? (await view(world, sale.id))?.charge : null;
  if (!charge) return false;
  await world.pay(charge);
  return (await has(world, after, (entry) => entry.kind === 'charge.paid' && entry.charge === charge)) && settled(world, after);
}

async function announcing(world: QrisWorld, { key, after }: Round): Promise<boolean> {
  const { eventId } = await world.announce(key, ANNOUNCED_MINOR);
  if (!(await has(world, after, (entry) => entry.kind === 'order.received' && entry.order === eventId))) return false;
  return settled(world, after);
}

async function configuring(world: QrisWorld, { key, after }: Round): Promise<boolean> {
  const version = await world.configureRemotely(key);
  const answered = await world.until(async () => (await world.acks()).some((ack) => ack.kind === 'config' && ack.version === version));
  return answered && settled(world, after);
}

/** A command that is sent twice, in each life of the box. */
async function commanding(world: QrisWorld, { key, after }: Round): Promise<boolean> {
  await world.command(key);
  await world.command(key);
  const answered = await world.until(async () => (await world.acks()).some((ack) => ack.kind === 'command' && ack.command === key));
  return answered && settled(world, after);
}

const open = (world: QrisWorld, key: string): Promise<SaleView | null> =>
  world.box('/v1/sales', { amountMinor: PRICE_MINOR, description: 'Crash test', idempotencyKey: key });

const view = (world: QrisWorld, sale: string): Promise<SaleView | null> => world.box(`/v1/sales/${sale}`);

type Wanted = (entry: { readonly kind: string; readonly charge?: string; readonly order?: string }) => boolean;

const has = (world: QrisWorld, after: number, wanted: Wanted): Promise<boolean> =>
  world.until(async () => ((await world.ledger(after)) ?? []).some(({ entry }) => wanted(entry as Parameters<Wanted>[0])));

/** Waits until nothing is open any more, everything has been said, and every answer has gone. */
function settled(world: QrisWorld, after: number): Promise<boolean> {
  return world.until(async () => {
    const status = await world.status();
    if (!status || status.sale !== null || status.watching !== 0 || status.orders !== 0 || status.queue.waiting !== 0) return false;
    const kinds = ((await world.ledger(after)) ?? []).map(({ entry }) => entry.kind);
    return count(kinds, 'charge.paid') === count(kinds, 'announced');
  });
}

const count = (kinds: readonly string[], wanted: string): number => kinds.filter((kind) => kind === wanted).length;
