import type { Manifest } from './manifest.ts';
import { OtaFault } from './ota-fault.ts';
import type { Release } from './update.ts';
import { runtimeCode } from './version.ts';

/** What is known of a package when it is decided whether a box takes it. */
export interface PackageFacts {
  readonly versionCode: number;
  readonly epoch: number;
  readonly customerName: string;
  readonly models: readonly string[];
  /** Oldest tilld it runs on: `0.1.0`. */
  readonly minRuntime: string;
  /** Of the whole package, hex. */
  readonly sha256: string;
}

/** What is known of the box. */
export interface BoxFacts {
  readonly model: string;
  readonly customer: string;
  /** The version of tilld that runs: `0.1.0`. */
  readonly runtime: string;
  /** What the slot of the package's type holds; null: what tilld itself brings. */
  readonly current: Release | null;
  /** Hashes of packages that failed on this box. */
  readonly refused: readonly string[];
  readonly permitDowngrade: boolean;
}

/** The facts a verified package brings. */
export const factsOf = ({ versionCode, epoch, customerName, compat }: Manifest, sha256: string): PackageFacts => ({
  versionCode,
  epoch,
  customerName,
  models: compat.models,
  minRuntime: compat.minRuntime,
  sha256,
});

/**
 * Whether a box takes a package: null when it does, else the fault to refuse it with: `ota-model`, `ota-customer`,
 * `ota-runtime`, `ota-failed-before`, `ota-same-version` (nothing to do), `ota-downgrade`. (epoch, versionCode) must
 * rise; only a lower pair can be permitted.
 */
export function judge(facts: PackageFacts, box: BoxFacts): OtaFault | null {
  if (!facts.models.includes(box.model)) return refusal('ota-model', 'is for another model', facts.models.join(', '), box.model);
  if (facts.customerName !== box.customer)
    return refusal('ota-customer', 'is for another customer', facts.customerName, box.customer, 'Pack it for this customer.');
  if ((runtimeCode(facts.minRuntime) ?? Number.POSITIVE_INFINITY) > (runtimeCode(box.runtime) ?? 0))
    return refusal('ota-runtime', 'needs a newer tilld', box.runtime, `at least ${facts.minRuntime}`, 'Update the firmware first.');
  if (box.refused.includes(facts.sha256)) return refusal('ota-failed-before', 'failed on this box before', facts.sha256);
  return box.current === null ? null : judgeVersion(facts, box.current, box.permitDowngrade);
}

function judgeVersion(facts: PackageFacts, current: Release, permitDowngrade: boolean): OtaFault | null {
  const rise = facts.epoch - current.epoch || facts.versionCode - current.versionCode;
  if (rise === 0) return refusal('ota-same-version', 'has the version that is installed', current.version);
  if (rise > 0 || permitDowngrade) return null;
  const [found, expected] = [facts, current].map(({ epoch, versionCode }) => `epoch ${epoch}, version code ${versionCode}`);
  return refusal(
    'ota-downgrade',
    'is older than what is installed',
    found,
    `more than ${expected}`,
    'Permit the downgrade if it is meant.',
  );
}

const refusal = (code: string, what: string, found?: string, expected?: string, remedy?: string): OtaFault =>
  new OtaFault(`The package ${what}`, {
    code,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(remedy === undefined ? {} : { remedy }),
  });
