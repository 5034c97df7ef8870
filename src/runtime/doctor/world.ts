import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';

/** Whom the examination is made by. */
interface Person {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** What is examined. */
export interface World {
  /** Stands for `/`; tests have a folder of their own. */
  readonly root: string;
  /** With the PATH on which programs are looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly person: Person;
  readonly clock: Clock;
}

export const place = ({ root }: Pick<World, 'root'>, path: string): string => join(root, path);

/** A file of the kernel or of /etc; empty where there is none. */
export function textOf(world: Pick<World, 'root'>, path: string): string {
  try {
    return readFileSync(place(world, path), 'utf8');
  } catch {
    // Not every machine has each of them: what follows from that is for the one who asks.
    return '';
  }
}

/** The name of a user by its number, else the number. */
export const userName = (world: Pick<World, 'root'>, uid: number): string => named(textOf(world, 'etc/passwd'), uid);

const named = (text: string, id: number): string =>
  text
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[2] === String(id))?.[0] ?? String(id);

/** The names of the groups that somebody is in, by /etc/group. */
export function groupNames(world: Pick<World, 'root'>, gids: readonly number[]): string[] {
  const groups = textOf(world, 'etc/group');
  return gids.map((gid) => named(groups, gid));
}
