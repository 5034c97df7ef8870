import { factsOf } from '../domain/ota/policy.ts';
import type { PackageOffer, UpdateState } from '../domain/ota/update.ts';
import type { Progress } from '../ports/updates.ts';
import { decide, type Unsigned, type UpdatePolicy, wrongSize } from './check.ts';
import { type VerifiedPackage, verifyPackage } from './package/verify.ts';
import { lengthOf } from './part-file.ts';

/**
 * Checks a downloaded package whole: that it is what was offered, before anything in it is looked at; that it is a
 * package and by whom; whether this box takes it.
 * @throws OtaFault `ota-size`, `ota-hash`, and the codes of `verifyPackage` and `judge`
 */
export async function checkPackage(
  {
    part,
    workDir,
    reserveBytes,
    offer,
    unsigned,
  }: {
    readonly part: string;
    readonly workDir: string;
    readonly reserveBytes: number;
    readonly offer: PackageOffer;
    readonly unsigned: Unsigned | null;
  },
  policy: UpdatePolicy,
  state: UpdateState,
  progress?: Progress,
): Promise<VerifiedPackage> {
  // Also when there is nothing at all: then the download is to blame, not whoever asked.
  const there = await lengthOf(part);
  if (there !== offer.size) throw wrongSize(there, offer);
  const verified = await verifyPackage(part, {
    keys: policy.keys,
    name: offer.name,
    meant: offer,
    workDir,
    reserveBytes,
    ...(unsigned ? { unsigned } : {}),
    ...(progress ? { progress } : {}),
  });
  decide(factsOf(verified.manifest, verified.sha256), verified.manifest.type, offer, policy, state);
  return verified;
}
