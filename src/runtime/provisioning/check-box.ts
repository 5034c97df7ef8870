import { ConfigurationFault } from '../../domain/fault.ts';
import type { MachineIdentity } from '../../drivers/machine.ts';
import { BOARDS_DIR, BoardInvalid, loadBoard, parseBoard } from '../board.ts';
import { ConfigInvalid, parseConfig } from '../config.ts';
import type { FieldFault } from '../field-faults.ts';
import { checkProducts } from '../products.ts';

/** Where the configuration goes; relative paths in it start there. */
const CONFIG = '/etc/tilld/tilld.json';
/** Where a board of one's own goes, as that configuration names it. */
const OWN_BOARD = './board.json';
/** As much of either file as `tilld run` reads. */
const MAX_BYTES = 256 * 1024;

type Json = Readonly<Record<string, unknown>>;

/** The files of a box that is in order; `board` where it is not one that comes with tilld. */
interface BoxFiles {
  readonly config: string;
  readonly board?: string;
}

/**
 * Checks the board, by its name or whole, and the configuration of a card file as `tilld run` will, with all faults of both.
 * `machine` is asked who the box is where the configuration does not say it.
 */
export function checkBox(
  board: string | Json,
  backend: Json,
  machine: () => MachineIdentity,
): BoxFiles | { readonly faults: readonly FieldFault[] } {
  const named = typeof board === 'string';
  const config = written({ ...backend, board: named ? board : OWN_BOARD });
  const own = named ? {} : { board: written(board) };
  const faults = [...tooLarge('$.board', own.board ?? ''), ...tooLarge('$.backend', config)];
  if (faults.length > 0) return { faults };

  const its = attempt(faults, () => (named ? loadBoard(board, BOARDS_DIR) : parseBoard(written(board), OWN_BOARD)));
  const settings = attempt(faults, () => parseConfig(config, CONFIG, {}, machine));
  if (its !== null && settings !== null) attempt(faults, () => checkProducts(CONFIG, settings, its));
  return faults.length > 0 ? { faults } : { config, ...own };
}

const written = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`;

/** The card file leaves out the spaces of the files it becomes. */
function tooLarge(path: string, content: string): FieldFault[] {
  const bytes = Buffer.byteLength(content);
  return bytes <= MAX_BYTES ? [] : [{ path, found: `${bytes} bytes, as they are written to the box`, expected: `at most ${MAX_BYTES}` }];
}

/** The outcome, or null when there are faults, which are added as they are called in the card file. */
function attempt<T>(faults: FieldFault[], act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ConfigurationFault)) throw error;
    faults.push(...inCardFile(error));
    return null;
  }
}

function inCardFile(error: ConfigurationFault): readonly FieldFault[] {
  if (error instanceof BoardInvalid) return error.faults.map((fault) => below('$.board', fault));
  if (error instanceof ConfigInvalid) return error.faults.map((fault) => below('$.backend', fault));
  return [{ path: '$.board', found: error.found ?? error.message, expected: error.expected ?? 'a board that is in order' }];
}

const below = (key: string, fault: FieldFault): FieldFault => ({ ...fault, path: fault.path.replace(/^\$/, () => key) });
