import type { Clock } from '../../ports/clock.ts';
import { type Check, type Examined, type Finding, fault, findingOf } from './finding.ts';

/** A check has time limits of its own, which say more; this one is for what none of them saw coming. */
const LIMIT_MS = 30_000;

/** Runs all checks at the same time. The order of the results is that of the checks; `onDone` is told of each as it comes. */
export function examine(checks: readonly Check[], clock: Clock, onDone: () => void = () => undefined): Promise<Examined[]> {
  return Promise.all(
    checks.map(async (check) => {
      const finding = await inTime(check, clock);
      onDone();
      return { code: check.code, title: check.title, ...finding };
    }),
  );
}

async function inTime(check: Check, clock: Clock): Promise<Finding> {
  const late = new AbortController();
  const limit = Promise.withResolvers<Finding>();
  const cancel = clock.after(LIMIT_MS, () => {
    late.abort();
    limit.resolve(
      fault('no-answer', `nothing within ${LIMIT_MS / 1_000} s`, { remedy: 'Look whether the device or the disk hangs: `dmesg`.' }),
    );
  });
  try {
    return await Promise.race([check.run(late.signal), limit.promise]);
  } catch (error) {
    return findingOf(error);
  } finally {
    cancel();
  }
}

/** What is asked for by several checks and found out once. */
export function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | null = null;
  return () => {
    found ??= find();
    return found;
  };
}
