import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { BackendClock } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { integerOf, textOf } from '../store.ts';

/** A named list of devices, by serial number. */
export interface Group {
  readonly name: string;
  readonly devices: readonly string[];
  readonly changedAtMs: number;
}

/** A roll-out is shown and kept device by device. */
export const MAX_GROUP_DEVICES = 1000;
const MAX_GROUPS = 200;

/** The device groups. A roll-out copies the list it starts with: what changes here later is not for it. */
export class Groups {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;

  constructor(db: DatabaseSync, clock: BackendClock) {
    this.#db = db;
    this.#clock = clock;
  }

  list(): Group[] {
    return this.#db.prepare('SELECT * FROM tms_groups ORDER BY name').all().map(toGroup);
  }

  /** @throws Refusal `group-unknown` */
  get(name: string): Group {
    const row = this.#db.prepare('SELECT * FROM tms_groups WHERE name = ?').get(name);
    if (row) return toGroup(row);
    throw new Refusal(404, 'There is no such group', { code: 'group-unknown', found: excerpt(name, 64) });
  }

  /** Makes the group or replaces its devices; one that is listed twice is in it once. @throws Refusal `group-limit` */
  put(name: string, devices: readonly string[]): Group {
    const others = this.list().filter((group) => group.name !== name).length;
    if (others >= MAX_GROUPS)
      throw new Refusal(409, 'There are too many groups', { code: 'group-limit', expected: `at most ${MAX_GROUPS}` });
    this.#db
      .prepare(
        'INSERT INTO tms_groups (name, devices, changed_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET devices = ?2, changed_at_ms = ?3',
      )
      .run(name, JSON.stringify([...new Set(devices)]), this.#clock.wallMs());
    return this.get(name);
  }

  /** @throws Refusal `group-unknown` */
  remove(name: string): void {
    this.get(name);
    this.#db.prepare('DELETE FROM tms_groups WHERE name = ?').run(name);
  }
}

const toGroup = (row: Record<string, SQLOutputValue>): Group => ({
  name: textOf(row, 'name'),
  devices: JSON.parse(textOf(row, 'devices')) as string[],
  changedAtMs: integerOf(row, 'changed_at_ms'),
});
