import { existsSync } from 'node:fs';
import type { BoxStatus } from '../../app/box.ts';
import type { Board } from '../../domain/board.ts';
import type { Entropy } from '../../ports/entropy.ts';
import { BOARDS_DIR, loadBoard } from '../board.ts';
import { loadConfig, type Settings } from '../config.ts';
import { checkProducts } from '../products.ts';
import { boxWorksOn } from '../single-instance.ts';
import { inWordsOf } from './as-root.ts';
import { deviceChecks, printerChecks, serialChecks } from './devices.ts';
import { examine } from './examine.ts';
import { type Check, type Examined, type Finding, findingOf, ok, skipped, warning } from './finding.ts';
import { linksOf } from './links.ts';
import { linkChecks } from './network.ts';
import { personCheck } from './person.ts';
import { pinChecks } from './pins.ts';
import { programChecks } from './programs.ts';
import { askBox } from './running.ts';
import { journalFinding, stateChecks } from './state.ts';
import { timeChecks } from './time.ts';
import type { World } from './world.ts';

export interface DoctorOptions {
  /** Null where there is none: then only the machine is examined. */
  readonly configFile: string | null;
  readonly stateDir: string;
  readonly world: World;
  readonly entropy: Entropy;
  /** How far it has come. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Examines a box from its configuration to its backend. Nothing is written, driven or restarted. What a running box has in
 * its hands is left to it: it is asked by its local API.
 */
export async function examineBox({ configFile, stateDir, world, entropy, onProgress }: DoctorOptions): Promise<Examined[]> {
  const { clock } = world;
  const { results, settings, board } = configuration(configFile, world);
  const running = existsSync(stateDir) && (await boxWorksOn(stateDir));
  const status = await theBox(running, settings, results);
  // Reading a whole journal holds everything else up: no time limit runs meanwhile.
  let livedUntilMs = 0;
  results.push({ code: 'journal', title: 'Journal', ...(await journal(running, stateDir, (untilMs) => (livedUntilMs = untilMs))) });
  const checks: Check[] = [
    ...stateChecks(world, stateDir),
    ...timeChecks(world, settings, livedUntilMs),
    personCheck(world, board, settings),
    ...programChecks(world, board, settings),
    ...hardwareChecks(board, settings, running, world),
    ...(settings ? await networkChecks(settings, status, world, entropy) : []),
  ];
  const total = results.length + checks.length;
  let done = results.length;
  onProgress?.(done, total);
  return inWordsOf(world.root, [...results, ...(await examine(checks, clock, () => onProgress?.(++done, total)))]);
}

interface Configured {
  readonly results: Examined[];
  readonly settings: Settings | null;
  readonly board: Board | null;
}

function configuration(file: string | null, { env }: World): Configured {
  const results: Examined[] = [];
  const named = (code: string, title: string, finding: Finding) => void results.push({ code, title, ...finding });
  if (file === null) {
    const remedy = 'Name it: tilld doctor --config FILE';
    named(
      'configuration',
      'Configuration',
      warning('no-configuration', 'none was named', { expected: 'the configuration of the box', remedy }),
    );
    return { results, settings: null, board: null };
  }
  const settings = trial(() => loadConfig(file, env));
  if ('verdict' in settings) {
    named('configuration', 'Configuration', settings);
    named('board', 'Board', skipped('the configuration names it'));
    return { results, settings: null, board: null };
  }
  const board = trial(() => loadBoard(settings.board, BOARDS_DIR));
  const products =
    'verdict' in board ? null : trial(() => checkProducts(file, settings, board) ?? ok(`${file}, protocol ${settings.backend.protocol}`));
  named('configuration', 'Configuration', products ?? ok(file));
  named('board', 'Board', 'verdict' in board ? board : ok(`${board.title} (${board.name}, ${board.hardware})`));
  return { results, settings, board: 'verdict' in board ? null : board };
}

function trial<T>(load: () => T): T | Finding {
  try {
    return load();
  } catch (error) {
    return findingOf(error);
  }
}

async function theBox(running: boolean, settings: Settings | null, results: Examined[]): Promise<BoxStatus | null> {
  const { finding, status } = running
    ? await askBox(settings?.api ?? null)
    : { finding: ok('no box works on this state directory'), status: null };
  results.push({ code: 'box', title: 'Box', ...finding });
  return status;
}

async function journal(running: boolean, stateDir: string, lived: (untilMs: number) => void): Promise<Finding> {
  if (running) return skipped('the box that runs works on it, and has checked it at its start');
  try {
    return await journalFinding(stateDir, lived);
  } catch (error) {
    return findingOf(error);
  }
}

function hardwareChecks(board: Board | null, settings: Settings | null, running: boolean, world: World): Check[] {
  if (!board || !settings) return [];
  const real = board.hardware === 'libgpiod' ? pinChecks(board, world) : [];
  const asked = [...real, ...serialChecks(board, settings, world), ...printerChecks(settings, world)];
  // The box has these open: nothing is asked of them.
  const held = asked.map((check): Check => ({ ...check, run: async () => skipped('the box that runs has it') }));
  return [...(running ? held : asked), ...deviceChecks(settings, world)];
}

async function networkChecks(settings: Settings, status: BoxStatus | null, { clock }: World, entropy: Entropy): Promise<Check[]> {
  try {
    return linkChecks(await linksOf(settings), { clock, entropy, brokerUp: status?.links.mqtt === 'up' });
  } catch (error) {
    const finding = findingOf(error);
    return [{ code: 'backend-configuration', title: 'Parameters of the backend', run: async () => finding }];
  }
}
