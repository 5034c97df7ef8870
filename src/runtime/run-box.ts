import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { startApi } from './api/server.ts';
import { systemClock } from './clock.ts';
import { composeBox } from './compose.ts';
import { loadConfig } from './config.ts';
import { stderrLog } from './log.ts';

export interface RunOptions {
  readonly configFile: string;
  readonly stateDir: string;
  /** See `ComposeOptions`. */
  readonly wrapStore?: (store: Store) => Store;
  /** Told the name of an output whenever it goes active. */
  readonly onOutput?: (line: string) => void;
}

export interface RunningBox {
  /** Address of the local API. */
  readonly url: string;
  readonly log: Log;
  stop(): Promise<void>;
}

/** The box is alive while it looks after its ledger at least this often. */
const PROGRESS_MS = 10_000;
const BOARDS = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'boards');

/**
 * Starts a whole box from its configuration file: composed, selling, with its local API. Resolves when it is ready to
 * take money; that needs no network.
 * @throws ConfigurationFault, StoreFault
 */
export async function runBox({ configFile, stateDir, wrapStore, onOutput }: RunOptions): Promise<RunningBox> {
  const settings = loadConfig(configFile);
  const log = stderrLog(settings.log.level);
  const clock = systemClock();
  const composed = await composeBox({
    settings,
    stateDir,
    boardsDir: BOARDS,
    clock,
    log,
    ...(wrapStore ? { wrapStore } : {}),
    ...(onOutput ? { onOutput } : {}),
    // Nobody may go on in the unknown. The outputs fall back by themselves when the process ends.
    onLedgerLost: (fault) => {
      log.error('ledger.unknown', { error: fault });
      process.exit(1);
    },
  });
  const { box, simulator, metrics, board } = composed;
  await composed.start();
  const api = await startApi({
    box,
    settings,
    metrics,
    log,
    clock,
    lastSeq: () => composed.lastSeq(),
    drawScreen: async (screen) => {
      const { renderScreen } = await import('../drivers/display/screen-svg.ts');
      return renderScreen(screen, { ...board.display, language: settings.language, nowMonotonicMs: clock.monotonicMs() });
    },
    health: () => {
      const ledgerMs = Math.round(box.sinceProgressMs());
      const ok = ledgerMs < PROGRESS_MS;
      return { ok, checks: { ledger: { ok, detail: `looked after ${ledgerMs} ms ago` } } };
    },
    ...(simulator ? { extra: await simulated(simulator) } : {}),
  });
  log.info('box.ready', { url: api.url, sinceStartMs: Math.round(performance.now()) });
  return {
    url: api.url,
    log,
    stop: async () => {
      await api.stop();
      await composed.stop();
    },
  };
}

async function simulated(simulator: NonNullable<Awaited<ReturnType<typeof composeBox>>['simulator']>) {
  const { simRoutes } = await import('../simulator/routes.ts');
  return simRoutes(simulator, () => process.kill(process.pid, 'SIGKILL'));
}
