import type { Manifest } from './manifest.ts';
import { OtaFault } from './ota-fault.ts';
import type { PackageOffer, Release } from './update.ts';
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

/** What an offer tells of a package: nothing of its epoch, so nothing is said of its version. */
type OfferFacts = Pick<PackageFacts, 'models' | 'customerName' | 'sha256'>;

/** How far back a package may lead: nowhere, to another version of its epoch, to an older epoch. Each permits what stands before it. */
export type Permit = 'none' | 'version' | 'epoch';

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
  readonly permit: Permit;
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
 * What an offer permits. An instruction is signed by nobody: whoever has the broker could bring back any package that was
 * ever signed, so that an older epoch is for a person at the box to permit.
 */
export const permitOf = ({ deployment, permitDowngrade }: Pick<PackageOffer, 'deployment' | 'permitDowngrade'>): Permit => {
  if (!permitDowngrade) return 'none';
  return deployment === '' ? 'epoch' : 'version';
};

/**
 * Whether a box fetches a package at all: null when it does, else the fault to refuse it with: `ota-model`,
 * `ota-customer`, `ota-failed-before`, `ota-same-version` (it is installed: nothing to do).
 */
export function judgeOffer(facts: OfferFacts, box: Pick<BoxFacts, 'model' | 'customer' | 'refused' | 'current'>): OtaFault | null {
  if (!facts.models.includes(box.model)) return refusal('ota-model', 'is for another model', facts.models.join(', '), box.model);
  if (facts.customerName !== box.customer)
    return refusal('ota-customer', 'is for another customer', facts.customerName, box.customer, 'Pack it for this customer.');
  if (box.refused.includes(facts.sha256)) return refusal('ota-failed-before', 'failed on this box before', facts.sha256);
  if (box.current?.sha256 === facts.sha256) return refusal('ota-same-version', 'is the one that is installed', box.current.version);
  return null;
}

/**
 * Whether a box takes a package: as `judgeOffer`, and `ota-runtime`, `ota-same-version` (the same version with other
 * bytes), `ota-downgrade`. (epoch, versionCode) must rise, unless it is permitted.
 */
export function judge(facts: PackageFacts, box: BoxFacts): OtaFault | null {
  const fault = judgeOffer(facts, box);
  if (fault) return fault;
  if ((runtimeCode(facts.minRuntime) ?? Number.POSITIVE_INFINITY) > (runtimeCode(box.runtime) ?? 0))
    return refusal('ota-runtime', 'needs a newer tilld', box.runtime, `at least ${facts.minRuntime}`, 'Update the firmware first.');
  return box.current === null ? null : judgeVersion(facts, box.current, box.permit);
}

function judgeVersion(facts: PackageFacts, current: Release, permit: Permit): OtaFault | null {
  const rise = facts.epoch - current.epoch || facts.versionCode - current.versionCode;
  if (rise > 0 || permit === 'epoch') return null;
  const found = rankText(facts);
  const expected = `more than ${rankText(current)}`;
  if (facts.epoch < current.epoch)
    return refusal('ota-downgrade', 'is of an older epoch', found, expected, 'A person at the box can permit it; a TMS cannot.');
  if (permit === 'version') return null;
  if (rise < 0) return refusal('ota-downgrade', 'is older than what is installed', found, expected, 'Permit the downgrade if it is meant.');
  return refusal(
    'ota-same-version',
    'has the version that is installed, and other bytes',
    `${found}, sha256 ${facts.sha256}`,
    `${expected}, or the bytes of sha256 ${current.sha256}`,
    'Give it a higher version, or permit the downgrade if it is meant.',
  );
}

const rankText = ({ epoch, versionCode }: Pick<Release, 'epoch' | 'versionCode'>): string => `epoch ${epoch}, version code ${versionCode}`;

const refusal = (code: string, what: string, found?: string, expected?: string, remedy?: string): OtaFault =>
  new OtaFault(`The package ${what}`, {
    code,
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(remedy === undefined ? {} : { remedy }),
  });
