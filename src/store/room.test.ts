import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../testkit/clock.ts';
import { openStore } from './open.ts';

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'tilld-room-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

it('says how much of its size limit the journal uses, not counting what was freed', () => {
  const store = openStore({ file: path.join(home, 'tilld.db'), boot: 'boot-1', clock: new FakeClock(), maxMiB: 4, reserveMiB: 1 });
  const empty = store.fillPercent();
  expect(empty).toBeLessThan(10);
  const names = Array.from({ length: 32 }, (_, n) => `fact-${n}`);
  const facts = (value: string | null) => Object.fromEntries(names.map((name) => [name, value]));
  store.commit({ entries: [], facts: facts('x'.repeat(64 * 1024)) });
  const half = store.fillPercent();
  expect(half).toBeGreaterThanOrEqual(50);
  expect(half).toBeLessThan(60);
  store.commit({ entries: [], facts: facts(null) });
  expect(store.fillPercent()).toBe(empty);
  store.close();
});
