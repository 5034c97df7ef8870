import { excerpt } from '../card-data.ts';
import { OtaFault } from './ota-fault.ts';

/** The version of a package, as its names carry it. */
export interface PackageVersion {
  /** `V1.0.0` */
  readonly text: string;
  /** major * 1,000,000 + minor * 1,000 + patch: rises with the version. */
  readonly code: number;
}

const NUMBER = '(0|[1-9]\\d{0,3})';
const VERSION = new RegExp(`^V${NUMBER}\\.${NUMBER}\\.${NUMBER}$`);
const RUNTIME = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}$`);
/** Highest major version: the code stays below 2^31. */
const MAX_MAJOR = 2_000;

/** Reads `V1.0.0`: major up to 2000, minor and patch up to 999, no leading zeros. @throws OtaFault `ota-version` */
export function parseVersion(text: string): PackageVersion {
  const code = codeOf(VERSION, text);
  if (code !== null) return { text, code };
  throw new OtaFault('The version is not usable', {
    code: 'ota-version',
    found: JSON.stringify(excerpt(text, 40)),
    expected: 'V<major>.<minor>.<patch>, such as V1.0.0, without leading zeros, at most V2000.999.999',
  });
}

/** A version of tilld itself (`0.1.0`, without a V) as a number that rises with it; null when it is none. */
export const runtimeCode = (text: string): number | null => codeOf(RUNTIME, text);

function codeOf(pattern: RegExp, text: string): number | null {
  const [, ...parts] = pattern.exec(text) ?? [];
  if (parts.length !== 3) return null;
  const [major = 0, minor = 0, patch = 0] = parts.map(Number);
  return major > MAX_MAJOR || minor > 999 || patch > 999 ? null : major * 1_000_000 + minor * 1_000 + patch;
}
