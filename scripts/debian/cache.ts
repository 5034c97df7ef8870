import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what was fetched or built and can be made anew: `TILLD_CACHE`, else below the user's own cache folder. It is made when it is missing. */
export function cacheFolder(...names: string[]): string {
  const { TILLD_CACHE, XDG_CACHE_HOME } = process.env;
  const folder = join(TILLD_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tilld'), ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}
