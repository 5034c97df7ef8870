import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '../domain/ota/update.ts';
import { diskFault } from './disk.ts';
import { checkRelease } from './release-files.ts';
import type { StateKeeper } from './state-keeper.ts';

/** The files of the current resource release. It is read as a whole before the first of them is handed out. */
export class CurrentResources {
  readonly #keeper: StateKeeper;
  readonly #leave: (release: Release, damage: string) => Promise<void>;
  #checked: { readonly id: string; readonly outcome: ReturnType<typeof checkRelease> } | null = null;

  /** @param leave goes back from a release that is damaged, unless it is current no more */
  constructor(keeper: StateKeeper, leave: (release: Release, damage: string) => Promise<void>) {
    this.#keeper = keeper;
    this.#leave = leave;
  }

  /** Null when there is no such file, or no release; that of the release before when this one is damaged. @throws DeviceFault `ota-io` */
  async read(path: string): Promise<Uint8Array | null> {
    for (;;) {
      const { current } = this.#keeper.state.slots.CUST;
      if (!current) return null;
      const folder = this.#keeper.paths.release('CUST', current.id);
      if (this.#checked?.id !== current.id) this.#checked = { id: current.id, outcome: checkRelease(folder, current) };
      const { files, damage } = await this.#checked.outcome;
      if (files) return files.some((file) => file.path === path) ? await readBytes(join(folder, path)) : null;
      await this.#leave(current, damage);
    }
  }

  /** The next file is handed out after another look at its release. */
  forget(): void {
    this.#checked = null;
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw diskFault(error);
  }
}
