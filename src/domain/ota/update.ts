/** What a package carries: firmware (`AP`) or resources and parameters (`CUST`). */
export type PackageType = 'AP' | 'CUST';

/** Names and numbers of the states a device reports to its TMS, as the DS50 firmware has them. */
export const UPDATE_STATUS = {
  START_CHECK: 0,
  HAVE_UPDATE: 1,
  START_DOWNLOAD: 2,
  PROGRESS: 3,
  DOWNLOAD_SUCCESS: 4,
  DOWNLOAD_FAIL: 5,
  VERIFY_FAIL: 6,
  UPGRADING: 7,
  UPGRADE_SUCCESS: 8,
  UPGRADE_FAIL: 9,
} as const;
export type UpdateStatusName = keyof typeof UPDATE_STATUS;

/** What a TMS tells a box to install. */
export interface PackageOffer {
  /** Names the deployment at the TMS; every status report carries it. Empty: a person at the box brought the package. */
  readonly deployment: string;
  /** File name of the package: `CUST_DS50-MQ_ACME_V1.0.0.zip`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the whole package, 64 lower-case hex digits. */
  readonly sha256: string;
  /** Where it is at the TMS the box is configured for: a path that begins with `/`. Never another host. */
  readonly path: string;
  /** Whether an older version may replace a newer one of its epoch; brought by a person, of a newer epoch too. */
  readonly permitDowngrade: boolean;
  /** Not begun after this wall time, milliseconds since 1970; null: no limit. */
  readonly deadlineMs: number | null;
}

/** One step of an update as the TMS hears of it. `id` is unique for ever: a report that comes twice is one. */
export interface UpdateReport {
  readonly id: string;
  readonly deployment: string;
  readonly status: UpdateStatusName;
  /** Percent, 0 to 100. */
  readonly progress: number;
  /** Stable code of what went wrong, or empty. */
  readonly reason: string;
}

/** A package that was verified and unpacked. */
export interface Release {
  /** Name of its directory: version and the first 12 digits of the hash. */
  readonly id: string;
  readonly type: PackageType;
  /** File name of the package. */
  readonly name: string;
  readonly version: string;
  readonly versionCode: number;
  readonly epoch: number;
  readonly sha256: string;
  readonly customerName: string;
  /** File name of what is inside: `DS50_app_V1.0.0.img`, `resource_V1.0.0.zip`. */
  readonly core: string;
}

/** A release that has to prove itself. */
export interface Trial {
  /** Starts of it that are on record; counted before each start. */
  readonly tries: number;
  /** Whether the backend could be reached right before the switch: only then may silence afterwards count against it. */
  readonly reachedBefore: boolean;
  /** The deployment it came by, or null for one installed by hand. */
  readonly deployment: string | null;
}

/** Where releases of one type stand. `current` is what runs (null: what tilld itself brings), `previous` what it would fall back to. */
export interface Slot {
  readonly current: Release | null;
  readonly previous: Release | null;
  readonly trial: Trial | null;
}

/** The package that is on its way to a slot; there is at most one. */
export interface UpdateJob {
  readonly phase: 'downloading' | 'verified' | 'staged';
  readonly offer: PackageOffer;
  /** Of the file at the TMS, as its last part named it. */
  readonly etag: string | null;
  /** Known from `verified` on. */
  readonly release: Release | null;
}

/** How the last job or trial ended. */
export interface UpdateOutcome {
  readonly state: 'confirmed' | 'rolled-back' | 'refused';
  readonly name: string;
  readonly deployment: string | null;
  /** Stable code, empty for `confirmed`. */
  readonly code: string;
  readonly detail: string;
  readonly atMs: number;
}

/** All that is known of updates, as one file holds it; its replacement is the only commit point. */
export interface UpdateState {
  readonly schema: 'tilld.ota-state/1';
  /** Grows by one with every change. */
  readonly generation: number;
  readonly slots: Readonly<Record<PackageType, Slot>>;
  readonly job: UpdateJob | null;
  /** Hashes of packages whose release failed on this box: not installed again. The newest 50. */
  readonly refused: readonly string[];
  readonly last: UpdateOutcome | null;
}
