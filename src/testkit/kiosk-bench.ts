import type { KioskScreen } from '../domain/kiosk.ts';
import { settle } from './clock.ts';
import { KIOSK_SCREENS as S, ScriptedKiosk } from './kiosk-desk.ts';
import { TestBox, type TestBoxOptions } from './test-box.ts';

export let bench: TestBox;
export let kiosk: ScriptedKiosk;

/** A kiosk box at a scripted backend that is connected; `bench` and `kiosk` are the newest. */
export async function start(options: TestBoxOptions = {}): Promise<void> {
  kiosk = new ScriptedKiosk();
  bench = await new TestBox({
    ...options,
    policy: { currency: 'GBP', ...options.policy },
    board: { acceptors: [], delivery: null, ...options.board },
    dress: (gateway) => {
      gateway.capabilities = { pairs: false, pushes: true, queries: false, qr: false, reports: false };
      gateway.kiosk = kiosk;
    },
  }).start();
  await connect();
}

export async function connect(): Promise<void> {
  bench.gateway.leads({ event: 'connected' });
  await settle();
}

export async function disconnect(): Promise<void> {
  bench.gateway.leads({ event: 'disconnected' });
  await settle();
}

/** The transaction the box named last. */
export const named = () => kiosk.said.at(-1)?.transaction ?? 'none';

export async function show(screen: KioskScreen, transaction = named()): Promise<void> {
  bench.gateway.leads({ event: 'screen', screen, transaction });
  await settle();
}

export async function error(code: string, transaction = named()): Promise<void> {
  bench.gateway.leads({ event: 'error', code, message: 'Transaction timed out', transaction });
  await settle();
}

export async function press(...keys: string[]): Promise<void> {
  for (const key of keys) bench.box.press(key);
  await settle();
}

/** As far as the choice of a method, by default for 60 pounds. */
export async function pay(amount = 'amount-3'): Promise<string> {
  await show(S.amounts, 'initial');
  await press(amount);
  await show(S.methods);
  await press('method-1');
  await show(S.processing);
  return named();
}

export const seen = () => bench.box.screen().kind;
export const actions = () => kiosk.said.map(({ action }) => action);
export const sale = () => bench.store.ledger({}).flatMap(({ entry }) => ('sale' in entry && entry.sale ? [entry.sale] : []))[0] ?? '';
