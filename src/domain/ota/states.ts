import { CallerFault } from '../fault.ts';
import { type Permit, permitOf } from './policy.ts';
import type { PackageOffer, PackageType, Release, Slot, UpdateJob, UpdateOutcome, UpdateState } from './update.ts';

/** How many hashes of failed packages are kept. */
const REFUSED_KEPT = 50;
const EMPTY_SLOT: Slot = { current: null, previous: null, trial: null };

/** A box that was never updated. */
export const NO_UPDATES: UpdateState = {
  schema: 'tilld.ota-state/1',
  generation: 0,
  slots: { AP: EMPTY_SLOT, CUST: EMPTY_SLOT },
  job: null,
  refused: [],
  last: null,
};

/** What happened to a package. `atMs` is wall time; the deployment of an offer made by hand is empty. */
export type UpdateEvent =
  | { readonly kind: 'offered'; readonly offer: PackageOffer }
  | { readonly kind: 'downloaded'; readonly etag: string | null }
  | { readonly kind: 'rewound' }
  | { readonly kind: 'verified'; readonly release: Release }
  | { readonly kind: 'staged' }
  | { readonly kind: 'switched'; readonly reachedBefore: boolean }
  | { readonly kind: 'abandoned'; readonly code: string; readonly detail: string; readonly atMs: number }
  | { readonly kind: 'tried'; readonly type: PackageType }
  | { readonly kind: 'confirmed'; readonly type: PackageType; readonly atMs: number }
  | {
      readonly kind: 'rolled-back';
      readonly type: PackageType;
      readonly code: string;
      readonly detail: string;
      readonly blacklist: boolean;
      readonly atMs: number;
    };

type Kind = UpdateEvent['kind'];
type Event<K extends Kind> = Extract<UpdateEvent, { kind: K }>;
type Change = Partial<Omit<UpdateState, 'schema' | 'generation'>>;
/** What must be there for an event, what an event says that is not true in this state, and what changes. */
type Row<K extends Kind> = readonly [given: string, change: (state: UpdateState, event: Event<K>) => Change | null];

/**
 * The life of a package: none -> downloading -> verified -> staged -> on trial -> confirmed, rolled back or refused.
 * An event fits only where its row says; the row gives what changes.
 */
// biome-ignore format: a table
const TABLE: { readonly [K in Kind]: Row<K> } = {
  offered:       ['any state',                     (s, e) => ({ job: takenUp(s.job, e.offer) })],
  downloaded:    ['a job that downloads',          (s, e) => inPhase(s, ['downloading'],                       (job) => ({ job: { ...job, etag: e.etag } }))],
  rewound:       ['a job',                         (s)    => inPhase(s, ['downloading', 'verified', 'staged'], (job) => ({ job: begun(job.offer) }))],
  verified:      ['a job that downloads',          (s, e) => inPhase(s, ['downloading'],                       (job) => ({ job: { ...job, phase: 'verified', release: e.release } }))],
  staged:        ['a verified package',            (s)    => inPhase(s, ['verified'],                          (job) => ({ job: { ...job, phase: 'staged' } }))],
  switched:      ['a staged release',              (s, e) => inPhase(s, ['staged'],                            (job) => ({ job: null, slots: switched(s, job, e.reachedBefore) }))],
  abandoned:     ['a job',                         (s, e) => inPhase(s, ['downloading', 'verified', 'staged'], (job) => ({ job: null, last: outcome('refused', job.offer.name, deploymentOf(job), e) }))],
  tried:         ['a release on trial',            (s, e) => onTrial(s, e.type, (slot, trial) => ({ slots: { ...s.slots, [e.type]: { ...slot, trial: { ...trial, tries: trial.tries + 1 } } } }))],
  confirmed:     ['a release on trial',            (s, e) => onTrial(s, e.type, (slot, trial, current) => ({ slots: { ...s.slots, [e.type]: { ...slot, trial: null } }, last: outcome('confirmed', current.name, trial.deployment, { ...e, code: '', detail: '' }) }))],
  'rolled-back': ['a release that is not tilld\'s own', rolledBack],
};

/** The state after an event, one generation later. @throws CallerFault `ota-out-of-order` when the event does not fit the state */
export function advance(state: UpdateState, event: UpdateEvent): UpdateState {
  const [given, change] = TABLE[event.kind] as Row<Kind>;
  const changed = change(state, event as Event<Kind>);
  if (changed) return { ...state, ...changed, generation: state.generation + 1 };
  throw new CallerFault(`An update cannot be ${event.kind} now`, {
    code: 'ota-out-of-order',
    found: state.job ? `a job that is ${state.job.phase}` : 'no job',
    expected: given,
  });
}

function inPhase(state: UpdateState, phases: readonly UpdateJob['phase'][], change: (job: UpdateJob) => Change): Change | null {
  return state.job && phases.includes(state.job.phase) ? change(state.job) : null;
}

function onTrial(
  state: UpdateState,
  type: PackageType,
  change: (slot: Slot, trial: NonNullable<Slot['trial']>, current: Release) => Change,
): Change | null {
  const slot = state.slots[type];
  return slot.trial && slot.current ? change(slot, slot.trial, slot.current) : null;
}

/** Each permits what stands before it, too. */
const PERMITS: readonly Permit[] = ['none', 'version', 'epoch'];

const begun = (offer: PackageOffer): UpdateJob => ({ phase: 'downloading', offer, etag: null, release: null });

/** The same package under a new deployment goes on where it is, unless it was judged by a permit that is gone. */
function takenUp(job: UpdateJob | null, offer: PackageOffer): UpdateJob {
  const same = job && job.offer.sha256 === offer.sha256 && job.offer.size === offer.size && job.offer.name === offer.name;
  if (!same) return begun(offer);
  // Another path may lead to another server's file: its etag says nothing of this one.
  const etag = job.offer.path === offer.path ? job.etag : null;
  const stricter = PERMITS.indexOf(permitOf(offer)) < PERMITS.indexOf(permitOf(job.offer));
  return stricter ? { ...begun(offer), etag } : { ...job, offer, etag };
}

/** A release that has not proved itself is nothing to fall back to: then the one before it stays. */
function switched({ slots }: UpdateState, job: UpdateJob, reachedBefore: boolean): UpdateState['slots'] {
  const { release } = job;
  if (!release) return slots;
  const slot = slots[release.type];
  const proven = slot.trial ? slot.previous : slot.current;
  const previous = proven?.id === release.id ? null : proven;
  return { ...slots, [release.type]: { current: release, previous, trial: { tries: 0, reachedBefore, deployment: deploymentOf(job) } } };
}

function rolledBack(state: UpdateState, event: Event<'rolled-back'>): Change | null {
  const { current, previous, trial } = state.slots[event.type];
  if (!current) return null;
  const refused = [current.sha256, ...state.refused.filter((hash) => hash !== current.sha256)].slice(0, REFUSED_KEPT);
  return {
    slots: { ...state.slots, [event.type]: { current: previous, previous: null, trial: null } },
    ...(event.blacklist ? { refused } : {}),
    last: outcome('rolled-back', current.name, trial?.deployment ?? null, event),
  };
}

const deploymentOf = ({ offer }: UpdateJob): string | null => offer.deployment || null;

function outcome(
  state: UpdateOutcome['state'],
  name: string,
  deployment: string | null,
  { code, detail, atMs }: Pick<UpdateOutcome, 'code' | 'detail' | 'atMs'>,
): UpdateOutcome {
  return { state, name, deployment, code, detail, atMs };
}
