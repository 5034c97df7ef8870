import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../domain/ota/states.ts';
import type { Release } from '../domain/ota/update.ts';
import { FakeClock, settle } from '../testkit/clock.ts';
import { NEW_TRIAL, putFirmware, setFirmware } from '../testkit/sample-firmware.ts';
import {
  type Ending,
  KILL_AFTER_MS,
  type LaunchHost,
  LEAST_BETWEEN_STARTS_MS,
  launch,
  REBOOT,
  START_AGAIN,
  type StopSignal,
} from './launcher.ts';
import { otaPaths } from './paths.ts';
import { readState, writeState } from './state-file.ts';

const TRIAL_MS = 60_000;
const OPTIONS = { trialMs: TRIAL_MS, tries: 3 };
const BUILT_IN = 'built-in';

let home: string;
let clock: FakeClock;
let old: Release;
let next: Release;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'launcher-'));
  clock = new FakeClock();
  old = putFirmware(home, 'V1.0.0', 'old');
  next = putFirmware(home, 'V1.1.0', 'next');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** A machine whose children end only when the test says so, with a launcher that runs on it. */
class Machine implements LaunchHost {
  readonly clock = clock;
  readonly started: string[] = [];
  readonly killed: string[] = [];
  readonly said: string[] = [];
  /** Tries on the disk at each start. */
  readonly tries: (number | undefined)[] = [];
  ending: Ending | null = null;
  #end: (ending: Ending) => void = () => {};
  #stop: (signal: StopSignal) => void = () => {};
  #wake: () => void = () => {};

  /** A launcher on this machine, up to its first start. */
  async boots(): Promise<this> {
    const next = this.#next();
    void launch(this, { ...OPTIONS, stateDir: home }).then((ending) => {
      this.ending = ending;
      this.#wake();
    });
    await next;
    return this;
  }

  start(release: Release | null) {
    this.started.push(release?.version ?? BUILT_IN);
    this.tries.push(onDisk().slots.AP.trial?.tries);
    const ended = new Promise<Ending>((resolve) => {
      this.#end = resolve;
    });
    this.#wake();
    return { ended, kill: (signal: NodeJS.Signals) => void this.killed.push(signal) };
  }

  onStop(listener: (signal: StopSignal) => void): void {
    this.#stop = listener;
  }

  say(line: string): void {
    this.said.push(line);
  }

  stop(signal: StopSignal): void {
    this.#stop(signal);
  }

  /** The child of the moment ends; the launcher has done what it does before it waits. */
  async dies(ending: Partial<Ending>): Promise<void> {
    this.#end({ code: null, signal: null, error: null, ...ending });
    await settle();
  }

  /** The child of the moment ends, and the launcher goes on to its next start or its end. */
  async ends(ending: Partial<Ending>): Promise<void> {
    const next = this.#next();
    await this.dies(ending);
    clock.advance(LEAST_BETWEEN_STARTS_MS);
    await next;
  }

  /** The next start, or the end of the launcher. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

const running = () => new Machine().boots();
const starts = async () => (await running()).started;

const onDisk = () => readState(home).state;
const confirm = () => writeState(home, advance(onDisk(), { kind: 'confirmed', type: 'AP', atMs: 0 }));
const trialOf = (release: Release, tries = 0) => setFirmware(home, { current: release, previous: old, trial: { ...NEW_TRIAL, tries } });

describe('without a trial', () => {
  it('starts the built-in tilld on a box that was never updated, and ends as it ends', async () => {
    const machine = await running();
    expect(machine.started).toEqual([BUILT_IN]);
    expect(machine.ending).toBeNull();
    await machine.ends({ code: 4 });
    expect(machine.ending).toMatchObject({ code: 4, signal: null });
    expect(machine.said).toEqual([]);
    expect(fs.existsSync(path.join(otaPaths(home).root, 'state.json'))).toBe(false);
  });

  it.each([{ code: 0 }, { code: 1 }, { signal: 'SIGSEGV' as const }])('ends as a confirmed release ends: %j', async (how) => {
    setFirmware(home, { current: next, previous: old });
    const machine = await running();
    await machine.ends(how);
    expect(machine.started).toEqual(['V1.1.0']);
    expect(machine.ending).toMatchObject(how);
    expect(onDisk().slots.AP).toMatchObject({ current: { version: 'V1.1.0' }, previous: { version: 'V1.0.0' } });
  });

  it('is not ended by the time a trial would have', async () => {
    setFirmware(home, { current: next, previous: old });
    const machine = await running();
    clock.advance(10 * TRIAL_MS);
    expect(machine.killed).toEqual([]);
  });

  it('never leaves a confirmed release, whatever number of times the power goes', async () => {
    setFirmware(home, { current: next, previous: old });
    const before = onDisk();
    for (let cycle = 0; cycle < 20; cycle++) expect(await starts()).toEqual(['V1.1.0']);
    expect(onDisk()).toEqual(before);
  });

  it('starts again by the state when the child asks for it, not more than once a second', async () => {
    setFirmware(home, { current: old });
    const machine = await running();
    trialOf(next);
    await machine.dies({ code: START_AGAIN });
    expect(machine.started).toEqual(['V1.0.0']);
    expect(clock.pending()).toBe(1);
    await machine.ends({});
    expect(machine.started).toEqual(['V1.0.0', 'V1.1.0']);
    expect(machine.ending).toBeNull();
  });
});

it.each([false, true])('leaves a reboot to whoever started it, on trial: %s', async (onTrial) => {
  if (onTrial) trialOf(next);
  else setFirmware(home, { current: old });
  const machine = await running();
  await machine.dies({ code: REBOOT });
  expect(machine.started).toHaveLength(1);
  expect([machine.ending, clock.pending()]).toEqual([expect.objectContaining({ code: REBOOT }), 0]);
  if (onTrial) expect(onDisk()).toMatchObject({ slots: { AP: { trial: { tries: 1 } } }, refused: [] });
});

describe('on trial', () => {
  it('has counted the start on the disk before it is made', async () => {
    trialOf(next);
    const machine = await running();
    await machine.ends({ code: 1 });
    expect(machine.tries).toEqual([1, 2]);
  });

  it.each<[string, Partial<Ending>]>([
    ['ends well', { code: 0 }],
    ['ends with an error', { code: 1 }],
    ['crashes', { signal: 'SIGSEGV' }],
    ['asks to be started again for ever', { code: START_AGAIN }],
    ['could not be started for want of memory', { code: 1, error: 'ENOMEM' }],
  ])('a release that %s has three starts, then the one before it comes back and the package is refused', async (_, how) => {
    trialOf(next);
    const machine = await running();
    for (let start = 1; start <= 3; start++) {
      expect(machine.started).toHaveLength(start);
      await machine.ends(how);
    }
    expect(machine.started).toEqual(['V1.1.0', 'V1.1.0', 'V1.1.0', 'V1.0.0']);
    expect(machine.ending).toBeNull();
    expect(onDisk()).toMatchObject({
      slots: { AP: { current: { version: 'V1.0.0' }, previous: null, trial: null } },
      refused: [next.sha256],
      last: { state: 'rolled-back', name: next.name, deployment: 'dep-1', code: 'ota-trial-failed', atMs: clock.wallMs() },
    });
    expect(onDisk().last?.detail).toMatch(/^not confirmed after 3 starts; the last (ended with|was ended by|could not be started)/);
  });

  it('goes back to the built-in tilld when no release was before it', async () => {
    setFirmware(home, { current: next, trial: { ...NEW_TRIAL, tries: 3 } });
    expect(await starts()).toEqual([BUILT_IN]);
    expect(onDisk()).toMatchObject({ slots: { AP: { current: null } }, refused: [next.sha256] });
  });

  it('is ended when it is not confirmed in time: asked first, then killed, and tried again', async () => {
    trialOf(next);
    const machine = await running();
    clock.advance(TRIAL_MS - 1);
    expect(machine.killed).toEqual([]);
    clock.stepWall(-365 * 86_400_000);
    clock.advance(1);
    expect(machine.killed).toEqual(['SIGTERM']);
    clock.advance(KILL_AFTER_MS - 1);
    expect(machine.killed).toEqual(['SIGTERM']);
    clock.advance(1);
    expect(machine.killed).toEqual(['SIGTERM', 'SIGKILL']);
    await machine.ends({ signal: 'SIGKILL' });
    expect(machine.started).toEqual(['V1.1.0', 'V1.1.0']);
    expect(machine.said).toEqual([`${next.name}, on trial: was not confirmed within 60 s`]);
    expect(clock.pending()).toBe(1);
  });

  it('is left alone once it is confirmed, and then ends as any confirmed release', async () => {
    trialOf(next);
    const machine = await running();
    confirm();
    clock.advance(2 * TRIAL_MS);
    expect(machine.killed).toEqual([]);
    await machine.ends({ code: 1 });
    expect(machine.started).toEqual(['V1.1.0']);
    expect(machine.ending).toMatchObject({ code: 1 });
    expect(await starts()).toEqual(['V1.1.0']);
  });

  it('loses its trial when the power goes at every start of it', async () => {
    trialOf(next);
    const started: string[] = [];
    for (let cycle = 0; cycle < 5; cycle++) started.push(...(await starts()));
    expect(started).toEqual(['V1.1.0', 'V1.1.0', 'V1.1.0', 'V1.0.0', 'V1.0.0']);
    expect(onDisk().last).toMatchObject({ code: 'ota-trial-failed', detail: 'not confirmed after 3 starts' });
  });

  it.each(['ENOENT', 'EACCES', 'ENOEXEC'])('is given up at once when the system cannot execute it (%s)', async (error) => {
    trialOf(next);
    const machine = await running();
    await machine.ends({ code: 1, error });
    expect(machine.started).toEqual(['V1.1.0', 'V1.0.0']);
    expect(onDisk()).toMatchObject({ refused: [next.sha256], last: { code: 'ota-not-executable' } });
  });
});

describe('told to end', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on, waits, and starts nothing more', async (signal) => {
    trialOf(next);
    const machine = await running();
    machine.stop(signal);
    await settle();
    expect(machine.killed).toEqual([signal]);
    expect(machine.ending).toBeNull();
    await machine.ends({ code: 0 });
    expect(machine.ending).toMatchObject({ code: 0 });
    expect(machine.started).toEqual(['V1.1.0']);
    expect(onDisk().slots.AP.trial?.tries).toBe(1);
  });

  it('ends between two starts too', async () => {
    trialOf(next);
    const machine = await running();
    await machine.dies({ code: 1 });
    machine.stop('SIGTERM');
    await settle();
    expect(machine.ending).toMatchObject({ code: 1 });
    expect(machine.started).toEqual(['V1.1.0']);
    expect(clock.pending()).toBe(0);
  });
});

describe('on a disk that takes no writes', () => {
  it('leaves a release that cannot be executed, and does not try it again', async () => {
    setFirmware(home, { current: next, previous: old });
    // A directory where the new file is to be written is an error for root too.
    fs.mkdirSync(path.join(otaPaths(home).root, 'state.json.tmp'));
    const machine = await running();
    await machine.ends({ code: 1, error: 'EACCES' });
    expect(machine.started).toEqual(['V1.1.0', 'V1.0.0']);
    await machine.ends({ code: 0 });
    expect(machine.ending).toMatchObject({ code: 0 });
  });
});
