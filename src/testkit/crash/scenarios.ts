import type { BoxStatus, SaleView } from '../../app/box.ts';
import type { World } from './world.ts';

export type ScenarioName = 'qr' | 'cash' | 'mixed';

/** What one customer does: opens a sale of 20 baht and pays it by QR, in coins, or with one coin and the rest by QR. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Makes it the same sale however often it is asked for. */
  readonly key: string;
}

const DUE_MINOR = 2_000;
const COINS: Record<ScenarioName, readonly number[]> = { qr: [], cash: [1_000, 500, 500], mixed: [500] };
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 20;

/**
 * Plays a scenario until its sale is over and reported, or until the box dies (false). After a restart it is played
 * again without the coins, as a customer would who has already put them in: what is missing is paid by QR.
 */
export async function play(world: World, { name, key }: Scenario, withCoins: boolean): Promise<boolean> {
  const sale = await world.box<SaleView>('/v1/sales', { amountMinor: DUE_MINOR, description: 'Crash test', idempotencyKey: key });
  if (!sale) return false;
  if (withCoins) for (const coin of COINS[name]) if (!(await world.insert(coin))) return false;
  return (await over(world, sale.id)) && (await drained(world));
}

/** Gets a new box its identity and has it claimed. */
export async function pairUp(world: World): Promise<void> {
  await until(world, async () => {
    const pairing = (await status(world))?.pairing;
    if (!pairing?.pin || !pairing.deviceId) return false;
    await world.backend(`/ref/devices/${pairing.deviceId}/claim`, { pin: pairing.pin });
    return true;
  });
}

/** Follows a sale to its end, paying whatever QR is on the screen. */
function over(world: World, id: string): Promise<boolean> {
  return until(world, async () => {
    const sale = await world.box<SaleView>(`/v1/sales/${id}`);
    if (sale?.state === 'qr' && sale.charge) await world.backend(`/ref/charges/${sale.charge}/pay`, {});
    return sale !== null && !['requesting', 'qr', 'cash', 'delivering'].includes(sale.state);
  });
}

/** Waits until everything that was to be reported has been taken by the backend. */
function drained(world: World): Promise<boolean> {
  return until(world, async () => (await status(world))?.queue.waiting === 0);
}

const status = (world: World): Promise<BoxStatus | null> => world.box<BoxStatus>('/v1/status');

/** Looks again and again until something holds; false when the box died, an error when it takes too long. */
async function until(world: World, holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  while (world.running) {
    if (await holds()) return true;
    if (performance.now() > deadline) throw new Error(`the box did not get on: ${JSON.stringify(await status(world))}\n${world.lastWords}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
}
