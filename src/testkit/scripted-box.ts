import { isDeepStrictEqual } from 'node:util';
import type { Box, BoxStatus, PairingView, SaleView } from '../app/box.ts';
import type { Entry, Recorded } from '../domain/journal.ts';
import { NO_UPDATES } from '../domain/ota/states.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import type { Screen } from '../domain/screen.ts';
import type { Language } from '../domain/speech/language.ts';
import type { Cancel } from '../ports/clock.ts';
import type { Counters, LedgerQuery, Totals } from '../ports/store.ts';

const NOTHING: Totals = {
  coin: {},
  bill: {},
  cashMinor: 0,
  qrMinor: 0,
  qrCount: 0,
  cardMinor: 0,
  cardCount: 0,
  terminalMinor: 0,
  terminalCount: 0,
  topUpMinor: 0,
  topUpCount: 0,
  salesMinor: 0,
  salesCount: 0,
  refundMinor: 0,
  unassigned: 0,
};

/** A sale that waits for its QR to be paid. */
export const sampleSale: SaleView = {
  id: 'sale-1',
  state: 'qr',
  dueMinor: 2_000,
  currency: 'THB',
  description: 'Car wash',
  origin: 'api',
  qrMinor: 0,
  cardMinor: 0,
  terminalMinor: 0,
  topUpMinor: 0,
  cashMinor: 0,
  cash: { coin: {}, bill: {} },
  charge: 'charge-1',
  qr: '00020101021229',
  card: null,
  terminal: null,
  topUp: null,
  cancelReason: null,
  qrRefusal: null,
  delivery: null,
  refundMinor: 0,
  openedAtMs: Date.UTC(2026, 0, 1),
};

type Scripted =
  | 'printTicket'
  | 'sell'
  | 'sale'
  | 'cancel'
  | 'topUp'
  | 'pair'
  | 'resetCounters'
  | 'resetOutput'
  | 'press'
  | 'installUpdate'
  | 'rollBackUpdate';

interface Step {
  readonly call: Scripted;
  readonly args: readonly unknown[];
  readonly reply: unknown;
}

/**
 * A box whose acts follow a script: every call must be the next step of it, and `done` fails when steps are left. What
 * only shows the box (status, journal, screen …) is state that the test sets.
 */
export class ScriptedBox implements Box {
  readonly journal: Recorded[] = [];
  state: BoxStatus = {
    version: '0.0.0',
    device: { serial: 'TB-0001', mac: 'AA:BB:CC:DD:EE:0F', model: 'test box' },
    protocol: 'promptpay',
    board: 'sim',
    boot: 'boot-1',
    uptimeSeconds: 61,
    clockTrusted: true,
    ready: { qr: true, cash: true, card: false, terminal: false, reasons: [] },
    pairing: { state: 'paired', pin: null, deviceId: 'device-1', reason: null },
    links: { mqtt: 'up', http: 'up' },
    rejections: { count: 0, last: null },
    sale: null,
    creditMinor: 0,
    currency: 'THB',
    queue: { waiting: 0, parked: 0 },
    orders: 0,
    volume: 60,
    language: 'en',
    watching: 0,
    alarms: [],
  };
  till: Counters = { sinceReset: NOTHING, sinceEver: NOTHING, resetAtMs: null };
  outbox: ReturnType<Box['queue']> = { waiting: [], parked: [], waitingCount: 0, parkedCount: 0 };
  picture: Screen = { kind: 'starting' };
  installed: UpdateState = NO_UPDATES;
  readonly #steps: Step[] = [];
  readonly #entryListeners = new Set<(entries: readonly Recorded[]) => void>();
  readonly #screenListeners = new Set<(screen: Screen) => void>();
  readonly #waiting: (() => void)[] = [];

  /** Adds a step; an Error as the reply is thrown, a function is called. */
  expect(call: Scripted, args: readonly unknown[], reply?: unknown): this {
    this.#steps.push({ call, args, reply });
    return this;
  }

  /** Fails unless every step was called. */
  done(): void {
    if (this.#steps.length > 0) throw new Error(`The box was not asked to: ${this.#steps.map(({ call }) => call).join(', ')}`);
  }

  /** How many follow the box. */
  listeners(): number {
    return this.#entryListeners.size + this.#screenListeners.size;
  }

  /** Resolves as soon as somebody follows the box. */
  async followed(): Promise<void> {
    while (this.#entryListeners.size === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Appends entries to the journal as one commit and tells whoever follows it. */
  commit(...entries: readonly Entry[]): Recorded[] {
    const recorded = entries.map((entry): Recorded => {
      const seq = (this.journal.at(-1)?.seq ?? 0) + 1;
      const line = { seq, boot: 'boot-1', atMs: Date.UTC(2026, 0, 1) + seq, clockTrusted: true, entry };
      this.journal.push(line);
      return line;
    });
    for (const listener of [...this.#entryListeners]) listener(recorded);
    return recorded;
  }

  draw(screen: Screen): void {
    this.picture = screen;
    for (const listener of [...this.#screenListeners]) listener(screen);
  }

  lastSeq = (): number => this.journal.at(-1)?.seq ?? 0;
  status = (): BoxStatus => this.state;
  counters = (): Counters => this.till;
  queue = (): ReturnType<Box['queue']> => this.outbox;
  screen = (): Screen => this.picture;
  language = (): Language => 'en';
  updates = (): UpdateState => this.installed;

  ledger({ after = 0, limit = 100, sale }: LedgerQuery): Recorded[] {
    const wanted = ({ seq, entry }: Recorded) => seq > after && (sale === undefined || ('sale' in entry && entry.sale === sale));
    return this.journal.filter(wanted).slice(0, limit);
  }

  sell: Box['sell'] = (request) => this.#next('sell', [request]) as SaleView;
  sale: Box['sale'] = (id) => this.#next('sale', [id]) as SaleView | null;
  cancel: Box['cancel'] = (id, origin) => this.#next('cancel', [id, origin]) as SaleView;
  topUp: Box['topUp'] = (sale, { serial, pin, ...face }) =>
    this.#next('topUp', [sale, { ...face, serial: serial.reveal(), pin: pin.reveal() }]) as SaleView;
  pair: Box['pair'] = async () => this.#next('pair', []) as PairingView;
  resetCounters: Box['resetCounters'] = () => void this.#next('resetCounters', []);
  resetOutput: Box['resetOutput'] = () => void this.#next('resetOutput', []);
  installUpdate: Box['installUpdate'] = async (file, terms) => void this.#next('installUpdate', [file, terms]);
  rollBackUpdate: Box['rollBackUpdate'] = async (type) => void this.#next('rollBackUpdate', [type]);
  printTicket: Box['printTicket'] = async (sale) => this.#next('printTicket', [sale]) as Awaited<ReturnType<Box['printTicket']>>;
  press: Box['press'] = (button) => void this.#next('press', [button]);

  onEntries(listener: (entries: readonly Recorded[]) => void): Cancel {
    this.#entryListeners.add(listener);
    for (const resume of this.#waiting.splice(0)) resume();
    return () => void this.#entryListeners.delete(listener);
  }

  onScreen(listener: (screen: Screen) => void): Cancel {
    this.#screenListeners.add(listener);
    return () => void this.#screenListeners.delete(listener);
  }

  #next(call: Scripted, args: readonly unknown[]): unknown {
    const step = this.#steps.shift();
    if (!step || step.call !== call || !isDeepStrictEqual(step.args, args)) {
      throw new Error(
        `Not in the script: ${call}(${JSON.stringify(args)}); next is ${step ? `${step.call}(${JSON.stringify(step.args)})` : 'nothing'}`,
      );
    }
    if (step.reply instanceof Error) throw step.reply;
    return typeof step.reply === 'function' ? step.reply() : step.reply;
  }
}
