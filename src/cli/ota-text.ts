import type { PackageType, Slot, UpdateState } from '../domain/ota/update.ts';
import { columns } from './columns.ts';

/** What a person calls the two kinds of packages. */
export const KINDS: Readonly<Record<PackageType, string>> = { AP: 'firmware', CUST: 'resource' };

/** All that is known of a box's updates, a line each. */
export function updatesText({ slots, job, last, refused }: UpdateState): string {
  const rows = [
    ['Firmware', slotText(slots.AP)],
    ['Resource', slotText(slots.CUST)],
    ['Under way', job ? `${job.offer.name}, ${job.phase}${fromText(job.offer.deployment)}` : 'nothing'],
    ...(last ? [['Last', lastText(last)]] : []),
    ...(refused.length > 0
      ? [['Not again', `${refused.length} ${refused.length === 1 ? 'package' : 'packages'} that failed on this box`]]
      : []),
  ];
  return columns(rows).map(printable).join('\n');
}

function slotText({ current, previous, trial }: Slot): string {
  if (!current) return "tilld's own";
  const starts = trial?.tries === 1 ? '1 start' : `${trial?.tries} starts`;
  const state = trial ? `on trial (${starts})${fromText(trial.deployment ?? '')}` : 'confirmed';
  return `${current.version}, ${state}; before it ${previous?.version ?? "tilld's own"}`;
}

function lastText({ state, name, deployment, code, detail, atMs }: NonNullable<UpdateState['last']>): string {
  const why = code === '' ? '' : `: ${[code, detail].filter(Boolean).join(', ')}`;
  return `${name} ${state}${fromText(deployment ?? '')} ${new Date(atMs).toISOString()}${why}`;
}

const fromText = (deployment: string): string => (deployment === '' ? '' : `, by ${deployment}`);

/** Names and details come from strangers: nothing in them may steer the terminal. */
const printable = (line: string): string => line.replace(/\p{C}/gu, '\u{fffd}');
