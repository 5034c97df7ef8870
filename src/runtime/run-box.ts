import { serviceManager } from '../drivers/service-manager.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { type Api, startApi } from './api/server.ts';
import { BOARDS_DIR, loadBoard } from './board.ts';
import { systemClock } from './clock.ts';
import { type ComposedBox, composeBox, type Launched, type Restart } from './compose.ts';
import { loadConfig, type Settings } from './config.ts';
import { stderrLog } from './log.ts';
import { checkProducts } from './products.ts';

export interface RunOptions {
  readonly configFile: string;
  readonly stateDir: string;
  /** See `ComposeOptions`. */
  readonly wrapStore?: (store: Store) => Store;
  /** Told the name of an output whenever it goes active. */
  readonly onOutput?: (line: string) => void;
  /** See `ComposeOptions`; default: nobody would start it again. */
  readonly launched?: Launched;
  /** See `ComposeOptions`. */
  readonly restart: Restart;
}

export interface RunningBox {
  /** Address of the local API. */
  readonly url: string;
  readonly log: Log;
  stop(): Promise<void>;
}

/** The box is alive while it looks after its ledger at least this often. */
const PROGRESS_MS = 10_000;
/** An acceptor may finish with a bill it holds before it does what it is told: that takes half a minute at most. */
const ACCEPTOR_MS = 60_000;

/**
 * Starts a whole box from its configuration file: composed, selling, with its local API. Resolves when it is ready to
 * take money; that needs no network.
 * @throws ConfigurationFault, StoreFault
 */
export async function runBox({ configFile, stateDir, wrapStore, onOutput, launched, restart }: RunOptions): Promise<RunningBox> {
  const settings = loadConfig(configFile);
  checkProducts(configFile, settings, loadBoard(settings.board, BOARDS_DIR));
  const log = stderrLog(settings.log.level);
  const clock = systemClock();
  const composed = await composeBox({
    settings,
    stateDir,
    boardsDir: BOARDS_DIR,
    clock,
    log,
    ...(wrapStore ? { wrapStore } : {}),
    ...(onOutput ? { onOutput } : {}),
    launched: launched ?? null,
    restart,
    logLines: (most) => log.lines(most),
    // Nobody may go on in the unknown. The outputs fall back by themselves when the process ends.
    onLedgerLost: (fault) => {
      log.error('ledger.unknown', { error: fault });
      process.exit(1);
    },
  });
  clock.notBefore(composed.livedUntilMs());
  await composed.start();
  // A box that cannot be reached does not go on behind the back of whoever was told that it did not start.
  const api = await serve(composed, settings, clock, log).catch(async (error: unknown) => {
    await composed.stop();
    throw error;
  });
  const manager = serviceManager({ env: process.env, clock, log });
  const unwatch = manager?.watch(() => healthOf(composed).ok);
  manager?.ready();
  log.info('box.ready', { url: api.url, sinceStartMs: Math.round(performance.now()) });
  return {
    url: api.url,
    log,
    stop: async () => {
      unwatch?.();
      manager?.stopping();
      await api.stop();
      await composed.stop();
    },
  };
}

async function serve(composed: ComposedBox, settings: Settings, clock: Clock, log: Log): Promise<Api> {
  const { box, simulator, metrics, board } = composed;
  return startApi({
    box,
    settings,
    metrics,
    log,
    clock,
    lastSeq: () => composed.lastSeq(),
    drawScreen: async (screen) => {
      const { renderScreen } = await import('../drivers/display/screen-svg.ts');
      const { width, height } = board.display;
      return renderScreen(screen, { ...(await composed.look()), width, height, nowMonotonicMs: clock.monotonicMs() });
    },
    health: () => healthOf(composed),
    ...(simulator ? { extra: await simulated(simulator, composed) } : {}),
  });
}

/** Whether what takes money makes progress. A backend that cannot be reached is no reason to start the box again. */
function healthOf({ box }: ComposedBox) {
  const ledgerMs = Math.round(box.sinceProgressMs());
  const fault = box.ledgerFault();
  const ledger = { ok: ledgerMs < PROGRESS_MS && fault === null, detail: fault ?? `looked after ${ledgerMs} ms ago` };
  const inbound = { ok: box.listening() };
  const waitingMs = Math.round(box.acceptorsWaitingMs());
  const acceptors = { ok: waitingMs < ACCEPTOR_MS, detail: waitingMs === 0 ? 'as they were told' : `told ${waitingMs} ms ago` };
  return { ok: ledger.ok && inbound.ok && acceptors.ok, checks: { ledger, inbound, acceptors } };
}

async function simulated(simulator: NonNullable<ComposedBox['simulator']>, { updates, tray }: ComposedBox) {
  const { simRoutes } = await import('../simulator/routes.ts');
  return simRoutes(
    simulator,
    () => process.kill(process.pid, 'SIGKILL'),
    (clip) => updates.resource(`mp3/${clip}.mp3`),
    tray,
  );
}
