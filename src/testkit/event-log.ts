/** What happened, in order, and a way to wait for what is to come without asking again and again. */
export function eventLog<E extends { readonly kind: string }>() {
  const all: E[] = [];
  let changed = Promise.withResolvers<void>();
  let taken = 0;
  return {
    all,
    add: (event: E): void => {
      all.push(event);
      changed.resolve();
      changed = Promise.withResolvers();
    },
    of: <K extends E['kind']>(kind: K) => all.filter((event): event is Extract<E, { kind: K }> => event.kind === kind),
    /** The next event of that kind, beginning after the last one that was waited for. */
    next: async <K extends E['kind']>(kind: K): Promise<Extract<E, { kind: K }>> => {
      for (;;) {
        const at = all.findIndex((event, index) => index >= taken && event.kind === kind);
        const event = all[at];
        if (event === undefined) await changed.promise;
        else {
          taken = at + 1;
          return event as Extract<E, { kind: K }>;
        }
      }
    },
  };
}
