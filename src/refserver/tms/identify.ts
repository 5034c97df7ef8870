import type { PackageType } from '../../domain/ota/update.ts';
import { verifyPackage } from '../../ota/package/verify.ts';

/** What a package says of itself, and who vouches for it. */
export interface PackageFacts {
  /** File name. */
  readonly name: string;
  readonly type: PackageType;
  readonly version: string;
  readonly customerName: string;
  /** File name of what is inside. */
  readonly core: string;
  /** `trusted`: by one of the trusted keys; `unknown-key`: signed, and there is no key to check it with. */
  readonly signature: 'trusted' | 'unknown-key' | 'unsigned';
}

/**
 * Checks the package in `file` whole and reads what it is. With trusted keys (PEM) only a package that one of them
 * signed is taken; without any, boxes are left to judge the signature. @throws OtaFault
 */
export async function identifyPackage(
  file: string,
  name: string,
  size: number,
  sha256: string,
  trustedKeys: readonly string[],
): Promise<PackageFacts> {
  const trusting = trustedKeys.length > 0;
  const verified = await verifyPackage(file, {
    name,
    keys: trusting ? trustedKeys : null,
    ...(trusting ? {} : { unsigned: { size, sha256 } }),
  });
  const { type, version, customerName, core } = verified.manifest;
  const signature = verified.signedBy === null ? 'unsigned' : trusting ? 'trusted' : 'unknown-key';
  return { name: verified.name, type, version, customerName, core: core[0].name, signature };
}
