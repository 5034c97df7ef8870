import * as sqlite from 'node:sqlite';
import { storeFault } from './result-codes.ts';

export type Value = null | number | string;

/** The one place that touches node:sqlite. Everything throws StoreFault; SQL texts are constants and their statements are kept. */
export interface Connection {
  /** For pragmas and migrations: several statements at once, no result. */
  exec(sql: string): void;
  run(sql: string, ...values: Value[]): { readonly rowid: number; readonly changes: number };
  get<T>(sql: string, ...values: Value[]): T | undefined;
  all<T>(sql: string, ...values: Value[]): T[];
  /**
   * One write transaction. `refused`: rolled back, nothing is there. `unknown`: COMMIT itself failed, so the rows may or may not
   * be there after the next opening. A fault of another class thrown by `body` passes through after the roll-back.
   */
  transaction<T>(body: () => T): T;
  /** Closes; checkpoints as SQLite does when the last connection goes. Twice does nothing. */
  close(): void;
}

// Later releases of Node 26 call the class Database and keep DatabaseSync for a while.
const Database: typeof sqlite.DatabaseSync = (sqlite as { Database?: typeof sqlite.DatabaseSync }).Database ?? sqlite.DatabaseSync;

/** Opens (or creates, unless it is only to be read) the database in `file`; waits up to `busyMs` for another connection's lock. */
export function connect(file: string | URL, busyMs: number, readOnly = false): Connection {
  const db = refusing(() => new Database(file, { timeout: busyMs, readOnly }));
  const statements = new Map<string, sqlite.StatementSync>();
  let open = true;

  const prepared = (sql: string) => {
    const kept = statements.get(sql);
    if (kept) return kept;
    const statement = db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };

  /** Rolls back what is left of a transaction and says what is certain then. */
  const undo = (cause: unknown) => {
    try {
      // SQLite has rolled back by itself after some errors; then there is nothing left to do.
      if (db.isTransaction) prepared('ROLLBACK').run();
    } catch (error) {
      return storeFault(error, 'unknown');
    }
    return storeFault(cause, 'refused');
  };

  return {
    exec: (sql) => refusing(() => db.exec(sql)),
    run: (sql, ...values) =>
      refusing(() => {
        const { lastInsertRowid, changes } = prepared(sql).run(...values);
        return { rowid: Number(lastInsertRowid), changes: Number(changes) };
      }),
    get: <T>(sql: string, ...values: Value[]) => refusing(() => prepared(sql).get(...values) as T | undefined),
    all: <T>(sql: string, ...values: Value[]) => refusing(() => prepared(sql).all(...values) as T[]),
    transaction: (body) => {
      refusing(() => prepared('BEGIN IMMEDIATE').run());
      let result: ReturnType<typeof body>;
      try {
        result = body();
      } catch (error) {
        throw undo(error);
      }
      try {
        prepared('COMMIT').run();
      } catch (error) {
        if (db.isTransaction) throw undo(error);
        const fault = storeFault(error, 'unknown');
        // A full disk stops the write of the log before its last frame, the one that commits: such a transaction can never come back.
        throw fault.code === 'store-full' ? storeFault(error, 'refused') : fault;
      }
      return result;
    },
    close: () => {
      if (!open) return;
      open = false;
      statements.clear();
      refusing(() => db.close());
    },
  };
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFault(error, 'refused');
  }
}
