import { expect, it } from 'vitest';
import { emptyTill, type Till } from '../domain/till/state.ts';
import { FakeClock, settle } from '../testkit/clock.ts';
import { whenQuiet } from './quiet.ts';
import type { TillService } from './till.ts';

it('is not quiet while a ticket is printed', async () => {
  let state: Till = { ...emptyTill('GBP'), tickets: { t1: 's1' } };
  const listeners = new Set<() => void>();
  const till = {
    get state() {
      return state;
    },
    onCommitted: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as TillService;
  let quiet: boolean | null = null;
  void whenQuiet(till, new FakeClock(), new AbortController().signal).then((value) => {
    quiet = value;
  });
  await settle();
  expect(quiet).toBeNull();
  state = emptyTill('GBP');
  for (const listener of listeners) listener();
  await settle();
  expect(quiet).toBe(true);
});
