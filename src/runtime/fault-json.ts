import { Fault } from '../domain/fault.ts';

/** An error as programs read it: in replies of the local API and on stderr with `--json`. */
export interface FaultJson {
  readonly code: string;
  readonly blame: string;
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly remedy?: string;
  /** Every single fault, where one error stands for several. */
  readonly faults?: readonly unknown[];
}

/** Anything thrown that is not a Fault is a bug of tilld: it is said to be one, and its message stays in the log. */
export function faultJson(error: unknown): FaultJson {
  if (!(error instanceof Fault)) {
    return { code: 'internal', blame: 'device', message: 'tilld itself failed', remedy: 'Look at the log and report it.' };
  }
  const { code, blame, message, found, expected, remedy } = error;
  return {
    code,
    blame,
    message,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(remedy === undefined ? {} : { remedy }),
    ...('faults' in error && Array.isArray(error.faults) ? { faults: error.faults } : {}),
  };
}
