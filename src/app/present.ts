import type { Recorded } from '../domain/journal.ts';
import type { Money } from '../domain/money.ts';
import type { Product } from '../domain/policy.ts';
import type { Readiness } from '../domain/readiness.ts';
import type { Offer, Screen } from '../domain/screen.ts';
import { restMinor, shownCharge, type Till, wantsNewQr } from '../domain/till/state.ts';
import type { PairingView } from './box.ts';

/** What the screen depends on. */
export interface Scene {
  readonly till: Till;
  readonly ready: Readiness;
  readonly pairing: PairingView;
  readonly products: readonly Product[];
  readonly typed: Money | null;
  /** A result that is still to be seen. */
  readonly result: Screen | null;
  readonly nowMs: number;
  readonly shownUntilMs: (charge: string) => number;
  /** Whether the box has anything that takes cash. */
  readonly acceptors: boolean;
  /** Whether the box takes cards at all. */
  readonly cards: boolean;
  /** Set while a card is waited for: until when, monotonic; null while no time limit runs. */
  readonly card: { readonly untilMs: number | null } | null;
  /** Whether a top-up card may be given now. */
  readonly topUpOffered: boolean;
  /** Where the customer is who gives one, or what came of it. */
  readonly topUp: Screen | null;
  /** What is announced, or how far an update is; neither while a sale is on. */
  readonly notice: Screen | null;
  /** What the backend wants shown, where it drives the dialogue. */
  readonly kiosk: Screen | null;
}

/** The one screen that tells the customer where things stand. Pure. */
export function present(scene: Scene): Screen {
  const { till, ready } = scene;
  if (scene.kiosk && (till.sale?.origin ?? 'kiosk') === 'kiosk') return led(scene, scene.kiosk);
  if (till.sale?.phase === 'delivering') return scene.topUp ?? { kind: 'delivering', due: amount(till, till.sale.dueMinor) };
  if (till.sale) return paying(scene);
  if (scene.result) return scene.result;
  if (scene.notice) return scene.notice;
  if (!ready.qr && !ready.cash && !ready.card) return notReady(scene);
  return {
    kind: 'idle',
    offers: scene.products.map(
      (product): Offer => ({ button: product.button, label: product.label, price: amount(till, product.priceMinor) }),
    ),
    credit: amount(till, till.creditMinor),
    ...(scene.acceptors ? { cash: ready.cash } : {}),
    qr: ready.qr,
    ...(scene.cards ? { card: ready.card } : {}),
    typed: scene.typed,
    pin: scene.pairing.pin,
  };
}

/** Screens on which a customer is still to be won. */
const BEGINNING: ReadonlySet<Screen['kind']> = new Set(['amount-select', 'keypad', 'payment-method']);

/** The backend's screen, unless the box knows better: a machine that does not deliver, or cannot. */
function led({ till, ready, result, notice }: Scene, kiosk: Screen): Screen {
  if (result?.kind === 'failed' && result.reason === 'delivery') return result;
  if (!BEGINNING.has(kiosk.kind)) return kiosk;
  if (till.sale?.phase === 'delivering') return { kind: 'delivering', due: amount(till, till.sale.dueMinor) };
  if (notice && kiosk.kind === 'amount-select') return notice;
  return ready.terminal ? kiosk : { kind: 'out-of-service', reasons: ready.reasons };
}

function paying({ till, ready, nowMs, shownUntilMs, card, topUp, topUpOffered }: Scene): Screen {
  const due = amount(till, till.sale?.dueMinor ?? 0);
  const rest = amount(till, restMinor(till));
  const credit = amount(till, till.creditMinor);
  const shown = shownCharge(till);
  const offered = topUpOffered ? { topUp: true } : {};
  if (shown?.topUp) return { kind: 'top-up-sent', operator: shown.topUp.operator, amount: amount(till, shown.amountMinor) };
  if (topUp) return topUp;
  if (shown?.card) return { kind: 'authorising', due };
  if (shown) {
    const expiresAtMonotonicMs = shownUntilMs(shown.id);
    if (nowMs >= expiresAtMonotonicMs) return { kind: 'checking', due };
    return { kind: 'qr', qr: shown.qr, due, rest, credit, expiresAtMonotonicMs, cash: ready.cash, ...offered };
  }
  if (till.sale?.request) return { kind: 'requesting', due, credit, cash: ready.cash, ...offered };
  if (card) {
    const message = till.sale?.description ?? '';
    return { kind: 'present-card', due, rest, credit, message, expiresAtMonotonicMs: card.untilMs, cash: ready.cash };
  }
  return { kind: 'insert-cash', due, rest, credit, qrPossible: ready.qr && wantsNewQr(till), ...offered };
}

function notReady({ pairing, ready }: Scene): Screen {
  const healthy = ready.reasons.every((reason) => reason === 'not-paired');
  if (!healthy) return { kind: 'out-of-service', reasons: ready.reasons };
  if (pairing.state === 'refused') return { kind: 'pairing', state: 'refused', reason: pairing.reason ?? '' };
  if (pairing.state === 'registering') return { kind: 'pairing', state: 'asking', reason: pairing.reason ?? '' };
  return { kind: 'out-of-service', reasons: ready.reasons };
}

const amount = (till: Till, minor: number): Money => ({ minor, currency: till.currency });

/** The result to show after some entries, or null when they bring none. */
export function resultOf(entries: readonly Recorded[], till: Till, dueMinor: number): Screen | null {
  const credit = amount(till, till.creditMinor);
  for (const { entry } of entries) {
    if (entry.kind === 'act.outcome') {
      if (entry.result === 'done') return { kind: 'success', due: amount(till, dueMinor), credit };
      return { kind: 'failed', reason: 'delivery', credit };
    }
    if (entry.kind === 'sale.settled' && !till.sale) return { kind: 'success', due: amount(till, entry.dueMinor), credit };
    if (entry.kind === 'sale.cancelled') {
      const reason = entry.reason === 'customer' || entry.reason === 'api' ? 'cancelled' : entry.reason;
      return { kind: 'failed', reason, credit };
    }
  }
  return null;
}
