import { existsSync } from 'node:fs';
import { ConfigurationFault, PeerFault } from '../domain/fault.ts';
import { BOX_OPTIONS, type BoxClient, boxClient } from './box-client.ts';
import type { Context, OptionSpecs } from './command.ts';
import { BOX_STATE } from './run.ts';

/** The options of every command that looks after the updates of a box. */
export const PLACE_OPTIONS = {
  ...BOX_OPTIONS,
  state: {
    type: 'string',
    value: 'DIR',
    help: 'State folder of the box, whether it runs or not; else the box that answers, or the folder of `tilld run`',
  },
} as const satisfies OptionSpecs;

/** Where the updates of a box are dealt with: by the box itself, while it runs, or on its disk. */
interface Place<T> {
  readonly box: (client: BoxClient) => Promise<T>;
  /** Nothing else works on the folder meanwhile. */
  readonly disk: (stateDir: string) => Promise<T>;
}

/**
 * Asks the box when it runs, and works on its state folder when it does not. `--state` says which box is meant;
 * without it, the one that answers, and if none does and no address was given, the folder of `tilld run`.
 */
export async function atPlace<T>({ values, env }: Pick<Context<typeof PLACE_OPTIONS>, 'values' | 'env'>, place: Place<T>): Promise<T> {
  const { state, ...address } = values;
  const ask = () => place.box(boxClient({ values: address, env }));
  if (state !== undefined) return onDisk(state, place.disk, ask);
  const folder = address.url || address.port || env.TILLD_URL ? undefined : [BOX_STATE, '.tilld'].find((one) => existsSync(one));
  try {
    return await ask();
  } catch (error) {
    if (folder === undefined || !(error instanceof PeerFault) || error.code !== 'box-unreachable') throw error;
    return onDisk(folder, place.disk, () => Promise.reject(error));
  }
}

/** Works on a folder that no box works on, else does something else. */
async function onDisk<T>(folder: string, work: Place<T>['disk'], whenInUse: () => Promise<T>): Promise<T> {
  if (!existsSync(folder)) throw noFolder(folder);
  const { claimState } = await import('../runtime/single-instance.ts');
  const release = await claimState(folder).catch((error: unknown) => {
    if (error instanceof ConfigurationFault && error.code === 'state-in-use') return null;
    throw error;
  });
  if (!release) return whenInUse();
  try {
    return await work(folder);
  } finally {
    release();
  }
}

const noFolder = (folder: string) =>
  new ConfigurationFault('There is no such state folder', {
    code: 'state-folder',
    found: folder,
    expected: 'the state folder of a box',
    remedy: 'Give the folder that `tilld run --state` has.',
  });
