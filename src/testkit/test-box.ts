import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoxService } from '../app/box-service.ts';
import type { TicketParts } from '../app/tickets.ts';
import type { UpdateParts } from '../app/update-service.ts';
import type { Board } from '../domain/board.ts';
import { DeviceFault } from '../domain/fault.ts';
import { DEFAULT_KIOSK_TIMINGS } from '../domain/kiosk.ts';
import { DEFAULT_POLICY, DEFAULT_TIMINGS, type SalePolicy, type SaleTimings } from '../domain/policy.ts';
import type { Screen } from '../domain/screen.ts';
import type { Language } from '../domain/speech/language.ts';
import type { CardReader } from '../ports/card-reader.ts';
import type { Edge, Gpio, PinFault, PulseTrain } from '../ports/gpio.ts';
import type { Announcement } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import { openStore } from '../store/open.ts';
import { FakeClock, settle } from './clock.ts';
import { seededEntropy } from './entropy.ts';
import { memoryLog } from './log.ts';
import { memoryMetrics } from './metrics.ts';
import { ScriptedAcceptor } from './scripted-acceptor.ts';
import { ScriptedGateway } from './scripted-gateway.ts';

/** Outputs that note what they were told and finish when the test says so. */
class ScriptedOutputs implements Gpio {
  /** What it says of its pins. */
  away: readonly PinFault[] = [];
  readonly driven: { line: string; train: PulseTrain }[] = [];
  #finish: ((error?: Error) => void) | null = null;
  readonly #watchers = new Map<string, { readonly onEdge: (edge: Edge) => void; readonly onLoss: (count: number) => void }>();

  open(): Promise<void> {
    return Promise.resolve();
  }

  faults(): readonly PinFault[] {
    return this.away;
  }

  watch(line: string, onEdge: (edge: Edge) => void, onLoss: (count: number) => void): () => void {
    this.#watchers.set(line, { onEdge, onLoss });
    return () => void this.#watchers.delete(line);
  }

  read(line: string): Promise<'high' | 'low'> {
    const away = this.away.find((pin) => pin.line === line);
    return away ? Promise.reject(new DeviceFault(`Input ${line} is not watched`, { code: 'input-fault' })) : Promise.resolve('high');
  }

  set(): Promise<void> {
    return Promise.resolve();
  }

  pulse(line: string, train: PulseTrain): Promise<void> {
    this.driven.push({ line, train });
    return new Promise((resolve, reject) => {
      this.#finish = (error) => (error ? reject(error) : resolve());
    });
  }

  /** A train under way is given up, as the contract of the pins says. */
  close(): Promise<void> {
    this.#finish?.(new DeviceFault('The pins are not open', { code: 'gpio-closed' }));
    return Promise.resolve();
  }

  async finish(error?: Error): Promise<void> {
    this.#finish?.(error);
    this.#finish = null;
    await settle();
  }

  edge(line: string, level: 'high' | 'low'): void {
    this.#watchers.get(line)?.onEdge({ line, level, timestampNs: 0n, seqno: 1 });
  }

  lose(line: string): void {
    this.#watchers.get(line)?.onLoss(0);
  }
}

const BOARD: Board = {
  name: 'test',
  title: 'Test box',
  hardware: 'simulated',
  inputs: {},
  outputs: { relay: { chip: 'sim', line: 'relay', active: 'high' } },
  acceptors: [],
  delivery: { output: 'relay' },
  buttons: {},
  display: { width: 480, height: 320 },
};

export interface TestBoxOptions {
  readonly policy?: Partial<SalePolicy>;
  readonly timings?: Partial<SaleTimings>;
  readonly board?: Partial<Board>;
  readonly paired?: boolean;
  readonly autoPair?: boolean;
  /** Whether it has a bill acceptor beside that for coins. */
  readonly bills?: boolean;
  readonly wrapStore?: (store: Store) => Store;
  readonly cardReader?: CardReader;
  /** Asked at every start. */
  readonly updates?: () => UpdateParts;
  readonly tickets?: TicketParts;
  /** Called with every gateway before it is used. */
  readonly dress?: (gateway: ScriptedGateway) => void;
}

/** A whole box over a real journal, with a scripted backend and scripted hardware, on a clock the test moves. */
export class TestBox {
  clock = new FakeClock();
  readonly log = memoryLog();
  readonly metrics = memoryMetrics();
  readonly coin = new ScriptedAcceptor('coin', 'coin');
  readonly bill = new ScriptedAcceptor('bill', 'bill');
  readonly said: Announcement[] = [];
  volume: number | null = null;
  language: Language | null = null;
  beeps = 0;
  readonly power: string[] = [];
  /** While set, the speaker has not come to the end of what it says. */
  speaking: Promise<void> | null = null;
  readonly screens: Screen[] = [];
  gateway: ScriptedGateway;
  outputs = new ScriptedOutputs();
  store!: Store;
  box!: BoxService;
  readonly #options: TestBoxOptions;
  readonly #directory = mkdtempSync(join(tmpdir(), 'tilld-box-'));
  #boots = 0;

  constructor(options: TestBoxOptions = {}) {
    this.#options = options;
    this.gateway = this.#newGateway();
  }

  /** Starts the box, or starts it again after `cut`. */
  async start(): Promise<this> {
    const { policy, timings, board, paired = true, autoPair = false, wrapStore = (store: Store) => store } = this.#options;
    const opened = openStore({ file: join(this.#directory, 'tilld.db'), boot: `boot${++this.#boots}`, clock: this.clock });
    if (paired && opened.fact('pairing.device') === null) {
      opened.commit({ entries: [], facts: { 'pairing.device': 'device-0001', 'pairing.state': 'paired' } });
    }
    this.store = wrapStore(opened);
    this.box = new BoxService({
      version: '0.0.0',
      device: { serial: 'T-1', mac: '02:00:00:00:00:01', model: 'test' },
      protocol: 'scripted',
      board: { ...BOARD, ...board },
      policy: { ...DEFAULT_POLICY, ...policy },
      timings: { ...DEFAULT_TIMINGS, ...timings },
      autoPair,
      stateEveryMs: 60_000,
      store: this.store,
      gateway: this.gateway,
      gpio: this.outputs,
      acceptors: board?.acceptors?.length === 0 ? [] : [this.coin, ...(this.#options.bills ? [this.bill] : [])],
      cardReader: this.#options.cardReader ?? null,
      keypad: 'major',
      power: { restart: () => void this.power.push('restart'), reboot: () => void this.power.push('reboot') },
      logLines: (most) => this.log.lines.slice(-most).map((line) => JSON.stringify(line)),
      language: 'en',
      updates: this.#options.updates?.() ?? null,
      tickets: this.#options.tickets ?? null,
      kiosk: DEFAULT_KIOSK_TIMINGS,
      display: { show: (screen) => void this.screens.push(screen) },
      speaker: {
        say: (announcement) => {
          this.said.push(announcement);
          return this.speaking ?? Promise.resolve();
        },
        setVolume: (volume) => {
          this.volume = volume;
        },
        setLanguage: (language) => {
          this.language = language;
        },
        beep: async () => {
          this.beeps++;
        },
      },
      radio: { rssiDbm: () => -60 },
      clock: this.clock,
      entropy: seededEntropy(this.#boots),
      log: this.log,
      metrics: this.metrics,
    });
    await this.box.start();
    await settle();
    return this;
  }

  /** Power is cut: nothing of the old box runs on, only the file remains. The new box has a clock of its own. */
  async cut(offMs = 1_000): Promise<void> {
    await this.gateway.stop();
    this.store.close();
    this.clock = new FakeClock(this.clock.wallMs() + offMs);
    this.gateway = this.#newGateway();
    this.outputs = new ScriptedOutputs();
  }

  /** Where its journal is. */
  get folder(): string {
    return this.#directory;
  }

  kinds(): string[] {
    return this.store.ledger({ limit: 1_000 }).map(({ entry }) => entry.kind);
  }

  async end(): Promise<void> {
    await this.box.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #newGateway(): ScriptedGateway {
    const gateway = new ScriptedGateway(() => this.clock.wallMs());
    this.#options.dress?.(gateway);
    return gateway;
  }
}
