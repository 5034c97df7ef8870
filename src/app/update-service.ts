import { CallerFault, Fault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { PackageOffer, PackageType, UpdateJob, UpdateOutcome, UpdateState, UpdateStatusName } from '../domain/ota/update.ts';
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
import { type TillService, whenIdle } from './till.ts';
import { download } from './update-download.ts';
import type { UpdateReports } from './update-reports.ts';

/** What updates need of the world around the box. */
export interface UpdateParts {
  readonly updates: Updates;
  /** The parameters and certificates in force by the current resources; null where the dialect takes none from there. */
  readonly backendFiles: () => Promise<BackendFiles | null>;
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

const PENDING_FACT = 'update.pending';
/** Which outcome the TMS was told last. */
const TOLD_FACT = 'update.told';
const MAX_TRIES = 3;
const PROBE_EVERY_MS = 5_000;
const HEALTH_EVERY_MS = 1_000;
const AGAIN_MS = 60_000;

/**
 * Runs updates: one after the other, never while a sale is open, each step taken up again after a restart. Parameters
 * have to prove themselves against the backend if it could be reached before; firmware by the box's own health.
 */
export class UpdateService {
  readonly #o: UpdateServiceOptions;
  readonly #stopping = new AbortController();
  /** Ends what is being waited for, so that something more urgent is done first. */
  #step = new AbortController();
  #wake: () => void = () => undefined;
  #wish: Wish | null = null;
  #screen: Screen | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: UpdateServiceOptions) {
    this.#o = options;
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#step.abort();
    this.#wake();
    await this.#running;
  }

  state(): UpdateState {
    return this.#o.updates.state();
  }

  /** What the customer sees of an update, or null. */
  screen(): Screen | null {
    return this.#screen;
  }

  /** Keeps an instruction until its turn comes; a newer one takes its place. @throws StoreFault: then it is not acknowledged */
  receive({ offer, done }: Extract<Inbound, { kind: 'update' }>): void {
    this.#o.log.info('update.offered', { name: offer.name, deployment: offer.deployment });
    this.#o.reports.report(offer.deployment, 'HAVE_UPDATE', 0, '', { facts: { [PENDING_FACT]: JSON.stringify(offer) } });
    done();
    this.#wake();
  }

  /** Takes up a package of this machine's disk; resolves when it is copied, before it is checked. Errors: see `Box`. */
  async install(file: string, terms: FileTerms): Promise<void> {
    const { updates, launchedAs } = this.#o;
    await this.#do(async () => {
      const { name } = await updates.adoptFile(file, terms);
      if (!isFirmware(name) || launchedAs !== null) return;
      await updates.abandon('ota-no-launcher', 'nobody could start it');
      throw noLauncher(name);
    });
  }

  /** Goes back to the release before. @throws CallerFault `ota-nothing-to-roll-back`, `ota-busy` */
  rollBack(type: PackageType): Promise<void> {
    if (this.#o.updates.state().slots[type].current === null) {
      return Promise.reject(new CallerFault('There is no release to go back from', { code: 'ota-nothing-to-roll-back' }));
    }
    return this.#do(() => this.#return(type, 'by-hand', 'somebody asked for it', false));
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
    this.#tellOutcome();
    const { job, slots } = this.#o.updates.state();
    if (this.#wish) await this.#fulfil(this.#wish);
    else if (slots.CUST.trial) await this.#tryParameters(signal);
    else if (slots.AP.trial && slots.AP.current?.id === this.#o.launchedAs) await this.#tryFirmware(signal);
    else if (job) await this.#advance(job, signal);
    else return this.#begin();
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

  async #begin(): Promise<boolean> {
    const { store, updates, clock, reports, log, launchedAs } = this.#o;
    const text = store.fact(PENDING_FACT);
    if (text === null) return false;
    const offer = JSON.parse(text) as PackageOffer;
    const settled = { facts: { [PENDING_FACT]: null } };
    try {
      if (offer.deadlineMs !== null && clock.wallTrusted() && clock.wallMs() > offer.deadlineMs) throw late(offer.deadlineMs);
      if (isFirmware(offer.name) && launchedAs === null) throw noLauncher(offer.name);
      const from = await updates.begin(offer);
      reports.report(offer.deployment, 'START_DOWNLOAD', Math.floor((from * 100) / offer.size), '', settled);
      return true;
    } catch (error) {
      if (!isAboutThePackage(error)) throw error;
      log.warn('update.not-begun', { name: offer.name, error });
      const there = error.code === 'ota-same-version';
      const status: UpdateStatusName = there ? 'UPGRADE_SUCCESS' : 'UPGRADE_FAIL';
      reports.report(offer.deployment, status, there ? 100 : 0, error.code, settled);
      return true;
    }
  }

  async #advance(job: UpdateJob, signal: AbortSignal): Promise<void> {
    const { updates, log, reports } = this.#o;
    const { deployment } = job.offer;
    try {
      if (job.phase === 'downloading') {
        // A file that a person brought is there already.
        if (deployment !== '' && !(await this.#download(job.offer, signal))) return;
        reports.report(deployment, 'DOWNLOAD_SUCCESS', 100);
        await updates.verify();
      } else if (job.phase === 'verified') await updates.stage();
      else await this.#activate(job, signal);
    } catch (error) {
      // What the journal refuses is no fault of the package: it goes on when the journal does.
      if (!isAboutThePackage(error) || signal.aborted) throw error;
      log.error('update.refused', { name: job.offer.name, error });
      if (updates.state().job !== null) await updates.abandon(error.code, error.explain());
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

  /** The switch, in a moment when nobody is buying anything. */
  async #activate({ offer, release }: UpdateJob, signal: AbortSignal): Promise<void> {
    const { updates, till, health, gateway, reports } = this.#o;
    if (!(await whenIdle(till, signal))) return;
    health.updatingIs(true);
    try {
      this.#show({ kind: 'updating', step: 'installing' });
      this.#say('update-installing');
      const reachedBefore = (await gateway.parameters?.probe(signal)) ?? false;
      // A sale that is paid from money already in may have begun meanwhile.
      if (signal.aborted || till.state.sale !== null) return;
      reports.report(offer.deployment, 'UPGRADING', 100);
      await updates.activate(reachedBefore);
      if (release?.type === 'CUST') await this.#applyOrReturn();
      else {
        this.#show({ kind: 'updating', step: 'restarting' });
        this.#o.restart();
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      }
    } finally {
      health.updatingIs(false);
      this.#show(null);
    }
  }

  /** New parameters take effect; those that cannot are gone back from at once. */
  async #applyOrReturn(): Promise<void> {
    try {
      await this.#apply();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      await this.#return('CUST', error.code, error.explain(), true);
    }
  }

  async #apply(): Promise<void> {
    const { gateway, backendFiles } = this.#o;
    const files = await backendFiles();
    if (files && gateway.parameters) await gateway.parameters.apply(files);
  }

  async #return(type: PackageType, code: string, detail: string, blacklist: boolean): Promise<void> {
    const { updates, log, restart, launchedAs } = this.#o;
    const release = await updates.rollBack(type, code, detail, blacklist);
    log.error('update.rolled-back', { type, code, detail, now: release?.name ?? 'what tilld brings' });
    this.#tellOutcome();
    if (type === 'CUST') await this.#apply();
    else if (launchedAs !== null) restart();
  }

  async #tryParameters(signal: AbortSignal): Promise<void> {
    const { updates, gateway, clock, trialMs } = this.#o;
    const { trial } = updates.state().slots.CUST;
    if (!trial) return;
    if ((await updates.tried('CUST')) > MAX_TRIES) {
      await this.#return('CUST', 'trial-tries', `the box was started ${MAX_TRIES} times without proving it`, true);
      return;
    }
    const untilMs = clock.monotonicMs() + trialMs;
    while (gateway.parameters && !(await gateway.parameters.probe(signal))) {
      if (signal.aborted) return;
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs > 0) {
        if (!(await pause(clock, Math.min(PROBE_EVERY_MS, leftMs), signal))) return;
      } else if (trial.reachedBefore) {
        const detail = `the backend could be reached before, and not within ${Math.round(trialMs / 1_000)} s with the new parameters`;
        // Not held against the package: the cable may have been pulled in that very minute.
        await this.#return('CUST', 'backend-unreachable', detail, false);
        return;
      } else break;
    }
    if (!signal.aborted) await updates.confirm('CUST');
  }

  async #tryFirmware(signal: AbortSignal): Promise<void> {
    const { updates, clock, healthy, confirmMs } = this.#o;
    let sinceMs = clock.monotonicMs();
    while (clock.monotonicMs() - sinceMs < confirmMs) {
      if (!(await pause(clock, HEALTH_EVERY_MS, signal))) return;
      if (!healthy()) sinceMs = clock.monotonicMs();
    }
    await updates.confirm('AP');
  }

  /** Tells the TMS and the customer how the last update ended, once, whoever ended it: this process, one before it, or the launcher. */
  #tellOutcome(): void {
    const { updates, store, reports } = this.#o;
    const { last } = updates.state();
    if (!last) return;
    const mark = `${last.atMs} ${last.state} ${last.name}`;
    if (store.fact(TOLD_FACT) === mark) return;
    reports.report(last.deployment, statusOf(last), last.state === 'confirmed' ? 100 : 0, last.code, { facts: { [TOLD_FACT]: mark } });
    this.#say(last.state === 'confirmed' ? 'update-done' : 'update-failed');
  }

  #show(screen: Screen | null): void {
    this.#screen = screen;
    this.#o.changed();
  }

  #say(phrase: 'update-installing' | 'update-done' | 'update-failed'): void {
    const { speaker, log } = this.#o;
    speaker.say({ phrase, amount: null }).catch((error: unknown) => log.warn('announcement.failed', { phrase, error }));
  }
}

/** Codes of what can go wrong after a package was found good. */
const LOCAL_CODES = new Set(['ota-no-space', 'ota-io', 'ota-release-damaged']);

function statusOf({ state, code }: UpdateOutcome): UpdateStatusName {
  if (state === 'confirmed') return 'UPGRADE_SUCCESS';
  if (state === 'rolled-back' || LOCAL_CODES.has(code)) return 'UPGRADE_FAIL';
  return code.startsWith('download-') ? 'DOWNLOAD_FAIL' : 'VERIFY_FAIL';
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
