import fs from 'node:fs';
import { advance, type UpdateEvent } from '../domain/ota/states.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import type { OtaPaths } from './paths.ts';

/**
 * What to record of a job that a restart left behind, so that it can go on from what is on the disk: a download goes
 * on behind its last byte; a verified package goes on if it is whole, and every check is made again before it is
 * unpacked; a staged release goes on if it is there, and is read again before the switch. What is not there is
 * downloaded again, or given up where it was a file that a person brought.
 */
export function repairJob(paths: OtaPaths, state: UpdateState, atMs: number): UpdateEvent[] {
  const { job } = state;
  if (!job) return [];
  const part = paths.part(job.offer.sha256);
  const length = fs.statSync(part, { throwIfNoEntry: false })?.size ?? 0;
  // More than was offered is not a beginning of it.
  if (length > job.offer.size) fs.rmSync(part, { force: true });
  const gone =
    (job.phase === 'verified' && length !== job.offer.size) ||
    (job.phase === 'staged' && job.release !== null && !fs.existsSync(paths.release(job.release.type, job.release.id)));
  const events: UpdateEvent[] = gone ? [{ kind: 'rewound' }] : [];
  const after = events.reduce(advance, state).job;
  if (after?.phase !== 'downloading' || after.offer.deployment !== '') return events;
  return [...events, { kind: 'abandoned', code: 'ota-interrupted', detail: 'The box was restarted while the file was copied', atMs }];
}
