import type { Store } from '../../ports/store.ts';

/** Where a process is killed: at its n-th commit (from 1), before it is made or right after, ahead of every effect. */
export interface KillPoint {
  readonly commit: number;
  readonly when: 'before' | 'after';
}

/** Text form for an environment variable: `3:after`. */
export const killPointText = ({ commit, when }: KillPoint): string => `${commit}:${when}`;

export function parseKillPoint(text: string | undefined): KillPoint | null {
  const match = /^(\d+):(before|after)$/.exec(text ?? '');
  return match ? { commit: Number(match[1]), when: match[2] as KillPoint['when'] } : null;
}

/**
 * A store whose process dies by SIGKILL at the kill point: nothing after it runs, not even an exit handler. `count` is
 * told the number of every commit that is begun.
 */
export function dyingStore(store: Store, point: KillPoint | null, count: (commits: number) => void): Store {
  const commit = store.commit.bind(store);
  let commits = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');
  store.commit = (what) => {
    commits++;
    count(commits);
    if (commits === point?.commit && point.when === 'before') die();
    const recorded = commit(what);
    if (commits === point?.commit && point.when === 'after') die();
    return recorded;
  };
  return store;
}
