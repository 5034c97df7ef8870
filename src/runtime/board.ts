import { join } from 'node:path';
import * as v from 'valibot';
import type { Board } from '../domain/board.ts';
import { excerpt } from '../domain/card-data.ts';
import { ConfigurationFault } from '../domain/fault.ts';
import { nearest } from '../domain/nearest.ts';
import { namesAt, programPath, readFileAtSync } from '../program-files.ts';
import { BOARD_SCHEMA } from './board-schema.ts';
import { type FieldFault, fieldFaults, listed } from './field-faults.ts';
import { jsonFault } from './json-text.ts';

/** The board files that come with tilld. */
export const BOARDS_DIR = programPath('boards');

/** Everything that is wrong with a board file at once. */
export class BoardInvalid extends ConfigurationFault {
  readonly faults: readonly FieldFault[];

  constructor(file: string, faults: readonly FieldFault[]) {
    super(`The board ${file} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}`, {
      code: 'board-invalid',
      remedy: 'Correct the file; `tilld board schema` describes its form.',
    });
    this.faults = faults;
  }

  /** One line for each fault. */
  override explain(): string {
    return `${this.message}:\n${listed(this.faults)}\n${this.remedy}`;
  }
}

const MAX_BYTES = 256 * 1024;
const SCHEMA_FILE = 'board.schema.json';

/**
 * A board by the name of one that comes with tilld (`sim`), or by its file: anything with a slash or a `.json`.
 * @throws ConfigurationFault `board-unknown`, `board-unreadable`; BoardInvalid `board-invalid` with every fault there is
 */
export function loadBoard(nameOrFile: string, boardsDir: string): Board {
  const file = /^[\w-]+$/.test(nameOrFile) ? namedBoard(nameOrFile, boardsDir) : nameOrFile;
  return parseBoard(readText(file), file);
}

/** As `loadBoard`, for a text that would stand in `file`. */
export function parseBoard(source: string, file: string): Board {
  const text = source.replace(/^\uFEFF/, '');
  const broken = jsonFault(text);
  if (broken) {
    const { line, column, expected } = broken;
    throw new BoardInvalid(file, [{ path: `line ${line} column ${column}`, found: 'something else', expected }]);
  }
  const result = v.safeParse(BOARD_SCHEMA, JSON.parse(text));
  if (!result.success) throw new BoardInvalid(file, fieldFaults(result.issues));
  const { $schema: _, ...board } = result.output;
  return board;
}

function namedBoard(name: string, boardsDir: string): string {
  const known = boardNames(boardsDir);
  if (known.includes(name)) return join(boardsDir, `${name}.json`);
  const meant = nearest(name, known);
  throw new ConfigurationFault('There is no board of that name', {
    code: 'board-unknown',
    found: JSON.stringify(excerpt(name, 64)),
    expected: known.join(', ') || `a file in ${boardsDir}`,
    remedy: meant === null ? 'Give one of these names, or the path of a board file.' : `Did you mean "${meant}"?`,
  });
}

function boardNames(boardsDir: string): string[] {
  try {
    const files = namesAt(boardsDir).filter((file) => file.endsWith('.json') && file !== SCHEMA_FILE);
    return files.map((file) => file.slice(0, -'.json'.length)).sort();
  } catch (error) {
    throw unreadable(boardsDir, error);
  }
}

function readText(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileAtSync(file);
  } catch (error) {
    throw unreadable(file, error);
  }
  if (bytes.length <= MAX_BYTES) return Buffer.from(bytes).toString('utf8');
  throw new ConfigurationFault(`The board ${file} is too large`, {
    code: 'board-unreadable',
    found: `${bytes.length} bytes`,
    expected: `at most ${MAX_BYTES}`,
  });
}

const unreadable = (file: string, error: unknown) =>
  new ConfigurationFault(`The board ${file} cannot be read`, {
    code: 'board-unreadable',
    found: (error as NodeJS.ErrnoException).code ?? String(error),
    remedy: 'Check the path and the permissions of the file.',
    cause: error,
  });
