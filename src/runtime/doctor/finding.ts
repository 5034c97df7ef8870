import { Fault } from '../../domain/fault.ts';
import { type FieldFault, listed } from '../field-faults.ts';
import { redactText } from '../redact.ts';

/** `skipped`: it could not be examined, or must not be now; `found` says why. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped';

/** What an examination came to. No text of it holds a secret. */
export interface Finding {
  readonly verdict: Verdict;
  /** Stable code of what is wrong, kebab-case; absent where all is well. */
  readonly reason?: string;
  readonly found: string;
  readonly expected?: string;
  /** What to do about it, with the exact command where there is one. */
  readonly remedy?: string;
}

/** One thing to examine. `run` writes nothing, drives nothing, and throws only Faults and errors of the system. */
export interface Check {
  /** Stable, kebab-case; several things of one kind share it and differ in their title. */
  readonly code: string;
  readonly title: string;
  /** @param signal comes when the time for it is over */
  run(signal: AbortSignal): Promise<Finding>;
}

export interface Examined extends Finding {
  readonly code: string;
  readonly title: string;
}

type Advice = Pick<Finding, 'expected' | 'remedy'>;

export const ok = (found: string): Finding => ({ verdict: 'ok', found });
export const skipped = (found: string): Finding => ({ verdict: 'skipped', found });
export const warning = (reason: string, found: string, advice: Advice = {}): Finding => ({ verdict: 'warning', reason, found, ...advice });
export const fault = (reason: string, found: string, advice: Advice = {}): Finding => ({ verdict: 'fault', reason, found, ...advice });

/** An error as a finding. What is neither a Fault nor an error of the system is a bug, and is thrown again. */
export function findingOf(error: unknown): Finding {
  if (error instanceof Fault) {
    const { code, message, found, expected, remedy } = error;
    const faults = 'faults' in error && Array.isArray(error.faults) ? listed(error.faults as FieldFault[]) : '';
    const text = [message, found].filter((part) => part !== undefined).join(': ');
    return fault(code, redactText(faults === '' ? text : `${text}:\n${faults}`), {
      ...(expected === undefined ? {} : { expected }),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw error;
  return fault('system-error', redactText((error as Error).message), {
    remedy: 'Look at what stands before it in the list, and at `dmesg`.',
  });
}
