import type { Screen } from '../../domain/screen.ts';
import type { TransactionState } from '../../refserver/kiosk/session.ts';
import type { SettingsWish } from '../../refserver/kiosk/settings.ts';
import type { KioskTransaction } from '../../refserver/kiosk/transactions.ts';
import { checkKiosk } from './kiosk-books.ts';
import { DEAF_MACHINE, KioskWorld, MACHINE } from './kiosk-world.ts';
import type { Round, Scenario, Setting } from './setting.ts';
import type { Terms } from './world.ts';

type Keys = Partial<Record<Screen['kind'], readonly string[]>>;
/** What happens at the terminal while it has a transaction. */
type Decide = (world: KioskWorld, transaction: KioskTransaction, round: Round) => Promise<void>;
type Step = (world: KioskWorld, round: Round) => Promise<void>;

/** One customer, and all that is special about the world around. */
interface Story {
  /** What the customer touches. */
  readonly keys?: Keys;
  /** What the customer's transaction comes to; nothing is begun after it. Default `success`. */
  readonly comesTo?: TransactionState;
  readonly decide?: Decide;
  /** What the backend offers otherwise than always. */
  readonly offer?: (world: KioskWorld) => Promise<SettingsWish>;
  readonly terms?: Terms;
  readonly lastsMs?: number;
  /** Before anybody touches anything, in each life of the box. */
  readonly prepare?: Step;
  /** What happens to the customer in a life before; then the box is off. */
  readonly before?: Step;
}

const PRESET: Keys = { 'amount-select': ['amount-2'], 'payment-method': ['method-1'] };
const TYPED: Keys = { 'amount-select': ['amount-other'], keypad: ['clear', '7', '5', 'ok'], 'payment-method': ['method-2'] };
const CANCELLED: Keys = { ...TYPED, 'payment-method': ['cancel'] };
const DRIVE = { mode: 'hold', holdMs: 5 } as const;
/** The box soon gives a payment up, and soon stops waiting for what became of it. */
const BRIEF: Terms = { kiosk: { processingMs: 1_300 }, sale: { graceMs: 300 } };
/** What is left of the daily limit: less than anything costs. */
const LEFT_MINOR = 500;

const tickets = async (): Promise<SettingsWish> => ({ showReceipt: true });
const approve: Decide = (world, { transactionId }) => world.approve(transactionId);

const SCENARIOS: readonly Scenario<KioskWorld>[] = [
  scenario('kiosk-preset', {}),
  scenario('kiosk-typed', { keys: TYPED }),
  scenario('kiosk-declined', { comesTo: 'failed', decide: (world, { transactionId }) => world.decline(transactionId) }),
  scenario('kiosk-limit', { comesTo: 'limited', offer: nearTheLimit }),
  scenario('kiosk-cancelled', { keys: CANCELLED, comesTo: 'cancelled' }),
  scenario('kiosk-timeout', { comesTo: 'timed-out', decide: async () => {}, offer: async () => ({ durationsMs: { processing: 300 } }) }),
  scenario('kiosk-late', { decide: approveLate, terms: { kiosk: { processingMs: 1_300 }, sale: { graceMs: 4_000 } }, lastsMs: 1_000 }),
  scenario('kiosk-away', { before: leaveWhilePaying, offer: tickets }),
  scenario('kiosk-unheard', { keys: {}, comesTo: 'cancelled', before: chooseUnheard, terms: BRIEF, lastsMs: 500 }),
  scenario('kiosk-lost-result', { decide: approveUnheard, terms: { sale: { graceMs: 300 } }, lastsMs: 1_000 }),
  scenario('kiosk-server-restarted', { prepare: restartAtMethod, decide: approveAfterRestart, lastsMs: 2_000 }),
  scenario('kiosk-ticket', { offer: tickets, lastsMs: 1_000 }),
  scenario('kiosk-paper-out', { offer: tickets, prepare: takePaperOut, lastsMs: 1_000 }),
  scenario('kiosk-delivery', { terms: { board: MACHINE, sale: { drive: DRIVE } } }),
  scenario('kiosk-undelivered', { terms: { board: DEAF_MACHINE, sale: { drive: DRIVE } } }),
];

/** The kiosk, and what can happen before it. */
export const KIOSK: Setting<KioskWorld> = {
  name: 'kiosk',
  scenarios: SCENARIOS,
  open: async () => {
    const world = new KioskWorld();
    await world.open();
    await world.offer();
    await world.start(null);
    await world.until(async () => (await world.screen())?.kind === 'amount-select');
    await world.quiet();
    return world;
  },
  check: checkKiosk,
};

function scenario(name: string, story: Story): Scenario<KioskWorld> {
  const { terms = {}, lastsMs = 800, offer, prepare, before } = story;
  const play = async (world: KioskWorld, round: Round): Promise<boolean> => {
    await world.offer(await offer?.(world));
    await prepare?.(world, round);
    return (await served(world, round, story)) && settled(world, round);
  };
  if (!before) return { name, terms, lastsMs, play };
  const earlier = async (world: KioskWorld, round: Round): Promise<void> => {
    await world.offer(await offer?.(world));
    await world.start(null);
    await before(world, round);
    await world.quiet();
  };
  return { name, terms, lastsMs, before: earlier, play };
}

/** The customer goes by what the screen shows, until the transaction has come to its end. */
function served(world: KioskWorld, round: Round, { keys = PRESET, comesTo = 'success', decide = approve }: Story): Promise<boolean> {
  return world.until(async () => {
    const screen = await world.screen();
    // Looked up after the screen: who sees the start again and has paid begins nothing new.
    const transactions = await world.transactionsOf(round);
    if (transactions.some(({ state }) => state === comesTo)) return true;
    const processing = transactions.find(({ state }) => state === 'processing');
    if (processing) await decide(world, processing, round);
    else if (screen) await world.press(...(keys[screen.kind] ?? []));
    return false;
  });
}

/** Waits until box and backend are back at the start, nothing is open and everything has been said and printed. */
function settled(world: KioskWorld, { after }: Round): Promise<boolean> {
  return world.until(async () => {
    const status = await world.status();
    if (!status || status.sale !== null || status.watching !== 0) return false;
    const { connected, screen } = await world.session();
    if (!connected || screen !== 'AMOUNT_SELECT') return false;
    const outOfService = status.alarms.some(({ code }) => code === 'output-faulty');
    if (!outOfService && (await world.screen())?.kind !== 'amount-select') return false;
    const kinds = ((await world.ledger(after)) ?? []).map(({ entry }) => entry.kind);
    const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
    return count('charge.paid') === count('announced') && count('ticket.intent') === count('ticket.outcome');
  });
}

/** The terminal takes the payment while the box is off. */
async function leaveWhilePaying(world: KioskWorld, round: Round): Promise<void> {
  await served(world, round, { comesTo: 'processing' });
  await world.quiet();
  for (const { transactionId } of await world.transactionsOf(round)) await world.approve(transactionId);
}

/** The choice of the method never reaches the backend, and the box has given the payment up before it is off. */
async function chooseUnheard(world: KioskWorld, round: Round): Promise<void> {
  await served(world, round, { comesTo: 'open' });
  await world.until(async () => (await world.screen())?.kind === 'payment-method');
  await world.goDeaf();
  await world.until(async () => {
    await world.press('method-1');
    return ((await world.ledger(round.after)) ?? []).some(({ entry }) => entry.kind === 'charge.expired');
  });
}

/** So much has been paid today that nothing more is possible. */
async function nearTheLimit(world: KioskWorld): Promise<SettingsWish> {
  const today = new Date().toISOString().slice(0, 10);
  const paid = (await world.transactions()).filter(
    ({ state, decidedAtMs }) => state === 'success' && new Date(decidedAtMs ?? 0).toISOString().startsWith(today),
  );
  const paidMinor = paid.reduce((total, { amountMinor }) => total + (amountMinor ?? 0), 0);
  return { dailyLimitMinor: paidMinor + LEFT_MINOR };
}

/** The terminal takes the payment only when the box has given it up. */
async function approveLate(world: KioskWorld, { transactionId }: KioskTransaction, { after }: Round): Promise<void> {
  const entries = (await world.ledger(after)) ?? [];
  if (entries.some(({ entry }) => entry.kind === 'charge.expired' && entry.charge === transactionId)) await world.approve(transactionId);
}

/** The box is never told of it, unless it asks. */
async function approveUnheard(world: KioskWorld, { transactionId }: KioskTransaction, round: Round): Promise<void> {
  await world.once(round, 'lose the result', () => world.loseNextMessage());
  await world.approve(transactionId);
}

/** The backend is started anew while the customer chooses a method … */
async function restartAtMethod(world: KioskWorld, round: Round): Promise<void> {
  const chosen = await world.until(async () => {
    const screen = await world.screen();
    const [transaction] = await world.transactionsOf(round);
    if (transaction) return true;
    if (screen?.kind === 'amount-select') await world.press(...(PRESET['amount-select'] ?? []));
    return false;
  });
  if (chosen) await world.once(round, 'restart at the method', () => world.restartBackend());
}

/** … and while the terminal has the payment. */
async function approveAfterRestart(world: KioskWorld, { transactionId }: KioskTransaction, round: Round): Promise<void> {
  await world.once(round, 'restart at the terminal', () => world.restartBackend());
  await world.approve(transactionId);
}

async function takePaperOut(world: KioskWorld): Promise<void> {
  await world.box('/sim/printer', { fault: 'paper-out' });
}
