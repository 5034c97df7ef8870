import { DeviceFault, type FaultDetail } from './fault.ts';

/** What became of a transaction that failed: certainly nothing was written, or nobody can tell before the store is reopened. */
export type CommitOutcome = 'refused' | 'unknown';

/**
 * The journal could not be opened, written or read. Codes: `store-full`, `store-readonly`, `store-duplicate`,
 * `store-invalid`, `store-busy`, `store-io`, `store-damaged`, `store-failed`, `store-poisoned`, `store-closed`; when opening also
 * `store-not-durable` and `store-newer`. With `outcome: 'unknown'` take no more money: reopen, then look the rows up by their ids.
 */
export class StoreFault extends DeviceFault {
  readonly outcome: CommitOutcome;

  constructor(message: string, detail: FaultDetail & { readonly outcome: CommitOutcome }) {
    super(message, detail);
    this.outcome = detail.outcome;
  }
}
