import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../domain/fault.ts';
import type { PackageOffer, PackageType } from '../domain/ota/update.ts';
import type { PackedPackage } from '../ota/package/pack.ts';
import { type OtaPaths, otaPaths } from '../ota/paths.ts';
import { createUpdates, type UpdatesOptions } from '../ota/updates.ts';
import type { Updates } from '../ports/updates.ts';
import { offerOf, SAMPLE_CUSTOMER, SamplePackages } from './sample-packages.ts';

/** What every box of these tests is offered: three versions, and what no box takes. */
export interface Offered {
  readonly ap1: PackedPackage;
  readonly ap2: PackedPackage;
  readonly cust1: PackedPackage;
  readonly cust2: PackedPackage;
  readonly cust3: PackedPackage;
  /** Version 2 with other files. */
  readonly cust2again: PackedPackage;
  /** Version 1 of a later epoch. */
  readonly epoch2: PackedPackage;
  /** For another customer. */
  readonly other: PackedPackage;
  readonly unsigned: PackedPackage;
  /** Signed by a stranger. */
  readonly strange: PackedPackage;
}

/** Packages with `mp3/beep.mp3`, which begins with `beep 1` in version 1. */
export class OtaShop {
  readonly directory = fs.mkdtempSync(join(os.tmpdir(), 'ota-shop-'));
  readonly #own = this.#maker('own');
  readonly publicKey = this.#own.keys.publicKey;

  async stock(): Promise<Offered> {
    const beep = (n: number) => ({ 'mp3/beep.mp3': `beep ${n} `.repeat(2_000) });
    const own = this.#own;
    return {
      ap1: await own.firmware('V1.0.0'),
      ap2: await own.firmware('V2.0.0'),
      cust1: await own.resource('V1.0.0', beep(1)),
      cust2: await own.resource('V2.0.0', beep(2)),
      cust3: await own.resource('V3.0.0', beep(3)),
      cust2again: await this.#maker('again', own).resource('V2.0.0'),
      epoch2: await this.#maker('epoch', own).resource('V1.0.0', {}, { epoch: 2 }),
      other: await this.#maker('other', own).resource('V1.0.0', {}, { customer: 'OTHER' }),
      unsigned: await this.#maker('unsigned').resource('V1.0.0', beep(1), { privateKey: null }),
      strange: await this.#maker('strange').resource('V1.0.0', beep(1)),
    };
  }

  close(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  #maker(folder: string, signedAs?: SamplePackages): SamplePackages {
    return new SamplePackages(join(this.directory, folder), signedAs?.keys);
  }
}

/** A box's state directory, and what may happen to it. */
export class OtaHome {
  readonly directory = fs.mkdtempSync(join(os.tmpdir(), 'ota-box-'));
  readonly paths: OtaPaths = otaPaths(this.directory);
  /** Codes of what was found damaged. */
  readonly reported: string[] = [];
  readonly #publicKey: string;

  constructor({ publicKey }: Pick<OtaShop, 'publicKey'>) {
    this.#publicKey = publicKey;
  }

  /** The box after a start; every call is another start. */
  open(more: Partial<UpdatesOptions> = {}, allowUnsigned = false): Updates {
    return createUpdates({
      directory: this.directory,
      policy: { model: 'DS50-MQ', customer: SAMPLE_CUSTOMER, runtime: '0.1.0', keys: [this.#publicKey], allowUnsigned },
      wallMs: () => 1_000,
      report: (fault: Fault) => this.reported.push(fault.code),
      reserveBytes: 0,
      ...more,
    });
  }

  /** Names in the folder of the releases. */
  releases(type: PackageType): string[] {
    return fs.readdirSync(this.paths.releases(type)).sort();
  }

  stateFile(name = 'state.json'): string {
    return join(this.paths.root, name);
  }

  close(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** As a TMS gives a package out, part by part. */
export async function download(updates: Updates, one: PackedPackage, more: Partial<PackageOffer> = {}): Promise<void> {
  const bytes = fs.readFileSync(one.file);
  for (let at = await updates.begin(offerOf(one, more)); at < bytes.length; )
    at = await updates.append(bytes.subarray(at, at + 16_384), '"1"');
}

export async function stage(updates: Updates, one: PackedPackage, more: Partial<PackageOffer> = {}): Promise<void> {
  await download(updates, one, more);
  await updates.verify();
  await updates.stage();
}

/** From the offer to the confirmed release. */
export async function installed(updates: Updates, one: PackedPackage, type: PackageType, more: Partial<PackageOffer> = {}): Promise<void> {
  await stage(updates, one, more);
  await updates.activate(true);
  await updates.confirm(type);
}

/** How the beep of the current release begins. */
export async function beepNow(updates: Updates): Promise<string | null> {
  const bytes = await updates.resource('mp3/beep.mp3');
  return bytes && Buffer.from(bytes).toString().slice(0, 6);
}
