import { Fault } from '../domain/fault.ts';
import { advance, type UpdateEvent } from '../domain/ota/states.ts';
import type { Release, UpdateState } from '../domain/ota/update.ts';
import { imageDamage } from './launch-image.ts';
import { readState, writeState } from './state-file.ts';

/** Why a release on trial was given up, and what has to be known about its package: the code a TMS is told. */
interface GivenUp {
  readonly code: 'ota-trial-failed' | 'ota-not-executable' | 'ota-release-damaged';
  readonly detail: string;
}

/** What is started next. */
export interface Choice {
  /** Null: what tilld itself brings. */
  readonly release: Release | null;
  /** Its try has been counted, durably. */
  readonly onTrial: boolean;
}

export interface Choosing {
  readonly stateDir: string;
  /** Starts a release on trial may have. */
  readonly tries: number;
  /** Releases the system would not start a moment ago, by id, with its error code: more tries would only take time. */
  readonly unstartable: ReadonlyMap<string, string>;
  readonly nowMs: () => number;
  /** One line for whoever reads the log. */
  readonly say: (line: string) => void;
}

/**
 * Decides by the state on the disk what to start, after everything the decision changes is durable: the start of a
 * release on trial is counted; one that has used up its starts, or whose files are damaged, is left for the release
 * before it. A package that failed its trial is blacklisted; one that the disk damaged is not, as it was good once.
 * When nothing can be written, what had proved itself before is started and the state stays as it is.
 *
 * @param lastTry how the start before this one failed, for the record
 */
export async function choose(choosing: Choosing, lastTry: string | null): Promise<Choice> {
  const { stateDir, say } = choosing;
  const reading = readState(stateDir);
  if (reading.damaged !== null) say(`the record of updates is damaged: ${reading.damaged}`);
  let state = reading.state;
  for (;;) {
    const { current, trial } = state.slots.AP;
    if (!current) return { release: null, onTrial: false };
    const reason = await reasonToLeave(choosing, state, current, lastTry);
    if (reason) state = rollBack(choosing, state, reason);
    else if (!trial) return { release: current, onTrial: false };
    else if (written(choosing, state, { kind: 'tried', type: 'AP' })) return { release: current, onTrial: true };
    // A start that is on no record could be repeated for ever.
    else state = withoutTrial(state);
  }
}

async function reasonToLeave(
  { stateDir, tries, unstartable }: Choosing,
  { slots }: UpdateState,
  current: Release,
  lastTry: string | null,
): Promise<GivenUp | null> {
  const error = unstartable.get(current.id);
  if (error !== undefined) return { code: 'ota-not-executable', detail: `${current.core} could not be started (${error})` };
  const damage = await imageDamage(stateDir, current);
  if (damage !== null) return { code: 'ota-release-damaged', detail: damage };
  const { trial } = slots.AP;
  if (!trial || trial.tries < tries) return null;
  const often = `not confirmed after ${trial.tries} starts`;
  return { code: 'ota-trial-failed', detail: lastTry === null ? often : `${often}; the last ${lastTry}` };
}

/** Leaves the current firmware for the one before it. The state that comes back counts even when it could not be written. */
function rollBack(choosing: Choosing, state: UpdateState, { code, detail }: GivenUp): UpdateState {
  const { current, previous } = state.slots.AP;
  choosing.say(`${current?.name} is given up (${code}: ${detail}); back to ${previous?.name ?? 'the built-in tilld'}`);
  const event = {
    kind: 'rolled-back',
    type: 'AP',
    code,
    detail,
    blacklist: code !== 'ota-release-damaged',
    atMs: choosing.nowMs(),
  } as const;
  return written(choosing, state, event) ?? advance(state, event);
}

/** The state after the event, once it is on the disk; null when the disk refuses it. */
function written({ stateDir, say }: Choosing, state: UpdateState, event: UpdateEvent): UpdateState | null {
  const next = advance(state, event);
  try {
    writeState(stateDir, next);
    return next;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    say(`the record of updates cannot be written: ${error.explain()}`);
    return null;
  }
}

function withoutTrial(state: UpdateState): UpdateState {
  const { previous } = state.slots.AP;
  return { ...state, slots: { ...state.slots, AP: { current: previous, previous: null, trial: null } } };
}
