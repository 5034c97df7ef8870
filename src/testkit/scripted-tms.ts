import fs from 'node:fs';
import type { Posparam } from '../domain/posparam/posparam.ts';
import { RequestFault } from '../domain/request-fault.ts';
import type { PackedPackage } from '../ota/package/pack.ts';
import type { DatedUpdateReport, Delivery, PackagePart, PackageRange, ParameterGateway, UpdateGateway } from '../ports/gateway.ts';

/** A TMS that gives out the packages it was handed, and keeps what boxes report. */
export class ScriptedTms implements UpdateGateway {
  readonly reports: DatedUpdateReport[] = [];
  readonly ranges: PackageRange[] = [];
  /** What happens to the next requests instead; one each. */
  readonly troubles: ('cut' | 'gone' | 'changed' | 'longer')[] = [];
  /** Bytes it gives out at a time at most, however many are asked for. */
  mostBytes = Number.POSITIVE_INFINITY;
  /** Whether reports are taken. */
  open = true;
  readonly #files = new Map<string, Buffer>();

  hold({ sha256, file }: PackedPackage): void {
    this.#files.set(`/tms/v1/packages/${sha256}`, fs.readFileSync(file));
  }

  async fetchPart(range: PackageRange): Promise<PackagePart> {
    this.ranges.push(range);
    const trouble = this.troubles.shift();
    const bytes = this.#files.get(range.path);
    if (trouble === 'cut') throw new RequestFault('cut', { code: 'peer-cut', retryable: true });
    if (trouble === 'gone' || !bytes) throw new RequestFault('not there', { code: 'package-gone', retryable: false });
    if (trouble === 'changed') return { state: 'changed' };
    const part = bytes.subarray(range.from, range.from + Math.min(range.length, this.mostBytes));
    return { state: 'part', bytes: part, etag: '"1"', total: bytes.length + (trouble === 'longer' ? 1 : 0) };
  }

  async report(reports: readonly DatedUpdateReport[]): Promise<Delivery> {
    if (!this.open) return { state: 'retry', reason: 'closed' };
    this.reports.push(...reports);
    return { state: 'acked' };
  }

  /** `UPGRADE_FAIL zip-…` of every report so far, without the progress in between. */
  told(): string[] {
    return this.reports.filter(({ status }) => status !== 'PROGRESS').map(({ status, reason }) => `${status} ${reason}`.trim());
  }
}

/** Links that notice what they are made from; whether anything answers is up to the test. */
export class ScriptedParameters implements ParameterGateway {
  readonly applied: Posparam[] = [];
  reachable: (posparam: Posparam | null) => boolean = () => true;
  /** Thrown by the next apply. */
  refusal: Error | null = null;

  async apply({ posparam }: { readonly posparam: Posparam }): Promise<void> {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    this.applied.push(posparam);
  }

  async probe(): Promise<boolean> {
    return this.reachable(this.applied.at(-1) ?? null);
  }
}
