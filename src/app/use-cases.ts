import type { Board } from '../domain/board.ts';
import type { KioskTimings } from '../domain/kiosk.ts';
import type { SalePolicy, SaleTimings } from '../domain/policy.ts';
import type { Language } from '../domain/speech/language.ts';
import type { Acceptor } from '../ports/acceptor.ts';
import type { CardReader } from '../ports/card-reader.ts';
import type { Clock } from '../ports/clock.ts';
import type { Display } from '../ports/display.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Gpio } from '../ports/gpio.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { PowerControl } from '../ports/power.ts';
import type { Radio } from '../ports/radio.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import { Acks } from './acks.ts';
import { Actuate } from './actuate.ts';
import { Announce } from './announce.ts';
import type { Box } from './box.ts';
import { CardDesk, type CardDeskOptions } from './card-desk.ts';
import { Cash } from './cash.ts';
import { CommandTable } from './command-table.ts';
import { Commands } from './commands.ts';
import { Confirm } from './confirm.ts';
import { Exhibit } from './exhibit.ts';
import { HealthService } from './health.ts';
import { activity, Heartbeat } from './heartbeat.ts';
import { Keypad } from './keypad.ts';
import { Kiosk } from './kiosk.ts';
import { Orders } from './orders.ts';
import { Outbox } from './outbox.ts';
import { Pair } from './pair.ts';
import { Payments } from './payments.ts';
import { Picture } from './picture.ts';
import { Preferences } from './preferences.ts';
import { retries } from './retry.ts';
import { SaleDesk } from './sale-desk.ts';
import { Sell } from './sell.ts';
import { Status } from './status.ts';
import { type TicketParts, Tickets } from './tickets.ts';
import { TillService } from './till.ts';
import { TopUpDesk } from './top-up-desk.ts';
import { TopUpDialogue } from './top-up-dialogue.ts';
import { UpdateReports } from './update-reports.ts';
import { type UpdateParts, UpdateService } from './update-service.ts';

/** Everything a box is made of, as ports and plain settings. */
export interface BoxParts {
  readonly version: string;
  readonly device: { readonly serial: string; readonly mac: string; readonly model: string };
  readonly protocol: string;
  readonly board: Board;
  readonly policy: SalePolicy;
  readonly timings: SaleTimings;
  readonly autoPair: boolean;
  readonly stateEveryMs: number;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly gpio: Gpio;
  readonly acceptors: readonly Acceptor[];
  /** Null on a board without one. */
  readonly cardReader: CardReader | null;
  readonly display: Display;
  readonly speaker: Speaker;
  readonly radio: Radio;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly power: PowerControl;
  /** The newest lines of the log, oldest first: without anything secret. */
  readonly logLines: (most: number) => readonly string[];
  /** Of screen and voice, until the backend sets another. */
  readonly language: Language;
  /** Whether the keypad types whole units of the currency, or its minor units as on a card terminal. */
  readonly keypad: 'major' | 'minor';
  /** Null where nothing can be updated. */
  readonly updates: UpdateParts | null;
  /** Null on a box without a printer. */
  readonly tickets: TicketParts | null;
  /** For a backend that drives the dialogue. */
  readonly kiosk: KioskTimings;
}

/** What the use cases ask of the box they belong to. */
export interface BoxCalls extends Pick<Box, 'sell' | 'cancel' | 'pair'> {
  /** Whether what the backend sends is being received. */
  listening(): boolean;
  pairingChanged(): void;
  /** The backend does not say what became of a charge. */
  inDoubt(charge: string): void;
}

export type UseCases = ReturnType<typeof useCases>;

/** Builds the use cases and wires them to each other; nothing runs before each is started. */
export function useCases(parts: BoxParts, box: BoxCalls) {
  /** A key that asks for something impossible changes nothing; the log says why. */
  const quietly = (what: string, action: () => void): void => {
    try {
      action();
    } catch (error) {
      parts.log.info('key.refused', { what, error });
    }
  };
  const { store, gateway, clock, entropy, log, metrics, policy, timings, acceptors } = parts;
  const till = new TillService({ store, entropy, log, policy, version: parts.version, reports: gateway.capabilities.reports });
  const takesCards = gateway.cards !== null && parts.cardReader !== null;
  const paired = () => pair.paired();
  const health = new HealthService({
    store,
    clock,
    log,
    metrics,
    acceptors: acceptors.length,
    requirePairing: policy.requirePairing,
    offersQr: gateway.capabilities.qr,
    takesCards,
    hasTerminal: gateway.kiosk !== null,
    paired,
    linkFaults: () => gateway.faults(),
    pinFaults: () => parts.gpio.faults(),
    deliveryPins: deliveryPins(parts.board),
  });
  const actuate = new Actuate({ ...parts, till, health, delivery: parts.board.delivery });
  const desk = new SaleDesk({ till, store, policy, board: parts.board, ready: () => health.ready() });
  const tickets = new Tickets({ till, store, desk, health, log, parts: parts.tickets });
  const pair = new Pair({
    store,
    gateway,
    clock,
    log,
    retries: retries({ baseMs: 2_000, capMs: 60_000 }, entropy),
    auto: parts.autoPair,
    changed: () => box.pairingChanged(),
  });
  const refresh = () => picture.refresh();
  const newId = () => till.newId();
  const everyFewMinutes = retries({ baseMs: 1_000, capMs: 300_000 }, entropy);
  const acks = new Acks({ ...parts, gateway: gateway.remote, retries: everyFewMinutes, newId });
  const preferences = new Preferences({
    ...parts,
    acks,
    heartbeatMs: parts.stateEveryMs,
    changed: () => {
      heartbeat.beat();
      picture.redraw();
    },
  });
  const sale = (id: string) => desk.sale(id);
  const status = new Status({ parts, till, health, pairing: () => pair.view(), preferences, sale });
  const cash = new Cash({ till, store, acceptors, health, clock, log, metrics, cashWhileQr: policy.cashWhileQr });
  /** Money is being counted, or a card typed in. */
  const moneyBusy = () => cash.busy() || topUps?.dialogue.open() === true;
  const confirm = new Confirm({
    till,
    gateway,
    clock,
    log,
    metrics,
    timings,
    changed: () => picture.refresh(),
    inDoubt: (charge) => box.inDoubt(charge),
  });
  const sell = new Sell({
    till,
    gateway,
    clock,
    log,
    timings,
    confirm,
    retries: retries({ baseMs: 500, capMs: 5_000 }, entropy),
    cashBusy: () => moneyBusy(),
    cashPossible: () => health.ready().cash,
  });
  const outbox = new Outbox({
    store,
    gateway,
    health,
    clock,
    log,
    metrics,
    paired,
    retries: retries({ baseMs: 1_000, capMs: 300_000 }, entropy),
  });
  const backendNowMs = () => gateway.backendNowMs();
  const announce = new Announce({ till, store, speaker: parts.speaker, clock, backendNowMs, log });
  const orders = new Orders({
    ...parts,
    till,
    health,
    resultMs: timings.resultMs,
    backendNowMs,
    sell: (request) => void box.sell(request),
    changed: refresh,
  });
  const payments = new Payments({ till, store, confirm, orders, health, log, metrics });
  const lamp = 'lamp' in parts.board.outputs ? 'lamp' : null;
  const exhibit = new Exhibit({ ...parts, serial: parts.device.serial, lamp, changed: refresh });
  const table = new CommandTable({ ...parts, preferences, exhibit, remote: gateway.remote });
  const commands = new Commands({ store, acks, clock, log, table });
  const cards = cardDesk(parts, { till, health, confirm, changed: refresh });
  const topUps = topUpParts(parts, { till, health, confirm, changed: refresh });
  const kiosk =
    gateway.kiosk &&
    new Kiosk({ ...parts, till, gateway: gateway.kiosk, confirm, health, tickets, timings: parts.kiosk, backendNowMs, changed: refresh });
  const reports = new UpdateReports({ ...parts, gateway: gateway.updates, retries: everyFewMinutes, newId });
  const updates =
    parts.updates &&
    new UpdateService({
      ...parts,
      ...parts.updates,
      till,
      health,
      reports,
      retries: everyFewMinutes,
      healthy: () => box.listening() && health.ledgerFault() === null,
      changed: refresh,
    });
  const heartbeat = new Heartbeat({
    gateway,
    clock,
    radio: parts.radio,
    everyMs: () => preferences.heartbeatMs(),
    healthy: () => health.sound(),
    activity: () => activity(till.state, updates?.screen() != null),
  });
  const keypad = new Keypad({
    till,
    policy,
    log,
    sell: (request) => quietly('sell', () => box.sell(request)),
    cancel: (sale) => quietly('cancel', () => box.cancel(sale, 'keypad')),
    volume: (step) => quietly('volume', () => preferences.step(step)),
    keypad: parts.keypad,
    requote: () => quietly('requote', () => till.submit({ type: 'requote' })),
    pair: () => void box.pair().catch((error: unknown) => log.info('key.refused', { what: 'pair', error })),
    changed: () => picture.refresh(),
  });
  const picture = new Picture({
    till,
    clock,
    display: parts.display,
    products: policy.products,
    resultMs: timings.resultMs,
    ready: () => health.ready(),
    pairing: () => pair.view(),
    typed: () => keypad.typed(),
    shownUntilMs: (charge) => confirm.shownUntilMs(charge),
    acceptors: acceptors.length > 0,
    cards: takesCards,
    card: () => (cards?.reading() === true ? { untilMs: sell.endsAtMs() } : null),
    topUp: () => ({ offered: topUps?.dialogue.offered() ?? false, screen: topUps?.dialogue.screen() ?? null }),
    notice: () => updates?.screen() ?? orders.screen() ?? exhibit.screen(),
    kiosk: () => kiosk?.screen() ?? null,
  });
  return {
    till,
    health,
    desk,
    cash,
    confirm,
    sell,
    pair,
    outbox,
    announce,
    heartbeat,
    keypad,
    picture,
    actuate,
    status,
    orders,
    payments,
    acks,
    preferences,
    exhibit,
    commands,
    cards,
    topUps,
    moneyBusy,
    tickets,
    kiosk,
    press: (key: string) => {
      if (kiosk && !OWN_KEYS.has(key)) quietly('kiosk', () => kiosk.press(key));
      else if (!topUps || OWN_KEYS.has(key)) keypad.press(key);
      else quietly('top-up', () => topUps.dialogue.press(key) || keypad.press(key));
    },
    reports,
    updates,
  };
}

function deliveryPins({ delivery }: Board): string[] {
  if (!delivery) return [];
  return delivery.feedback ? [delivery.output, delivery.feedback.input] : [delivery.output];
}

/** Keys that mean the same whoever drives the dialogue. */
const OWN_KEYS: ReadonlySet<string> = new Set(['pair', 'volume-up', 'volume-down']);

type CardSurroundings = Pick<CardDeskOptions, 'till' | 'health' | 'confirm' | 'changed'>;

/** The use case of cards, where the dialect and the board have any. */
function cardDesk(parts: BoxParts, surroundings: CardSurroundings): CardDesk | null {
  const { gateway, cardReader, entropy } = parts;
  if (!gateway.cards || !cardReader) return null;
  return new CardDesk({
    ...parts,
    ...surroundings,
    cards: gateway.cards,
    reader: cardReader,
    retries: retries({ baseMs: 1_000, capMs: 30_000 }, entropy),
    backendNowMs: () => gateway.backendNowMs(),
  });
}

/** The use cases of top-up cards, where the dialect takes them. */
function topUpParts(parts: BoxParts, surroundings: CardSurroundings) {
  const { gateway, entropy, timings } = parts;
  if (!gateway.topUps) return null;
  const topUps = gateway.topUps;
  const desk = new TopUpDesk({
    ...parts,
    ...surroundings,
    topUps,
    retries: retries({ baseMs: 1_000, capMs: 30_000 }, entropy),
    backendNowMs: () => gateway.backendNowMs(),
  });
  const dialogue = new TopUpDialogue({
    ...parts,
    ...surroundings,
    terms: topUps,
    typingMs: timings.topUpTypingMs,
    resultMs: timings.resultMs,
    ready: () => desk.ready(),
    enter: (sale, card) => desk.enter(sale, card),
  });
  return { desk, dialogue };
}
