import type { SaleView } from '../../app/box.ts';
import { drained, over, UNDER_WAY, view } from './promptpay-scenarios.ts';
import { checkSerial } from './serial-books.ts';
import type { BillSlot } from './serial-slots.ts';
import { SerialWorld } from './serial-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';

interface Purchase {
  readonly dueMinor: number;
  /** By their positions in the coin acceptor, one after the other; what they and the bill leave to pay is paid by QR. */
  readonly coins?: readonly number[];
  readonly bill?: (world: SerialWorld) => BillSlot;
}

type SerialScenario = Scenario<SerialWorld>;
type Play = SerialScenario['play'];

const byCcTalk = ({ slots }: SerialWorld): BillSlot => slots.bills;
const byIct = ({ slots }: SerialWorld): BillSlot => slots.notes;
const COINS: Purchase = { dueMinor: 2_000, coins: [4, 3] };
const AWAY: Purchase = { dueMinor: 2_000, coins: [4, 2, 3] };
const BILL_DUE_MINOR = 2_000;

const SCENARIOS: readonly SerialScenario[] = [
  { name: 'serial-coins', terms: {}, lastsMs: 900, play: paying(COINS) },
  { name: 'serial-coins-away', terms: {}, lastsMs: 300, before: whileAway(AWAY), play: paying(AWAY) },
  { name: 'cctalk-bill', terms: {}, lastsMs: 700, play: paying({ dueMinor: BILL_DUE_MINOR, bill: byCcTalk }) },
  {
    name: 'cctalk-moving',
    terms: {},
    lastsMs: 1_500,
    before: whileMoving(byCcTalk),
    play: paying({ dueMinor: BILL_DUE_MINOR, bill: byCcTalk }),
  },
  { name: 'cctalk-unwanted', terms: { sale: { cashWhileQr: false } }, lastsMs: 900, play: refused },
  { name: 'cctalk-power-cut', terms: {}, lastsMs: 900, before: cutting, play: paying({ dueMinor: 2_500, coins: [3], bill: byCcTalk }) },
  { name: 'ict-bill', terms: {}, lastsMs: 600, play: paying({ dueMinor: BILL_DUE_MINOR, bill: byIct }) },
  { name: 'ict-moving', terms: {}, lastsMs: 1_500, before: whileMoving(byIct), play: paying({ dueMinor: BILL_DUE_MINOR, bill: byIct }) },
  { name: 'ict-power-cut', terms: {}, lastsMs: 600, before: cutting, play: paying({ dueMinor: BILL_DUE_MINOR, bill: byIct }) },
];

/** The box whose acceptors speak on serial ports and live on when it dies, and what can happen before it. */
export const SERIAL_ACCEPTORS: Setting<SerialWorld> = {
  name: 'serial-acceptors',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new SerialWorld();
    await world.open();
    await world.start(null);
    await world.pairUp();
    await world.quiet();
    return world;
  },
  check: checkSerial,
};

/** Opens a sale and pays it. After a restart with what the customer still has, a bill that has come back too. */
function paying({ dueMinor, coins = [], bill }: Purchase): Play {
  return async (world, { key, after }) => {
    const sale = await open(world, key, dueMinor);
    if (!sale) return false;
    await world.recount(after);
    if (!(await dropAll(world, coins, after))) return false;
    if (bill && !(await putIn(world, bill(world), sale.id, after))) return false;
    return (await over(world, sale.id)) && (await drained(world));
  };
}

/** A bill that got in just as the QR shut the acceptors; then the QR is paid. */
async function refused(world: SerialWorld, { key, after }: Round): Promise<boolean> {
  const { bills } = world.slots;
  const sale = await open(world, key, BILL_DUE_MINOR);
  if (!sale || !(await world.billsAtRest(bills, after))) return false;
  const shown = await world.until(async () => (await view(world, sale.id))?.state !== 'requesting');
  if (!shown) return false;
  if ((await view(world, sale.id))?.state === 'qr' && world.returnedBy(bills) === 0) world.forceBill();
  return (await world.billsAtRest(bills, after)) && (await over(world, sale.id)) && (await drained(world));
}

/** Opens the sale, and drops the coins when the box is dead, whose acceptor takes them all the same. */
function whileAway({ dueMinor, coins = [] }: Purchase): NonNullable<SerialScenario['before']> {
  return async (world, { key }) => {
    await world.start(null);
    await open(world, key, dueMinor);
    await world.until(async () => !world.slots.coins.inhibited);
    await world.quiet();
    for (const coin of coins) world.drop(coin);
  };
}

/** Puts the bill in, and the box dies when it has told the acceptor to keep it: the acceptor is still at it when the box is back. */
function whileMoving(bill: NonNullable<Purchase['bill']>): NonNullable<SerialScenario['before']> {
  return async (world, { key }) => {
    const slot = bill(world);
    world.slots.slow(true);
    await world.start(null);
    await open(world, key, BILL_DUE_MINOR);
    await world.until(async () => slot.open() && world.insertBill(slot));
    await world.until(async () => slot.moving());
    await world.quiet();
  };
}

async function cutting(world: SerialWorld): Promise<void> {
  world.cutsPower = true;
}

const open = (world: SerialWorld, key: string, amountMinor: number): Promise<SaleView | null> =>
  world.box('/v1/sales', { amountMinor, description: 'Crash test', idempotencyKey: key });

/** Drops the coins, each when the one before was counted; a box that dies meanwhile gets the rest into its open slot. */
async function dropAll(world: SerialWorld, coins: readonly number[], after: number): Promise<boolean> {
  for (const coin of world.purse(coins)) {
    const alive = (await world.counted(after)) && (await world.until(async () => world.drop(coin)));
    if (!alive) break;
  }
  if (await world.counted(after)) return true;
  if (!world.cutsPower) for (const coin of world.purse(coins)) world.drop(coin);
  return false;
}

/** Puts the bill in, if the customer has it and the sale still wants it, and waits until it is somewhere. */
async function putIn(world: SerialWorld, slot: BillSlot, sale: string, after: number): Promise<boolean> {
  if (!(await world.billsAtRest(slot, after))) return false;
  const state = (await view(world, sale))?.state;
  if (!world.hasBill(slot) || state === undefined || !UNDER_WAY.includes(state)) return world.running;
  return (await world.until(async () => slot.open() && world.insertBill(slot))) && (await world.billsAtRest(slot, after));
}
