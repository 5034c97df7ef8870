import type { PackageType, UpdateState } from '../../domain/ota/update.ts';
import { installFile } from '../../ota/install.ts';
import type { Updates } from '../../ports/updates.ts';
import { install, type Promised, type Sample } from './install.ts';

/** What is done to a box while its power may go. A trial and a roll-back begin with the new release on trial. */
export type Act = 'install' | 'install by hand' | 'trial' | 'roll back';

/** An act and the new package it is about. */
export interface Deed {
  readonly act: Act;
  readonly type: PackageType;
  readonly next: Sample & { readonly file: string };
}

type Say = (promised: Promised) => void;

/** Starts of a release before it is confirmed: fewer than make the launcher give it up. */
const TRIES = 2;

/** Does it, on from wherever the box is with it, and says after each step what that promises. */
export function perform(deed: Deed, updates: Updates, promise: Say): Promise<void> {
  const { act, next } = deed;
  if (act === 'install') return install(updates, next, promise);
  return DEEDS[act](deed, updates, promise);
}

/** Whether all that it is for has come true. */
export function isDone({ act, type, next: { offer } }: Deed, { slots, refused }: UpdateState): boolean {
  const { current, trial } = slots[type];
  const runs = current?.sha256 === offer.sha256;
  if (act === 'roll back') return !runs && refused.includes(offer.sha256);
  return runs && (act !== 'trial' || trial === null);
}

const DEEDS = { 'install by hand': byHand, trial, 'roll back': rollBack } as const;

async function byHand({ next, ...deed }: Deed, updates: Updates, promise: Say): Promise<void> {
  const whole = { ...deed, next };
  if (!isDone(whole, updates.state())) {
    const terms = { permitDowngrade: false, unsigned: null };
    // A copy that was cut off is given up; one that was checked is there for good.
    const say = () => promise(promisedOf(whole, updates, updates.state().job?.phase === 'verified' ? next.offer.size : 0));
    await installFile(updates, next.file, terms, () => say);
  }
  promise(promisedOf(whole, updates));
}

async function trial(deed: Deed, updates: Updates, promise: Say): Promise<void> {
  for (let i = 0; i < TRIES && updates.state().slots[deed.type].trial; i++) {
    const tries = await updates.tried(deed.type);
    promise({ ...promisedOf(deed, updates), tries });
  }
  await updates.confirm(deed.type);
  promise(promisedOf(deed, updates));
}

async function rollBack(deed: Deed, updates: Updates, promise: Say): Promise<void> {
  if (!isDone(deed, updates.state())) await updates.rollBack(deed.type, 'trial-tries', 'it did not prove itself', true);
  promise(promisedOf(deed, updates));
}

function promisedOf(deed: Deed, updates: Updates, downloaded = 0): Promised {
  return { generation: updates.state().generation, downloaded, tries: 0, done: isDone(deed, updates.state()) };
}
