import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Release } from './domain/ota/update.ts';
import { readState } from './ota/state-file.ts';
import { createUpdates } from './ota/updates.ts';
import { VERSION } from './runtime/version.ts';
import { policyOf } from './testkit/powercut/policy.ts';
import { NEW_TRIAL, putFirmware, setFirmware } from './testkit/sample-firmware.ts';

const LAUNCH = fileURLToPath(new URL('launch.ts', import.meta.url));
const POWER_CYCLES = 20;

let home: string;
let log: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'launch-'));
  log = path.join(home, 'log');
  fs.writeFileSync(log, '');
});

afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** A release that writes its version to the log once it has started, and then does what the script says. */
function release(version: string, script: string, starting = ''): Release {
  return putFirmware(home, version, `#!/bin/sh\n${starting}\necho ${version} >>'${log}'\n${script}\n`);
}

const onTrial = (script: string, starting?: string) =>
  setFirmware(home, { current: release('V1.1.0', script, starting), previous: release('V1.0.0', 'exit 0'), trial: NEW_TRIAL });

/** Runs in a process group of its own, so that all of it can be cut off at once. */
const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [LAUNCH, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });

async function run(...args: string[]): Promise<{ code: number | null; signal: string | null; out: string; err: string }> {
  const child = start(...args);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, out, err };
}

const launched = (...options: string[]) => run('--state', home, ...options, '--', 'run', '--config', 'box.json');
const starts = () => fs.readFileSync(log, 'utf8').split('\n').slice(0, -1);

/** Waits until the log has so many lines. */
async function logged(lines: number): Promise<void> {
  const watcher = fs.watch(log);
  try {
    while (starts().length < lines) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

/** The power goes once the release has started. */
async function powerCycle(): Promise<void> {
  const lines = starts().length;
  const child = start('--state', home, '--', 'run');
  const ended = once(child, 'exit');
  await logged(lines + 1);
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await ended;
}

describe('a release on trial', () => {
  const rolledBack = async (detail: RegExp) => {
    const { slots, refused, last } = readState(home).state;
    expect(slots.AP).toMatchObject({ current: { version: 'V1.0.0' }, previous: null, trial: null });
    expect(refused).toHaveLength(1);
    expect(last).toMatchObject({ state: 'rolled-back', code: 'ota-trial-failed', detail: expect.stringMatching(detail) });
    const offer = { deployment: 'dep-2', name: last?.name ?? '', size: 9, sha256: refused[0] ?? '', path: '/p', permitDowngrade: false };
    const updates = createUpdates({ directory: home, policy: policyOf(''), wallMs: () => 0 });
    await expect(updates.begin({ ...offer, deadlineMs: null })).rejects.toMatchObject({ code: 'ota-failed-before' });
  };

  it('that crashes is rolled back', async () => {
    onTrial('kill -SEGV $$');
    const { code, err } = await launched();
    expect({ code, starts: starts() }).toEqual({ code: 0, starts: ['V1.1.0', 'V1.1.0', 'V1.1.0', 'V1.0.0'] });
    expect(err).toContain('tilld-launch: AP_DS50-MQ_ACME_V1.1.0.zip, on trial: was ended by SIGSEGV\n');
    await rolledBack(/the last was ended by SIGSEGV/);
  });

  it('that never confirms itself is ended, and rolled back', async () => {
    onTrial('exec sleep 100');
    const { code } = await launched('--trial-seconds', '1', '--tries', '2');
    expect({ code, starts: starts() }).toEqual({ code: 0, starts: ['V1.1.0', 'V1.1.0', 'V1.0.0'] });
    await rolledBack(/the last was not confirmed within 1 s/);
  });

  it('that hangs, deaf to SIGTERM, is killed, and rolled back', async () => {
    onTrial('exec sleep 100', "trap '' TERM");
    const { code } = await launched('--trial-seconds', '1', '--tries', '1');
    expect({ code, starts: starts() }).toEqual({ code: 0, starts: ['V1.1.0', 'V1.0.0'] });
    await rolledBack(/the last was not confirmed within 1 s/);
  });

  it('that the kernel cannot execute is left at once', async () => {
    setFirmware(home, {
      current: putFirmware(home, 'V1.1.0', '#!/nowhere/interpreter\n'),
      previous: release('V1.0.0', 'exit 0'),
      trial: NEW_TRIAL,
    });
    await launched();
    expect(starts()).toEqual(['V1.0.0']);
    expect(readState(home).state.last).toMatchObject({ code: 'ota-not-executable' });
  });

  it('that loses its power at every start is rolled back after the limit', async () => {
    onTrial('exec sleep 100');
    for (let cycle = 0; cycle < 4; cycle++) await powerCycle();
    expect(starts()).toEqual(['V1.1.0', 'V1.1.0', 'V1.1.0', 'V1.0.0']);
    await rolledBack(/^not confirmed after 3 starts$/);
  });

  it(`that confirmed itself is not rolled back by ${POWER_CYCLES} power cycles`, { timeout: 60_000 }, async () => {
    const at = (file: string) => JSON.stringify(pathToFileURL(path.join(import.meta.dirname, file)).href);
    const image = `#!${process.execPath}
      void (async () => {
        const { readState, writeState } = await import(${at('ota/state-file.ts')});
        const { advance } = await import(${at('domain/ota/states.ts')});
        const { state } = readState(${JSON.stringify(home)});
        if (state.slots.AP.trial) writeState(${JSON.stringify(home)}, advance(state, { kind: 'confirmed', type: 'AP', atMs: 0 }));
        require('node:fs').appendFileSync(${JSON.stringify(log)}, 'V1.1.0\\n');
        setTimeout(() => {}, 100_000);
      })();`;
    setFirmware(home, { current: putFirmware(home, 'V1.1.0', image), previous: release('V1.0.0', 'exit 0'), trial: NEW_TRIAL });
    await powerCycle();
    const confirmed = readState(home).state;
    expect(confirmed).toMatchObject({ slots: { AP: { trial: null } }, last: { state: 'confirmed' } });
    for (let cycle = 0; cycle < POWER_CYCLES; cycle++) await powerCycle();
    expect(starts()).toEqual(Array.from({ length: POWER_CYCLES + 1 }, () => 'V1.1.0'));
    expect(readState(home).state).toEqual(confirmed);
  });
});

describe('tilld-launch', () => {
  it('gives the release its arguments, its own id, and the terminal', async () => {
    const current = release('V1.0.0', 'echo "$TILLD_LAUNCHED $TILLD_RELEASE $*"; exit 3');
    setFirmware(home, { current });
    expect(await launched()).toEqual({ code: 3, signal: null, out: `1 ${current.id} run --config box.json\n`, err: '' });
  });

  it('starts the tilld it came with on a box without a release', async () => {
    expect(await run('--state', home, '--', '--version')).toEqual({ code: 0, signal: null, out: `${VERSION}\n`, err: '' });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('passes %s on and waits for the release to end', async (signal) => {
    setFirmware(home, { current: release('V1.0.0', 'while :; do sleep 0.05; done', "trap 'echo stopped; exit 9' TERM INT HUP") });
    const child = start('--state', home, '--', 'run');
    let out = '';
    child.stdout?.on('data', (text) => {
      out += text;
    });
    const closed = once(child, 'close');
    await logged(1);
    child.kill(signal);
    expect(await closed).toEqual([9, null]);
    expect(out).toBe('stopped\n');
  });

  it('ends by the signal that ended the release', async () => {
    setFirmware(home, { current: release('V1.0.0', 'kill -TERM $$') });
    expect(await launched()).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('has help, and says what is wrong with a command line', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('--trial-seconds N') });
    const [missing, wrong] = await Promise.all([run('--', 'run'), run('--state', home, '--tries', '0', '--', 'run')]);
    expect(missing).toEqual({
      code: 2,
      signal: null,
      out: '',
      err: 'tilld-launch: --state is missing; expected --state DIR. See `tilld-launch --help`.\n',
    });
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('--tries is not usable; found "0"') });
  });
});
