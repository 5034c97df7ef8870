import type { PackageOffer, PackageType, Release, UpdateState } from '../domain/ota/update.ts';

/** How far a long step has come, bytes. */
export type Progress = (done: number, total: number) => void;

/** How a package that a person brought is to be taken. */
export interface FileTerms {
  /** Whether an older version or epoch may replace a newer one, or a version itself with other bytes. */
  readonly permitDowngrade: boolean;
  /** Take it although nobody signed it, if it is exactly this one: bytes, and SHA-256 in hexadecimal. */
  readonly unsigned: { readonly size: number; readonly sha256: string } | null;
}

/**
 * Packages on this box's disk, from the first downloaded byte to the confirmed release. Every change of `state` is
 * durable before its call returns, and each call leaves either the old or the new state behind, wherever the power
 * goes. Calls come one after the other. Faults: OtaFault with the reason a package is refused; DeviceFault
 * `ota-no-space`, `ota-io` for the disk.
 */
export interface Updates {
  state(): UpdateState;
  /**
   * Takes an offer up, in place of any other job; resolves to how many of its bytes are on the disk already.
   * Whether its version may follow the installed one is for `verify` to say, where its epoch is known.
   * @throws OtaFault `ota-failed-before`, `ota-same-version` (nothing to do), `ota-name`; DeviceFault `ota-no-space`
   */
  begin(offer: PackageOffer): Promise<number>;
  /**
   * Takes a file of this machine up as if it had been offered and downloaded; `verify` is next. Does not outlive a restart.
   * @throws CallerFault `ota-file`; OtaFault `ota-size`, `ota-hash`; what `begin` throws
   */
  adoptFile(file: string, terms: FileTerms, progress?: Progress): Promise<PackageOffer>;
  /** Appends bytes and syncs them; resolves to the new length. */
  append(bytes: Uint8Array, etag: string | null): Promise<number>;
  /** Throws away what was downloaded: the file at the TMS is another one now. */
  rewind(): Promise<void>;
  /** Checks size, hash, zip profile, signature, manifest and policy. A package that fails ends the job. @throws OtaFault */
  verify(progress?: Progress): Promise<Release>;
  /** Unpacks beside the other releases; everything is synced and in its place, nothing is switched. @throws OtaFault, DeviceFault */
  stage(progress?: Progress): Promise<Release>;
  /** The switch: one atomic replacement of the state. The release is on trial from now on. */
  activate(reachedBefore: boolean): Promise<Release>;
  /** Counts a start of a release on trial; resolves to the number of starts so far, this one included. */
  tried(type: PackageType): Promise<number>;
  /** The release on trial has proved itself. Without one: nothing happens. */
  confirm(type: PackageType): Promise<void>;
  /**
   * Goes back to the release before (or to none) and ends a trial; `blacklist` keeps the package from being installed
   * again. Resolves to the release that is current now, null when tilld's own.
   */
  rollBack(type: PackageType, code: string, detail: string, blacklist: boolean): Promise<Release | null>;
  /** Ends the job without a switch. */
  abandon(code: string, detail: string): Promise<void>;
  /** A file of the current resource release, or null when there is no such file or release. `path` as in the package: `cust/posparam.ini`. */
  resource(path: string): Promise<Uint8Array | null>;
}
