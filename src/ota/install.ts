import { CallerFault, Fault } from '../domain/fault.ts';
import type { PackageType, Release } from '../domain/ota/update.ts';
import type { FileTerms, Progress, Updates } from '../ports/updates.ts';

/** The steps of an install that take their time, in their order. */
export type InstallStep = 'copy' | 'verify' | 'unpack';

/**
 * Installs a package from a file while the box does not run: from its first byte to the switch, after which the
 * release is on trial. A fault leaves everything as it was.
 * @throws what `adoptFile`, `verify`, `stage` and `activate` throw
 */
export async function installFile(
  updates: Updates,
  file: string,
  terms: FileTerms,
  progress: (step: InstallStep) => Progress,
): Promise<Release> {
  try {
    await updates.adoptFile(file, terms, progress('copy'));
    await updates.verify(progress('verify'));
    await updates.stage(progress('unpack'));
    // Nothing is known of the backend: silence afterwards proves nothing.
    return await updates.activate(false);
  } catch (error) {
    // What is on its way from the TMS, when the file itself is refused, goes on.
    const byHand = updates.state().job?.offer.deployment === '';
    if (byHand && error instanceof Fault) await updates.abandon(error.code, error.explain());
    throw error;
  }
}

/**
 * Goes back to the release before, because a person wants it; the one that is left may be installed again. Resolves to
 * what is current now, null when it is tilld's own. @throws CallerFault `ota-nothing-to-roll-back`
 */
export async function rollBackByHand(updates: Updates, type: PackageType): Promise<Release | null> {
  if (updates.state().slots[type].current) return updates.rollBack(type, 'by-hand', 'somebody asked for it', false);
  throw new CallerFault('There is no release to go back from', { code: 'ota-nothing-to-roll-back' });
}
