import { Fault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { PackageOffer } from '../domain/ota/update.ts';
import type { Clock } from '../ports/clock.ts';
import type { UpdateGateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Updates } from '../ports/updates.ts';
import { isRetryable, pause, type Retries } from './retry.ts';
import { type TillService, whenIdle } from './till.ts';

/** Where parts of a package come from: a TMS, or a file of this machine. */
type PackageSource = Pick<UpdateGateway, 'fetchPart'>;

export interface DownloadOptions {
  readonly updates: Updates;
  readonly source: PackageSource;
  readonly till: TillService;
  readonly clock: Clock;
  readonly log: Log;
  readonly retries: Retries;
  /** Bytes a second at most, on average; null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  readonly progress: (percent: number) => void;
}

const PART_BYTES = 256 * 1024;
/** Tries in a row without a single byte, with pauses of up to five minutes between them: about a day. */
const MAX_VAIN = 300;
const MAX_CHANGES = 3;

/**
 * Brings an offered package onto the disk, part by part: each is synced before the next is asked for, so a restart goes
 * on where it was. Sales come first: while one is open nothing is asked for. Resolves when all of it is there.
 * @throws OtaFault `download-failed`, `download-changing`, `download-refused`; DeviceFault from the disk. Resolves false when the signal aborts
 */
export async function download(offer: PackageOffer, from: number, options: DownloadOptions, signal: AbortSignal): Promise<boolean> {
  const { updates, source, till, clock, log, retries, bytesPerSecond, progress } = options;
  let length = from;
  let schedule = retries();
  let vain = 0;
  let changes = 0;
  while (length < offer.size) {
    if (!(await whenIdle(till, signal))) return false;
    const range = {
      path: offer.path,
      from: length,
      length: Math.min(PART_BYTES, offer.size - length),
      etag: updates.state().job?.etag ?? null,
    };
    const beganMs = clock.monotonicMs();
    const part = await source.fetchPart(range, signal).catch((error: unknown) => refusal(error));
    if (signal.aborted) return false;
    if (part instanceof Fault) {
      if (++vain > MAX_VAIN) throw given('download-failed', 'The package could not be downloaded', part.explain(), part);
      const waitMs = schedule.next(part);
      log.warn('update.download-retry', { from: length, reason: part.explain(), waitMs });
      if (!(await pause(clock, waitMs, signal))) return false;
      continue;
    }
    if (part.state === 'changed' || part.total !== offer.size || part.bytes.length === 0) {
      if (++changes > MAX_CHANGES)
        throw given('download-changing', 'The TMS has another file than it announced', describe(part), undefined);
      await updates.rewind();
      length = 0;
      continue;
    }
    length = await updates.append(part.bytes.subarray(0, offer.size - length), part.etag);
    schedule = retries();
    vain = 0;
    progress(Math.floor((length * 100) / offer.size));
    const dueMs = bytesPerSecond === null ? 0 : (part.bytes.length * 1_000) / bytesPerSecond - (clock.monotonicMs() - beganMs);
    if (dueMs > 0 && !(await pause(clock, dueMs, signal))) return false;
  }
  return true;
}

/** What may be tried again, as a value; everything else ends the download. @throws OtaFault `download-refused` */
function refusal(error: unknown): Fault {
  if (!(error instanceof Fault)) throw error;
  if (isRetryable(error)) return error;
  throw given('download-refused', 'The TMS does not give the package out', error.explain(), error);
}

const describe = (part: Awaited<ReturnType<PackageSource['fetchPart']>>): string =>
  part.state === 'changed' ? 'another file under the same path' : `a file of ${part.total} bytes`;

const given = (code: string, message: string, found: string, cause: unknown): OtaFault =>
  new OtaFault(message, {
    code,
    found,
    expected: 'the package of the instruction',
    remedy: 'Check the package at the TMS and deploy it again.',
    cause,
  });
