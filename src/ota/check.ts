import { MAX_PACKAGE_BYTES } from '../domain/ota/limits.ts';
import { parsePackageName } from '../domain/ota/names.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import { judge, judgeOffer, type PackageFacts, permitOf } from '../domain/ota/policy.ts';
import type { PackageOffer, PackageType, Release, UpdateState } from '../domain/ota/update.ts';
import type { FileTerms } from '../ports/updates.ts';
import type { VerifiedPackage } from './package/verify.ts';

/** Whose packages this box takes. */
export interface UpdatePolicy {
  /** `DS50-MQ` */
  readonly model: string;
  readonly customer: string;
  /** The version of tilld that runs: `0.1.0`. */
  readonly runtime: string;
  /** Public keys (PEM) whose packages are believed. */
  readonly keys: readonly string[];
  /** Also takes a package nobody signed, when a person brings it and names it by its size and hash. */
  readonly allowUnsigned: boolean;
}

/** One package nobody signed, to the byte. */
export type Unsigned = NonNullable<FileTerms['unsigned']>;

/**
 * Whether to fetch a package at all, by its name and hash. A name tells no epoch: whether its version may follow the one
 * that is installed is asked when the manifest is there.
 * @throws OtaFault `ota-offer`, `ota-name`, `ota-version`, and the codes of `judgeOffer`
 */
export function checkOffer(offer: PackageOffer, policy: UpdatePolicy, state: UpdateState): void {
  const { type, model, customer: customerName } = parsePackageName(offer.name);
  if (!/^[0-9a-f]{64}$/.test(offer.sha256)) throw badOffer('sha256', JSON.stringify(offer.sha256.slice(0, 80)), '64 hex digits');
  const { size, sha256 } = offer;
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_PACKAGE_BYTES)
    throw badOffer('size', String(size), `1 to ${MAX_PACKAGE_BYTES} bytes`);
  const { refused, slots } = state;
  const fault = judgeOffer({ models: [model], customerName, sha256 }, { ...policy, refused, current: slots[type].current });
  if (fault) throw fault;
}

/** @throws OtaFault `ota-size`, `ota-hash` when a file is not the one that was meant */
export function mustBe(meant: Unsigned, found: Unsigned): void {
  if (found.size !== meant.size) throw wrongSize(found.size, meant);
  if (found.sha256 === meant.sha256) return;
  throw new OtaFault('The package is not the one that was meant', { code: 'ota-hash', found: found.sha256, expected: meant.sha256 });
}

export const wrongSize = (found: number, { size }: Pick<Unsigned, 'size'>): OtaFault =>
  new OtaFault('The package has another size than was meant', { code: 'ota-size', found: `${found} bytes`, expected: `${size} bytes` });

/** What is noted down of a package that passed. */
export function releaseOf({ name, sha256, manifest }: VerifiedPackage): Release {
  const { type, version, versionCode, epoch, customerName, core } = manifest;
  return { id: `${version}-${sha256.slice(0, 12)}`, type, name, version, versionCode, epoch, sha256, customerName, core: core[0].name };
}

/** Whether this box takes a package. @throws OtaFault with the codes of `judge` */
export function decide(facts: PackageFacts, type: PackageType, offer: PackageOffer, policy: UpdatePolicy, state: UpdateState): void {
  const { model, customer, runtime } = policy;
  const { current } = state.slots[type];
  const fault = judge(facts, { model, customer, runtime, current, refused: state.refused, permit: permitOf(offer) });
  if (fault) throw fault;
}

const badOffer = (field: string, found: string, expected: string): OtaFault =>
  new OtaFault(`The ${field} of the offer is not usable`, { code: 'ota-offer', found, expected });
