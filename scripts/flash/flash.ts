import { statSync } from 'node:fs';
import { CallerFault } from '../../src/domain/fault.ts';
import { type CardDigest, digestOfImage } from './image-source.ts';
import { flashTarget, gigabytes, refused, requireRoom, type Target } from './target.ts';
import { verifyCard, writeCard } from './write-card.ts';

export interface FlashOptions {
  readonly image: string;
  readonly device: string;
  /** A regular file is written without a question; a disk never. */
  readonly yes: boolean;
  /** Puts a question to the person at the terminal; null when nobody is there. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Told what is being done, and how much of it is. `of`: bytes, null when unknown. */
  readonly step: (what: string, bytes: number, of: number | null) => void;
}

/**
 * Writes an image to a card and reads it back. The image is read to its end before anything is asked or written.
 * @throws CallerFault `target-refused`, `not-confirmed`; ConfigurationFault `image-damaged`; DeviceFault `card-write`, `card-differs`
 */
export async function flash({ image, device, yes, ask, step }: FlashOptions): Promise<CardDigest & { readonly target: Target }> {
  flashTarget(device);
  const digest = await digestOfImage(image, (bytes) => step('reading the image', bytes, null));
  // Looked at again: the card may have been changed or mounted in the meantime.
  const target = flashTarget(device);
  requireOther(image, target);
  requireRoom(target, digest.bytes);
  await confirm(target, digest, yes, ask);
  // And again: people take their time to answer, and may have taken out what they were asked about.
  if (flashTarget(device).identity !== target.identity) throw refused(device, 'another card than the one you were asked about', 'the same');
  await writeCard(image, target, (bytes) => step('writing', bytes, digest.bytes));
  await verifyCard(target, digest, (bytes) => step('reading it back', bytes, digest.bytes));
  return { target, ...digest };
}

/** A packed image would be overwritten while it is read. */
function requireOther(image: string, { path }: Target): void {
  const [one, other] = [image, path].map((file) => statSync(file, { throwIfNoEntry: false }));
  if (one && other && one.dev === other.dev && one.ino === other.ino) throw refused(path, 'the image itself', 'another file, or a card');
}

async function confirm({ path, kind, title, name }: Target, { bytes }: CardDigest, yes: boolean, ask: FlashOptions['ask']): Promise<void> {
  if (yes && kind === 'file') return;
  if (!ask) {
    throw notConfirmed('nobody at a terminal', kind === 'file' ? '--yes, or a terminal' : 'a terminal: a disk is not overwritten unasked');
  }
  const answer = await ask(`Everything on ${path} (${title}) will be lost. ${gigabytes(bytes)} will be written.\nType ${name} to go on: `);
  if (answer.trim() !== name) throw notConfirmed('another answer', name);
}

const notConfirmed = (found: string, expected: string): CallerFault =>
  new CallerFault('Nothing was written', { code: 'not-confirmed', found, expected });
