import type { PackageOffer } from '../../domain/ota/update.ts';
import type { Updates } from '../../ports/updates.ts';

/** A package as a TMS would hand it out. */
export interface Sample {
  readonly offer: PackageOffer;
  readonly bytes: Uint8Array;
  /** As the server names the file; null: it does not. */
  readonly etag: string | null;
}

/** What has been promised so far: all of it must be there after a power cut at any later time. */
export interface Promised {
  /** Of the state of the updates. */
  readonly generation: number;
  /** Bytes of the package that a download need not fetch again; counts until the package is switched to. */
  readonly downloaded: number;
  /** Starts of a release on trial that were counted. */
  readonly tries: number;
  /** All that is to be done is done: the package is the one that runs, say. */
  readonly done: boolean;
}

/** Parts of a download: several, so that it can break off between them. */
const PARTS = 3;

/** Brings a package onto a box, on from wherever the box is with it, and says after each step what that promises. */
export async function install(updates: Updates, { offer, bytes, etag }: Sample, promise: (promised: Promised) => void): Promise<void> {
  const isCurrent = () => Object.values(updates.state().slots).some(({ current }) => current?.sha256 === offer.sha256);
  let downloaded = 0;
  const step = () => promise({ generation: updates.state().generation, downloaded, tries: 0, done: isCurrent() });
  if (isCurrent()) return step();
  downloaded = await updates.begin(offer);
  step();
  while (updates.state().job?.phase === 'downloading' && downloaded < offer.size) {
    downloaded = await updates.append(bytes.subarray(downloaded, downloaded + Math.ceil(offer.size / PARTS)), etag);
    step();
  }
  if (updates.state().job?.phase === 'downloading') await updates.verify();
  step();
  if (updates.state().job?.phase === 'verified') await updates.stage();
  step();
  await updates.activate(true);
  step();
}
