import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What tells a chip from another that has its number later, by the name programs call it; the kernel makes a new node for each. */
export type ChipMarks = ReadonlyMap<string, string>;

/** The chips there are, in a folder such as `/dev`. Cheap enough for every second: no program is started. */
export function chipMarks(folder: string): ChipMarks {
  const names = attempt(() => readdirSync(folder)) ?? [];
  return new Map(
    names.flatMap((name) => {
      const mark = /^gpiochip\d+$/.test(name) ? chipMark(folder, name) : undefined;
      return mark === undefined ? [] : [[name, mark] as const];
    }),
  );
}

/** Undefined for a chip that has no node there. */
export function chipMark(folder: string, chip: string): string | undefined {
  const node = attempt(() => statSync(join(folder, chip)));
  return node && `${node.ino} ${node.rdev}`;
}

/** What cannot be read is not there. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
