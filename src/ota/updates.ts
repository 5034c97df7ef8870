import fs from 'node:fs';
import { basename } from 'node:path';
import { CallerFault, ConfigurationFault, DeviceFault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { PackageOffer, PackageType, Release, UpdateJob, UpdateState } from '../domain/ota/update.ts';
import type { FileTerms, Progress, Updates } from '../ports/updates.ts';
import { checkOffer, mustBe, releaseOf, type Unsigned, type UpdatePolicy, wrongSize } from './check.ts';
import { CurrentResources } from './current-resources.ts';
import { diskFault, makeDirectory, needRoom, RESERVE_BYTES } from './disk.ts';
import { openInput } from './package/file.ts';
import type { VerifiedPackage } from './package/verify.ts';
import { append, bytesFrom, hashOf, lengthOf } from './part-file.ts';
import { checkRelease } from './release-files.ts';
import { type Report, StateKeeper } from './state-keeper.ts';

export interface UpdatesOptions {
  /** The box's state directory; everything is below `ota` in it. */
  readonly directory: string;
  readonly policy: UpdatePolicy;
  readonly wallMs: () => number;
  /** Told of what was found damaged and has been dealt with: `ota-state-damaged`, `ota-release-damaged`, `ota-io`. */
  readonly report?: Report;
  /** Bytes of the disk that an update leaves free for the journal; default 16 MiB. */
  readonly reserveBytes?: number;
}

/**
 * The updates of a box, as its disk has them: a job goes on where it was, a damaged state is dealt with, leftovers are
 * removed. Never throws: what is wrong is reported.
 */
export const createUpdates = (options: UpdatesOptions): Updates => new DiskUpdates(options);

class DiskUpdates implements Updates {
  readonly #options: UpdatesOptions;
  readonly #report: Report;
  readonly #reserve: number;
  readonly #keeper: StateKeeper;
  #turn: Promise<unknown> = Promise.resolve();
  /** The job's package if this process verified it, and the hash of the release if it unpacked it: nothing else had the disk in hand since. */
  #verified: VerifiedPackage | null = null;
  #unpacked: string | null = null;
  #unsigned: Unsigned | null = null;
  readonly #resources: CurrentResources;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    this.#report = options.report ?? (() => undefined);
    this.#reserve = options.reserveBytes ?? RESERVE_BYTES;
    this.#keeper = new StateKeeper(options.directory, options.wallMs(), this.#report);
    this.#resources = new CurrentResources(this.#keeper, (release, damage) =>
      this.#inTurn(async () => this.#leaveDamaged(release, damage)),
    );
  }

  state(): UpdateState {
    return this.#keeper.state;
  }

  begin(offer: PackageOffer): Promise<number> {
    return this.#inTurn(() => this.#begin(offer));
  }

  append(bytes: Uint8Array, etag: string | null): Promise<number> {
    return this.#inTurn(async () => {
      const { offer, etag: known } = this.#jobThat('downloading');
      const part = this.#keeper.paths.part(offer.sha256);
      const total = (await lengthOf(part)) + bytes.length;
      if (total > offer.size) throw wrongSize(total, offer);
      // First: bytes of one file must never be taken for another's.
      if (etag !== known) this.#keeper.commit({ kind: 'downloaded', etag });
      return append(part, [bytes]);
    });
  }

  rewind(): Promise<void> {
    return this.#inTurn(async () => this.#rewind());
  }

  verify(progress?: Progress): Promise<Release> {
    return this.#inTurn(async () => {
      const job = this.#jobThat('downloading');
      this.#verified = await this.#orEnd(() => this.#check(job, progress));
      const release = releaseOf(this.#verified);
      this.#keeper.commit({ kind: 'verified', release });
      return release;
    });
  }

  stage(progress?: Progress): Promise<Release> {
    return this.#inTurn(async () => {
      const job = this.#jobThat('verified');
      // After a restart every check is made again: the bytes lay on the disk in the meantime.
      const verified = this.#verified ?? (await this.#orEnd(() => this.#check(job)));
      const { unpackRelease } = await import('./unpack-release.ts');
      await this.#orEnd(() => unpackRelease(this.#keeper.paths, verified, this.#reserve, progress));
      this.#keeper.commit({ kind: 'staged' });
      this.#verified = null;
      this.#unpacked = verified.sha256;
      this.#keeper.tidy();
      return releaseOf(verified);
    });
  }

  activate(reachedBefore: boolean): Promise<Release> {
    return this.#inTurn(async () => {
      const { release } = this.#jobThat('staged');
      if (!release) throw outOfOrder('nothing', 'a staged release');
      if (this.#unpacked !== release.sha256) await this.#orEnd(() => this.#mustBeWhole(release));
      this.#keeper.commit({ kind: 'switched', reachedBefore });
      this.#resources.forget();
      this.#keeper.link();
      return release;
    });
  }

  tried(type: PackageType): Promise<number> {
    return this.#inTurn(async () => {
      this.#keeper.commit({ kind: 'tried', type });
      return this.state().slots[type].trial?.tries ?? 0;
    });
  }

  confirm(type: PackageType): Promise<void> {
    return this.#inTurn(async () => {
      if (this.state().slots[type].trial) this.#keeper.commit({ kind: 'confirmed', type, atMs: this.#options.wallMs() });
    });
  }

  rollBack(type: PackageType, code: string, detail: string, blacklist: boolean): Promise<Release | null> {
    return this.#inTurn(async () => this.#rollBack(type, code, detail, blacklist));
  }

  abandon(code: string, detail: string): Promise<void> {
    return this.#inTurn(async () => this.#end(code, detail));
  }

  resource(path: string): Promise<Uint8Array | null> {
    return this.#resources.read(path);
  }

  adoptFile(file: string, terms: FileTerms, progress?: Progress): Promise<PackageOffer> {
    return this.#inTurn(async () => {
      if (terms.unsigned && !this.#options.policy.allowUnsigned) throw signedOnly();
      const { handle } = await openInput(file);
      await handle.close();
      const { size, sha256 } = await hashOf(file, progress);
      if (terms.unsigned) mustBe(terms.unsigned, { size, sha256 });
      const name = basename(file);
      const offer = { deployment: '', name, size, sha256, path: '/', permitDowngrade: terms.permitDowngrade, deadlineMs: null };
      await this.#begin(offer);
      // Copied anew from its first byte: what is there of it may be of a download.
      this.#rewind();
      this.#unsigned = terms.unsigned;
      await append(this.#keeper.paths.part(sha256), bytesFrom(file, progress));
      return offer;
    });
  }

  async #begin(offer: PackageOffer): Promise<number> {
    checkOffer(offer, this.#options.policy, this.state());
    this.#keeper.commit({ kind: 'offered', offer });
    this.#unsigned = null;
    this.#keeper.tidy();
    if (this.state().job?.phase !== 'downloading') return offer.size;
    this.#verified = null;
    const { downloads, part } = this.#keeper.paths;
    try {
      makeDirectory(downloads);
      const length = await lengthOf(part(offer.sha256));
      // More than was offered is not a beginning of it.
      if (length > offer.size) fs.rmSync(part(offer.sha256));
      const there = length > offer.size ? 0 : length;
      // What is inside is about as large as the package, and for a while both are on the disk.
      needRoom(downloads, 2 * offer.size - there, this.#reserve);
      return there;
    } catch (error) {
      const fault = diskFault(error);
      if (fault instanceof DeviceFault) this.#end(fault.code, fault.explain());
      throw fault;
    }
  }

  #rewind(): void {
    this.#keeper.commit({ kind: 'rewound' });
    this.#verified = null;
    const { job } = this.state();
    if (job) fs.rmSync(this.#keeper.paths.part(job.offer.sha256), { force: true });
  }

  async #check({ offer }: UpdateJob, progress?: Progress): Promise<VerifiedPackage> {
    // Loaded here: a box starts many times for every package it gets.
    const { checkPackage } = await import('./check-package.ts');
    const { paths } = this.#keeper;
    const what = {
      part: paths.part(offer.sha256),
      workDir: paths.downloads,
      reserveBytes: this.#reserve,
      offer,
      unsigned: this.#unsigned,
    };
    return checkPackage(what, this.#options.policy, this.state(), progress);
  }

  async #mustBeWhole(release: Release): Promise<void> {
    const { damage } = await checkRelease(this.#keeper.paths.release(release.type, release.id), release);
    if (damage !== null) throw damaged(release, damage);
  }

  /** Two readers may find the same damage: only one of them goes back. */
  #leaveDamaged(release: Release, damage: string): void {
    if (this.state().slots.CUST.current?.id !== release.id) return;
    const fault = damaged(release, damage);
    this.#rollBack('CUST', fault.code, damage, false);
    this.#report(fault);
  }

  #rollBack(type: PackageType, code: string, detail: string, blacklist: boolean): Release | null {
    this.#keeper.commit({ kind: 'rolled-back', type, code, detail, blacklist, atMs: this.#options.wallMs() });
    this.#keeper.link();
    return this.state().slots[type].current;
  }

  /** Ends the job when the package or the release is to blame. A disk that is full or fails leaves it to the caller. */
  async #orEnd<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof OtaFault || (error instanceof DeviceFault && error.code === 'ota-release-damaged'))
        this.#end(error.code, error.explain());
      throw error;
    }
  }

  #end(code: string, detail: string): void {
    const { job } = this.state();
    this.#verified = null;
    if (!job) return;
    // First: on a full disk it is the room for the new state.
    fs.rmSync(this.#keeper.paths.part(job.offer.sha256), { force: true });
    this.#keeper.commit({ kind: 'abandoned', code, detail, atMs: this.#options.wallMs() });
    this.#keeper.tidy();
  }

  #jobThat(phase: UpdateJob['phase']): UpdateJob {
    const { job } = this.state();
    if (job?.phase === phase) return job;
    throw outOfOrder(job ? `a job that is ${job.phase}` : 'no job', `a job that is ${phase}`);
  }

  /** One call at a time, in the order they came. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work).catch((error: unknown) => {
      throw diskFault(error);
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const outOfOrder = (found: string, expected: string): CallerFault =>
  new CallerFault('This step of an update does not come next', { code: 'ota-out-of-order', found, expected });

const signedOnly = (): ConfigurationFault =>
  new ConfigurationFault('This box takes signed packages only', {
    code: 'ota-unsigned',
    expected: '"allowUnsigned": true in the section "ota" of its configuration',
    remedy: 'Have the package signed, or allow unsigned ones.',
  });

const damaged = ({ name }: Release, damage: string): DeviceFault =>
  new DeviceFault('A release was damaged on the disk', {
    code: 'ota-release-damaged',
    found: `${name}: ${damage}`,
    remedy: 'Install it again; replace the disk if this comes back.',
  });
