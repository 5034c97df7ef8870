import type { FileHandle } from 'node:fs/promises';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { BackendClock } from '../environment.ts';
import { Refusal } from '../refusal.ts';
import { integerOf, textOf } from '../store.ts';
import type { PackageFacts } from './identify.ts';
import type { PackageFolder } from './package-folder.ts';

/** A package that may be rolled out, as the control API shows it. Size in bytes. */
export interface StoredPackage extends PackageFacts {
  /** 64 lower-case hex digits; what the package is known by. */
  readonly sha256: string;
  readonly size: number;
  readonly uploadedAtMs: number;
}

/** Finds out what the package in `file` is. @throws Fault when it is not a package to be trusted with */
type Identify = (file: string, name: string, size: number, sha256: string) => Promise<PackageFacts>;

/** They lie on the disk of whoever tries this out. */
const MAX_PACKAGES = 200;
/** Uploads at the same time: each is a file in the making. */
const MAX_UPLOADS = 4;

/** The packages: what they are in the database, their bytes in a folder. A package is known by its hash. */
export class Packages {
  readonly #db: DatabaseSync;
  readonly #clock: BackendClock;
  readonly #folder: PackageFolder;
  readonly #identify: Identify;
  #uploads = 0;

  constructor(db: DatabaseSync, clock: BackendClock, folder: PackageFolder, identify: Identify) {
    this.#db = db;
    this.#clock = clock;
    this.#folder = folder;
    this.#identify = identify;
  }

  /** Removes what an upload or a removal that was cut off has left. */
  sweep(): Promise<void> {
    return this.#folder.sweep(new Set(this.list().map(({ sha256 }) => sha256)));
  }

  /**
   * Takes a package in; the same bytes twice are one package. Nothing is kept of one that is refused.
   * @throws Refusal `package-limit`, `uploads-busy`, `package-too-large`, `upload-incomplete`, `disk-full`; OtaFault
   */
  async add(name: string, bytes: AsyncIterable<Uint8Array>): Promise<{ readonly package: StoredPackage; readonly isNew: boolean }> {
    if (this.#uploads >= MAX_UPLOADS) {
      throw new Refusal(503, 'Too many uploads at the same time', {
        code: 'uploads-busy',
        remedy: 'Try again when another one has ended.',
      });
    }
    this.#uploads++;
    try {
      await using upload = await this.#folder.receive(bytes);
      const facts = await this.#identify(upload.file, name, upload.size, upload.sha256);
      const known = this.find(upload.sha256);
      if (!known) this.#demandRoom();
      await upload.keep();
      const isNew = this.#insert(upload.sha256, upload.size, facts);
      return { package: this.get(upload.sha256), isNew };
    } finally {
      this.#uploads--;
    }
  }

  find(sha256: string): StoredPackage | null {
    const row = this.#db.prepare('SELECT * FROM tms_packages WHERE sha256 = ?').get(sha256);
    return row ? toPackage(row) : null;
  }

  /** @throws Refusal `package-unknown` */
  get(sha256: string): StoredPackage {
    const found = this.find(sha256);
    if (found) return found;
    throw new Refusal(404, 'There is no such package', { code: 'package-unknown', found: excerpt(sha256, 64) });
  }

  /** The latest first. */
  list(): StoredPackage[] {
    return this.#db.prepare('SELECT * FROM tms_packages ORDER BY seq DESC').all().map(toPackage);
  }

  /** @throws Refusal `package-unknown`, `package-in-use` */
  async remove(sha256: string): Promise<void> {
    this.get(sha256);
    const used = this.#db.prepare('SELECT id FROM tms_deployments WHERE sha256 = ? ORDER BY seq DESC').get(sha256);
    if (used) {
      throw new Refusal(409, 'The package belongs to a roll-out', { code: 'package-in-use', found: textOf(used, 'id') });
    }
    this.#db.prepare('DELETE FROM tms_packages WHERE sha256 = ?').run(sha256);
    await this.#folder.remove(sha256);
  }

  /** Opens its bytes; the caller closes them. @throws DeviceFault `package-lost` */
  open(sha256: string): Promise<FileHandle> {
    return this.#folder.open(sha256);
  }

  #demandRoom(): void {
    const { n } = this.#db.prepare('SELECT count(*) AS n FROM tms_packages').get() ?? {};
    if (Number(n) < MAX_PACKAGES) return;
    throw new Refusal(409, 'There are too many packages', {
      code: 'package-limit',
      expected: `at most ${MAX_PACKAGES}`,
      remedy: 'Remove those that are in no roll-out.',
    });
  }

  #insert(sha256: string, size: number, { name, ...facts }: PackageFacts): boolean {
    const { changes } = this.#db
      .prepare('INSERT INTO tms_packages (sha256, name, size, facts, uploaded_at_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(sha256, name, size, JSON.stringify(facts), this.#clock.wallMs());
    return changes > 0;
  }
}

function toPackage(row: Record<string, SQLOutputValue>): StoredPackage {
  const facts = JSON.parse(textOf(row, 'facts')) as Omit<PackageFacts, 'name'>;
  return {
    sha256: textOf(row, 'sha256'),
    name: textOf(row, 'name'),
    size: integerOf(row, 'size'),
    uploadedAtMs: integerOf(row, 'uploaded_at_ms'),
    ...facts,
  };
}
