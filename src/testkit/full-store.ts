import { StoreFault } from '../domain/store-fault.ts';
import type { Commit, Store } from '../ports/store.ts';

/** For `TestBoxOptions.wrapStore`: a store that refuses commits while `full` is set, as a disk without room does. */
export const fullWhile =
  (state: { readonly full: boolean }) =>
  (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'commit') {
          return (commit: Commit) => {
            if (state.full) throw new StoreFault('The disk is full', { code: 'store-full', outcome: 'refused' });
            return target.commit(commit);
          };
        }
        if (name === 'probe') return () => (state.full ? 'disk-full' : target.probe());
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
