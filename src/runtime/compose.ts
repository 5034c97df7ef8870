import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BoxService } from '../app/box-service.ts';
import type { Board } from '../domain/board.ts';
import { DeviceFault } from '../domain/fault.ts';
import { idText } from '../domain/identity.ts';
import { DEFAULT_KIOSK_TIMINGS } from '../domain/kiosk.ts';
import { StoreFault } from '../domain/store-fault.ts';
import { watchButtons } from '../drivers/buttons.ts';
import type { Look } from '../drivers/display/raster-canvas.ts';
import { procRadio } from '../drivers/radio.ts';
import type { UpdatePolicy } from '../ota/check.ts';
import { createUpdates } from '../ota/updates.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Updates } from '../ports/updates.ts';
import type { PaperTray } from '../simulator/paper-tray.ts';
import { createSimulator, type Simulator } from '../simulator/simulator.ts';
import { openStore } from '../store/open.ts';
import { loadBoard } from './board.ts';
import type { Settings } from './config.ts';
import { displayOf } from './display.ts';
import { systemEntropy } from './entropy.ts';
import { dialectOf } from './gateways.ts';
import { acceptorsOf, pinsOf } from './hardware.ts';
import { logoSource } from './logo.ts';
import { type MetricsRegistry, metricsRegistry } from './metrics.ts';
import { printerOf } from './printer.ts';
import { claimState } from './single-instance.ts';
import { speakerOf } from './speaker.ts';
import { VERSION } from './version.ts';
import { voicePacks, voiceRenderer } from './voice.ts';

export interface Launched {
  readonly release: string;
  /** How long the launcher gives a release on trial, milliseconds. */
  readonly trialMs: number;
}

export type Restart = (what: 'program' | 'board') => void;

export interface ComposeOptions {
  readonly settings: Settings;
  /** Directory of the box's own files; made when it is missing. */
  readonly stateDir: string;
  readonly boardsDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands between the box and its journal; for tests that break it at a chosen commit. */
  readonly wrapStore?: (store: Store) => Store;
  /** Told the name of an output of a virtual board whenever it goes active. */
  readonly onOutput?: (line: string) => void;
  /** A commit ended in the unknown: the process must end, and whoever starts it again finds out what is in the journal. */
  readonly onLedgerLost: (fault: StoreFault) => void;
  /** Ends the process in order, for whoever supervises it to start it, or the whole board, again. */
  readonly restart: Restart;
  /** The newest lines of the log. */
  readonly logLines: (most: number) => readonly string[];
  /** By tilld-launch: the firmware release this process is (empty: what tilld itself brings); null when that did not start it. */
  readonly launched: Launched | null;
}

export interface ComposedBox {
  readonly box: BoxService;
  readonly metrics: MetricsRegistry;
  readonly board: Board;
  /** Sequence number of the newest entry of the journal, 0 when it is empty. */
  lastSeq(): number;
  /** The newest wall time that was trusted among the last entries of the journal, milliseconds since 1970; 0 when there is none. */
  livedUntilMs(): number;
  /** The virtual board, when the board is one. */
  readonly simulator: Simulator | null;
  readonly updates: Updates;
  /** How screens are drawn now. */
  look(): Promise<Look>;
  /** The virtual printer, where there is one. */
  readonly tray: PaperTray | null;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Puts a box together from its settings: the only place that knows every room. Nothing runs before `start`.
 * @throws ConfigurationFault from the board file or `state-in-use`; DeviceFault `state-unwritable`; StoreFault when the journal cannot be opened
 */
export async function composeBox(options: ComposeOptions): Promise<ComposedBox> {
  const { settings, stateDir, clock, log } = options;
  makeStateDir(stateDir);
  const release = await claimState(stateDir);
  const board = loadBoard(settings.board, options.boardsDir);
  const updates = createUpdates({
    directory: stateDir,
    policy: updatePolicy(settings),
    wallMs: () => clock.wallMs(),
    report: (fault) => log.error('update.damage', { error: fault }),
  });
  const packs = voicePacks({ updates, stateDir, log });
  const { speaker: wanted, language } = settings;
  const simulator =
    board.hardware === 'simulated' ? createSimulator(board, clock, wanted === undefined ? voiceRenderer(packs, log) : undefined) : null;
  const gpio = simulator?.gpio ?? (await pinsOf(board, { clock, log, env: process.env }));
  const own = await speakerOf(wanted, {
    board: simulator?.speaker ?? null,
    packs,
    language,
    clock,
    entropy: systemEntropy,
    log,
    env: process.env,
  });
  const { onOutput } = options;
  if (onOutput) simulator?.gpio.onOutput(({ line, active }) => active && onOutput(line));
  const boot = idText(systemEntropy.bytes(10));
  const metrics = metricsRegistry();
  const opened = openStore({ file: join(stateDir, 'tilld.db'), boot, clock, maxMiB: settings.limits.databaseMiB });
  const store = endingOnUnknown(options.wrapStore?.(opened) ?? opened, options.onLedgerLost);
  const { gateway, files, unusable } = await dialectOf({ settings, store, simulator, updates, clock, log, metrics });
  const logo = logoSource(updates, log);
  const look = async (): Promise<Look> => {
    const picture = await logo();
    const { touch = false } = board.display;
    return { language: box.language(), theme: settings.theme, touch, ...(picture ? { logo: picture } : {}) };
  };
  const spoken = () => box.language();
  const press = (key: string) => box.press(key);
  const display = await displayOf(settings.display, { board, look, language: spoken, press, clock, log });
  const printer = await printerOf(settings.printer, { ticket: settings.ticket, language: spoken, clock });
  const { trialSeconds, confirmSeconds, kibPerSecond } = settings.ota;
  const box: BoxService = new BoxService({
    version: VERSION,
    device: { serial: settings.device.serial, mac: settings.device.mac, model: settings.device.model },
    protocol: settings.backend.protocol,
    board,
    policy: settings.sale.policy,
    timings: settings.sale.timings,
    autoPair: settings.pairing.auto,
    stateEveryMs: settings.stateEverySeconds * 1_000,
    store,
    gateway,
    gpio,
    acceptors: await acceptorsOf(board, { gpio, clock, boot, log }),
    cardReader: simulator?.cardReader ?? null,
    keypad: settings.keypad,
    language,
    logLines: options.logLines,
    // A virtual board is started again by ending its program.
    power: { restart: () => options.restart('program'), reboot: () => options.restart(simulator ? 'program' : 'board') },
    display: {
      show: (screen) => {
        log.debug('screen', { kind: screen.kind });
        display?.show(screen);
      },
    },
    tickets: printer?.tickets ?? null,
    kiosk: settings.backend.protocol === 'kiosk' ? settings.backend.kiosk : DEFAULT_KIOSK_TIMINGS,
    speaker: own.speaker,
    radio: procRadio(),
    clock,
    entropy: systemEntropy,
    log,
    metrics,
    updates: {
      updates,
      backendFiles: files,
      unusable,
      launchedAs: options.launched?.release ?? null,
      restart: () => options.restart('program'),
      trialMs: trialSeconds * 1_000,
      // A release that took longer than its trial to believe in itself would never be confirmed.
      confirmMs: Math.min(confirmSeconds * 1_000, options.launched ? options.launched.trialMs / 2 : Number.POSITIVE_INFINITY),
      bytesPerSecond: kibPerSecond === undefined ? null : kibPerSecond * 1_024,
    },
  });
  let unwatchButtons = () => {};
  const stop = async () => {
    unwatchButtons();
    try {
      await display?.stop();
      await box.stop();
      await own.stop();
      await printer?.printer.close();
    } finally {
      release();
    }
  };
  return {
    box,
    metrics,
    board,
    lastSeq: () => store.lastSeq(),
    livedUntilMs: () => livedUntilMs(store),
    simulator,
    updates,
    look,
    tray: printer?.tray ?? null,
    start: async () => {
      try {
        await box.start();
        display?.start();
        unwatchButtons = watchButtons({ gpio, clock, log, board, onPress: (name) => box.press(name) });
      } catch (error) {
        // A box that did not start leaves nothing driven, no acceptor open, and nothing that would keep this process from ending.
        await stop();
        throw error;
      }
    },
    stop,
  };
}

/** Whose packages the box takes. */
export function updatePolicy({ ota }: Pick<Settings, 'ota'>): UpdatePolicy {
  const { model, customer, trustedKeys, allowUnsigned } = ota;
  return { model, customer, runtime: VERSION, keys: trustedKeys, allowUnsigned };
}

/** The directory of the box's own files, for nobody else to read. */
function makeStateDir(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o700);
  } catch (error) {
    throw new DeviceFault('The state directory cannot be used', {
      code: 'state-unwritable',
      found: `${directory}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      expected: 'a directory of this user on a disk that can be written',
      remedy: 'Mount the disk writable, give the directory to the user that runs the box, or name another one with --state.',
      cause: error,
    });
  }
}

/** Far more entries than a box writes between two looks at its clock. */
const ENTRIES_ASKED = 200;

function livedUntilMs(store: Store): number {
  const last = store.ledger({ after: Math.max(0, store.lastSeq() - ENTRIES_ASKED), limit: ENTRIES_ASKED });
  return Math.max(0, ...last.filter(({ clockTrusted }) => clockTrusted).map(({ atMs }) => atMs));
}

/** The store, with one more duty: a write whose outcome is unknown, or that finds the store given up, is told to whoever can end the process. */
function endingOnUnknown(store: Store, onLedgerLost: (fault: StoreFault) => void): Store {
  const commit = store.commit.bind(store);
  const saveCheckpoint = store.saveCheckpoint.bind(store);
  const watched = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      if (error instanceof StoreFault && (error.outcome === 'unknown' || error.code === 'store-poisoned')) onLedgerLost(error);
      throw error;
    }
  };
  store.commit = (what) => watched(() => commit(what));
  store.saveCheckpoint = (checkpoint) => watched(() => saveCheckpoint(checkpoint));
  return store;
}
