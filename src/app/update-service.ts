import { CallerFault, Fault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { PackageOffer, PackageType, UpdateJob, UpdateState } from '../domain/ota/update.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import type { Screen } from '../domain/screen.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway, Inbound } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Speaker } from '../ports/speaker.ts';
import type { Store } from '../ports/store.ts';
import type { FileTerms, Updates } from '../ports/updates.ts';
import type { HealthService } from './health.ts';
import { pause, type Retries } from './retry.ts';
import type { TillService } from './till.ts';
import { download } from './update-download.ts';
import { UpdateOutcomes } from './update-outcomes.ts';
import { Parameters } from './update-parameters.ts';
import { PendingOffers, typeOf } from './update-pending.ts';
import type { UpdateReports } from './update-reports.ts';
import { UpdateSwitch } from './update-switch.ts';
import { Trials } from './update-trials.ts';

/** What updates need of the world around the box. */
export interface UpdateParts {
  readonly updates: Updates;
  /** The parameters and certificates in force by the current resources; null where the dialect takes none from there. */
  readonly backendFiles: () => Promise<BackendFiles | null>;
  /** Why the links are not made from the current resources at this start, or null. */
  readonly unusable: Fault | null;
  /**
   * Id of the firmware release that tilld-launch started this process from, empty for what tilld itself brings; null when
   * nobody would start it again, so that firmware cannot be switched.
   */
  readonly launchedAs: string | null;
  /** Ends the process in order, for the launcher to start what the state says. */
  readonly restart: () => void;
  /** How long new parameters may take to reach the backend, milliseconds. */
  readonly trialMs: number;
  /** How long a new firmware must be healthy without a break before it is confirmed, milliseconds. */
  readonly confirmMs: number;
  readonly bytesPerSecond: number | null;
}

export interface UpdateServiceOptions extends UpdateParts {
  readonly till: TillService;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly health: HealthService;
  readonly reports: UpdateReports;
  readonly speaker: Speaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  /** Local health: the ledger can be written and what the backend sends is received. No word about the network. */
  readonly healthy: () => boolean;
  readonly changed: () => void;
}

/** Something a person waits for. */
interface Wish {
  readonly act: () => Promise<void>;
  /** Null: it was done. */
  readonly done: (error: unknown) => void;
}

const AGAIN_MS = 60_000;

/**
 * Runs updates: one after the other, never while a sale is open, each step taken up again after a restart. Parameters
 * have to prove themselves against the backend if it could be reached before; firmware by the box's own health.
 */
export class UpdateService {
  readonly #o: UpdateServiceOptions;
  readonly #pending: PendingOffers;
  readonly #parameters: Parameters;
  readonly #trials: Trials;
  readonly #outcomes: UpdateOutcomes;
  readonly #switch: UpdateSwitch;
  readonly #stopping = new AbortController();
  /** Ends what is being waited for, so that something more urgent is done first. */
  #step = new AbortController();
  #wake: () => void = () => undefined;
  #wish: Wish | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: UpdateServiceOptions) {
    this.#o = options;
    this.#pending = new PendingOffers(options.store, options.reports);
    const outcomes = new UpdateOutcomes(options);
    const parameters = new Parameters({ ...options, gateway: options.gateway.parameters });
    this.#outcomes = outcomes;
    this.#parameters = parameters;
    this.#switch = new UpdateSwitch({ ...options, parameters, outcomes, stopping: this.#stopping.signal });
    this.#trials = new Trials({ ...options, parameters, goBack: (type, code, detail) => this.#switch.goBack(type, code, detail) });
  }

  start(): void {
    const { unusable, health } = this.#o;
    if (unusable) health.raise('parameters-not-applied', unusable.explain());
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#step.abort();
    this.#wake();
    await this.#running;
    this.#wish?.done(new CallerFault('The box is stopping', { code: 'stopping' }));
  }

  state(): UpdateState {
    return this.#o.updates.state();
  }

  /** What the customer sees of an update, or null. */
  screen(): Screen | null {
    return this.#switch.screen();
  }

  /** The push link is up again. */
  reconnected(): void {
    this.#parameters.noteReached(this.#stopping.signal).catch((error: unknown) => {
      this.#o.log.warn('parameters.reach-not-recorded', { error });
    });
  }

  /** Keeps an instruction until its turn comes; a newer one of its type takes its place. @throws StoreFault: then it is not acknowledged */
  receive({ offer, done }: Extract<Inbound, { kind: 'update' }>): void {
    this.#o.log.info('update.offered', { name: offer.name, deployment: offer.deployment });
    this.#pending.keep(offer);
    done();
    const { job } = this.state();
    // A download that is overtaken by another package of its type is not worth finishing.
    if (job?.phase === 'downloading' && typeOf(job.offer) === typeOf(offer) && job.offer.sha256 !== offer.sha256) this.#step.abort();
    this.#wake();
  }

  /** Takes up a package of this machine's disk; resolves when it is copied, before it is checked. Errors: see `Box`. */
  async install(file: string, terms: FileTerms): Promise<void> {
    const { updates, launchedAs } = this.#o;
    const name = file.split('/').at(-1) ?? '';
    if (isFirmware(name) && launchedAs === null) throw noLauncher(name);
    await this.#do(async () => {
      const { job } = this.state();
      await updates.adoptFile(file, terms);
      this.#outcomes.superseded(job);
    });
  }

  /** Goes back to the release before. @throws CallerFault `ota-nothing-to-roll-back`, `ota-busy` */
  rollBack(type: PackageType): Promise<void> {
    if (this.state().slots[type].current === null) {
      return Promise.reject(new CallerFault('There is no release to go back from', { code: 'ota-nothing-to-roll-back' }));
    }
    return this.#do(() => this.#switch.goBack(type, 'by-hand', 'somebody asked for it'));
  }

  /** Has something done before everything else, between two steps. */
  #do(act: () => Promise<void>): Promise<void> {
    if (this.#wish) return Promise.reject(new CallerFault('Something else is being done to the updates', { code: 'ota-busy' }));
    return new Promise((resolve, reject) => {
      this.#wish = { act, done: (error) => (error === null ? resolve() : reject(error)) };
      this.#step.abort();
      this.#wake();
    });
  }

  async #loop(): Promise<void> {
    const { clock, log } = this.#o;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#step = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        if (!(await this.#next(this.#step.signal))) await woken;
      } catch (error) {
        if (signal.aborted) return;
        log.error('update.failed', { error });
        await Promise.race([pause(clock, AGAIN_MS, signal), woken]);
      }
    }
  }

  /** Does the next thing there is to do; false when there is none. */
  async #next(signal: AbortSignal): Promise<boolean> {
    this.#outcomes.tell(this.state().last);
    const { job, slots } = this.state();
    const onTrial = slots.AP.trial && slots.AP.current?.id === this.#o.launchedAs;
    if (this.#wish) await this.#fulfil(this.#wish);
    else if (!this.#parameters.applied) await this.#parameters.apply();
    // Firmware first: whoever started it waits for it, and not for a network.
    else if (onTrial) await this.#trials.tryFirmware(signal);
    else if (slots.CUST.trial) await this.#trials.tryParameters(signal);
    else if (job && !this.#pending.overtakes(job)) await this.#advance(job, signal);
    else return this.#begin(job);
    return true;
  }

  async #fulfil({ act, done }: Wish): Promise<void> {
    try {
      await act();
      done(null);
    } catch (error) {
      done(error);
    } finally {
      this.#wish = null;
    }
  }

  async #begin(job: UpdateJob | null): Promise<boolean> {
    const { updates, clock, log, launchedAs } = this.#o;
    const offer = this.#pending.next();
    if (offer === null) return false;
    try {
      if (offer.deadlineMs !== null && clock.wallTrusted() && clock.wallMs() > offer.deadlineMs) throw late(offer.deadlineMs);
      if (isFirmware(offer.name) && launchedAs === null) throw noLauncher(offer.name);
      const from = await updates.begin(offer);
      if (job && job.offer.deployment !== offer.deployment) this.#outcomes.superseded(job);
      this.#pending.taken(offer, 'START_DOWNLOAD', Math.floor((from * 100) / offer.size), '');
    } catch (error) {
      if (!isAboutThePackage(error)) throw error;
      log.warn('update.not-begun', { name: offer.name, error });
      const there = this.state().slots[typeOf(offer)].current?.sha256 === offer.sha256;
      this.#pending.taken(offer, there ? 'UPGRADE_SUCCESS' : 'UPGRADE_FAIL', there ? 100 : 0, error.code);
    }
    return true;
  }

  async #advance(job: UpdateJob, signal: AbortSignal): Promise<void> {
    const { updates, log, reports, launchedAs } = this.#o;
    const { deployment, name } = job.offer;
    try {
      if (isFirmware(name) && launchedAs === null) throw noLauncher(name);
      if (job.phase === 'downloading') {
        // A file that a person brought is there already.
        if (deployment !== '' && !(await this.#download(job.offer, signal))) return;
        reports.report(deployment, 'DOWNLOAD_SUCCESS', 100);
        await updates.verify();
      } else if (job.phase === 'verified') await updates.stage();
      else await this.#switch.activate(job, signal);
    } catch (error) {
      // What the journal refuses is no fault of the package: it goes on when the journal does.
      if (!isAboutThePackage(error) || signal.aborted) throw error;
      log.error('update.refused', { name, error });
      if (this.state().job !== null) await updates.abandon(error.code, error.explain());
    }
  }

  async #download(offer: PackageOffer, signal: AbortSignal): Promise<boolean> {
    const { updates, gateway, reports } = this.#o;
    const source = gateway.updates;
    if (!source)
      throw new OtaFault('There is no TMS to download from', { code: 'download-refused', expected: 'a TMS in the configuration' });
    const from = await updates.begin(offer);
    let told = Math.floor((from * 10) / offer.size);
    const progress = (percent: number) => {
      if (Math.floor(percent / 10) <= told) return;
      told = Math.floor(percent / 10);
      reports.report(offer.deployment, 'PROGRESS', percent);
    };
    return download(offer, from, { ...this.#o, source, progress }, signal);
  }
}

const isAboutThePackage = (error: unknown): error is Fault =>
  error instanceof OtaFault || (error instanceof Fault && error.code.startsWith('ota-') && error.code !== 'ota-out-of-order');

const isFirmware = (name: string): boolean => name.startsWith('AP_');

const late = (deadlineMs: number): OtaFault =>
  new OtaFault('The update came too late', { code: 'ota-deadline', expected: `a start before ${new Date(deadlineMs).toISOString()}` });

const noLauncher = (name: string): CallerFault =>
  new CallerFault('Firmware cannot be switched by a box that tilld-launch did not start', {
    code: 'ota-no-launcher',
    found: name,
    remedy: 'Start the box with `tilld-launch --state DIR -- run --config FILE`.',
  });
