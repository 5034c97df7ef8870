import type { UpdateJob, UpdateOutcome, UpdateStatusName } from '../domain/ota/update.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { UpdateReports } from './update-reports.ts';

interface OutcomeOptions {
  readonly store: Store;
  readonly reports: UpdateReports;
  readonly speaker: Speaker;
  readonly log: Log;
}

/** Which outcome the TMS was told last. */
const TOLD_FACT = 'update.told';
/** Codes of what can go wrong after a package was found good. */
const LOCAL_CODES = new Set(['ota-no-space', 'ota-io', 'ota-release-damaged', 'ota-no-launcher']);

/** Tells the TMS and the customer what became of updates. */
export class UpdateOutcomes {
  readonly #o: OutcomeOptions;

  constructor(options: OutcomeOptions) {
    this.#o = options;
  }

  /** Tells how the last update ended, once, whoever ended it: this process, one before it, or the launcher. */
  tell(last: UpdateOutcome | null): void {
    const { store, reports } = this.#o;
    if (!last) return;
    const mark = `${last.atMs} ${last.state} ${last.name}`;
    if (store.fact(TOLD_FACT) === mark) return;
    reports.report(last.deployment, statusOf(last), last.state === 'confirmed' ? 100 : 0, last.code, { facts: { [TOLD_FACT]: mark } });
    this.say(last.state === 'confirmed' ? 'update-done' : 'update-failed');
  }

  /** Another package has taken the place of a job. */
  superseded(job: UpdateJob | null): void {
    if (job) this.#o.reports.report(job.offer.deployment, 'UPGRADE_FAIL', 0, 'ota-superseded');
  }

  say(phrase: 'update-installing' | 'update-done' | 'update-failed'): void {
    const { speaker, log } = this.#o;
    speaker.say({ phrase, amount: null }).catch((error: unknown) => log.warn('announcement.failed', { phrase, error }));
  }
}

function statusOf({ state, code }: UpdateOutcome): UpdateStatusName {
  if (state === 'confirmed') return 'UPGRADE_SUCCESS';
  if (state === 'rolled-back' || LOCAL_CODES.has(code)) return 'UPGRADE_FAIL';
  return code.startsWith('download-') ? 'DOWNLOAD_FAIL' : 'VERIFY_FAIL';
}
