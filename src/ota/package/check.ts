import { Fault } from '../../domain/fault.ts';

/** One thing that was checked, for a person to read. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or why it is refused. */
  readonly detail: string;
  /** Stable code of the refusal; empty when it is fine. */
  readonly code: string;
}

/** Keeps what was checked. Where only a report is wanted, a fault that leaves the rest readable does not end it. */
export class Checks {
  readonly list: Check[] = [];
  readonly #reportOnly: boolean;

  constructor(reportOnly: boolean) {
    this.#reportOnly = reportOnly;
  }

  /** Runs a check without which the next make no sense. Its fault is noted and passed on. */
  async need<T>(name: string, detail: (found: T) => string, run: () => T | Promise<T>): Promise<T> {
    try {
      const found = await run();
      this.list.push({ name, ok: true, detail: detail(found), code: '' });
      return found;
    } catch (error) {
      if (error instanceof Fault) this.list.push({ name, ok: false, detail: error.explain(), code: error.code });
      throw error;
    }
  }

  /** Runs a check the next do not depend on; null when it failed and only a report is wanted. */
  async want<T>(name: string, detail: (found: T) => string, run: () => T | Promise<T>): Promise<T | null> {
    try {
      return await this.need(name, detail, run);
    } catch (error) {
      if (this.#reportOnly && error instanceof Fault && error.blame !== 'device') return null;
      throw error;
    }
  }
}
