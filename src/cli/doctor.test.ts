import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Examined } from '../runtime/doctor/finding.ts';
import { claimState } from '../runtime/single-instance.ts';
import { openStore } from '../store/open.ts';
import { FakeBoxApi } from '../testkit/box-api.ts';
import { testBroker } from '../testkit/broker.ts';
import { FakeClock } from '../testkit/clock.ts';
import { runTilld } from '../testkit/command-line.ts';
import { GPIOD_CHIPS } from '../testkit/gpiod-board.ts';
import { GpiodKernel } from '../testkit/gpiod-kernel.ts';
import { needsOwnMount, needsWorking } from '../testkit/needs.ts';
import { configFile, doctorText } from './doctor.ts';

const MAIN = join(import.meta.dirname, '../main.ts');
const PASSWORD = 'synthetic-password';
let folder: string;
let state: string;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-doctor-'));
  state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
});

function configured(change: Readonly<Record<string, unknown>> = {}, brokerPort = 1): string {
  const file = join(folder, 'box.json');
  const mqtt = { url: `mqtt://127.0.0.1:${brokerPort}`, username: 'box', password: PASSWORD };
  const config = {
    device: { serial: 'SBX-0001', mac: '02:00:00:00:00:0b', chipId: 'chip-0001', model: 'soundbox' },
    board: 'soundbox-sim',
    protocol: 'qris-soundbox',
    'qris-soundbox': { mqtt, deviceId: 'sbx_001', terminalId: 'term_001' },
    sale: { currency: 'IDR', minMinor: 1 },
    ...change,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

async function examine(...args: readonly string[]) {
  const { code, out, err } = await runTilld(['doctor', '--state', state, '--json', ...args], { env: { PATH: process.env.PATH ?? '' } });
  return { ...byCode(out), code, out, err };
}

function byCode(out: string): { readonly ok: boolean; readonly of: (code: string) => Examined | undefined; readonly faults: string[] } {
  const { ok, findings } = JSON.parse(out) as { readonly ok: boolean; readonly findings: readonly Examined[] };
  return {
    ok,
    of: (code) => findings.find((one) => one.code === code),
    faults: findings.filter(({ verdict }) => verdict === 'fault').map(({ code }) => code),
  };
}

describe('tilld doctor', () => {
  it('finds nothing at fault with a box that is in order, and says nothing secret', async () => {
    const broker = await testBroker();
    cleanups.push(() => broker.stop());
    const store = openStore({ file: join(state, 'tilld.db'), boot: 'b', clock: new FakeClock(), reserveMiB: 1 });
    store.close();
    const before = readdirSync(state);
    const { code, ok, faults, of, out, err } = await examine('--config', configured({}, broker.port));
    expect([code, ok, faults, err]).toEqual([0, true, [], '']);
    expect(of('journal')).toMatchObject({ verdict: 'ok', found: expect.stringContaining('0 entries') });
    expect(of('broker-login')).toMatchObject({ verdict: 'ok', found: 'let in as box' });
    expect(out).not.toContain(PASSWORD);
    expect(readdirSync(state)).toEqual(before);
  });

  it('lists every fault of a configuration, and goes on with the machine', async () => {
    const { code, of, faults } = await examine('--config', configured({ protocol: 'qris', sale: { currency: 'IDR', minMinor: -1 } }));
    expect(code).toBe(1);
    expect(faults).toContain('configuration');
    expect(of('configuration')).toMatchObject({
      reason: 'config-invalid',
      found: expect.stringMatching(/\$\.protocol: [\s\S]*\$\.sale\.minMinor: /),
    });
    expect([of('board')?.verdict, of('state-directory')?.verdict]).toEqual(['skipped', 'ok']);
    expect(of('broker-reach')).toBeUndefined();
  });

  it('names a board that is not known, and a file that is not there', async () => {
    expect((await examine('--config', configured({ board: 'no-such-board' }))).of('board')).toMatchObject({
      verdict: 'fault',
      reason: 'board-unknown',
    });
    expect((await examine('--config', join(folder, 'none.json'))).of('configuration')).toMatchObject({
      verdict: 'fault',
      reason: 'config-unreadable',
    });
  });

  it('looks at pins that nobody has, and asks nothing of those of a box that runs', async () => {
    const kernel = new GpiodKernel({ generation: 2, persists: true, chips: GPIOD_CHIPS, clock: new FakeClock() });
    const { env } = await kernel.start();
    cleanups.push(() => kernel.stop());
    const board = join(folder, 'board.json');
    const inputs = { coin: { chip: 'pinctrl-test', line: 'GPIO17', idle: 'high' } };
    const display = { width: 320, height: 240 };
    writeFileSync(
      board,
      JSON.stringify({
        name: 'b',
        title: 'B',
        hardware: 'libgpiod',
        inputs,
        outputs: {},
        acceptors: [],
        delivery: null,
        buttons: {},
        display,
      }),
    );
    const api = new FakeBoxApi();
    await api.up();
    cleanups.push(() => api.down());
    const config = configured({ board, api: { port: api.port } });
    const look = async () => byCode((await runTilld(['doctor', '--state', state, '--config', config, '--json'], { env })).out);
    expect((await look()).of('input-line')).toMatchObject({ verdict: 'ok', found: 'gpiochip0 line 17, high now' });
    const calls = kernel.calls.length;
    cleanups.push(await claimState(state));
    const running = await look();
    expect(running.of('box')).toMatchObject({ verdict: 'ok', found: expect.stringContaining('ready for QR, cash') });
    expect([running.of('input-line')?.verdict, running.of('journal')?.verdict]).toEqual(['skipped', 'skipped']);
    expect(running.of('broker-login')).toMatchObject({ verdict: 'ok', found: 'the box that runs is connected' });
    expect(kernel.calls.slice(calls).filter((call) => !call.endsWith('--version'))).toEqual([]);
  });

  it('writes for people, with what to do', async () => {
    const { code, out } = await runTilld(['doctor', '--state', state, '--config', configured()], { env: { PATH: process.env.PATH ?? '' } });
    expect(code).toBe(1);
    expect(out).toMatch(/FAULT {4}Broker 127\.0\.0\.1:1: .* \[peer-refused-connection\]\n {9}expected: .*\n {9}to do: .*nc -vz/);
    expect(out).toMatch(/\n\d+ examined: \d+ ok, \d+ to look at, \d+ at fault, \d+ left out\n$/);
  });

  it.each([[['--all']], [['more']], [['--config']]])('exits 2 on the arguments %j', async (args) => {
    expect((await runTilld(['doctor', ...args])).code).toBe(2);
  });

  it('says once what is wrong with several things in the same way', () => {
    const missing = { verdict: 'fault', reason: 'gpio-chip-missing', found: 'no chip', remedy: 'Look.' } as const;
    const well = { verdict: 'ok', found: 'there' } as const;
    const text = doctorText([
      { code: 'input-line', title: 'Input a', ...missing },
      { code: 'touch', title: 'Touch', ...well },
      { code: 'output-line', title: 'Output b', ...missing },
      { code: 'display', title: 'Screen', ...well },
    ]);
    expect(text.split('\n')).toEqual([
      'FAULT    Input a, Output b: no chip [gpio-chip-missing]',
      '         to do: Look.',
      'ok       Touch: there',
      'ok       Screen: there',
      '',
      '4 examined: 2 ok, 0 to look at, 2 at fault, 0 left out',
    ]);
  });

  it('lets nothing that others wrote steer the terminal', () => {
    expect(doctorText([{ code: 'sound', title: 'Card', verdict: 'ok', found: 'a\u{1b}[2Jb\nc' }])).toContain(
      'Card: a\u{fffd}[2Jb\n         c',
    );
  });
});

/** As a process of its own, by a shell that has put the machine in order before. */
function onMachine(command: string): ReturnType<typeof byCode> & { readonly code: number | null } {
  const run = spawnSync(
    '/usr/bin/unshare',
    ['-Urm', 'sh', '-c', `${command} && exec "$@"`, 'sh', process.execPath, MAIN, 'doctor', '--state', state, '--json'],
    {
      encoding: 'utf8',
    },
  );
  expect(run.stderr).toBe('');
  return { ...byCode(run.stdout), code: run.status };
}

const mounts = needsOwnMount();
describe.skipIf(mounts.missing)(`on another disk${mounts.why}`, () => {
  it('tells one that is full', () => {
    const { code, of } = onMachine(
      `mount -t tmpfs -o size=4m,mode=700 none '${state}' && { head -c 9m /dev/zero > '${state}/fill' 2> /dev/null || true; }`,
    );
    expect([code, of('state-space')?.reason, of('state-filesystem')?.reason]).toEqual([1, 'disk-full', 'filesystem-in-memory']);
  });

  it('tells one without inodes', () => {
    const { of } = onMachine(`mount -t tmpfs -o nr_inodes=50,mode=700 none '${state}'`);
    expect(of('state-inodes')).toMatchObject({ verdict: 'fault', reason: 'inodes-gone', found: '49 of 50' });
  });

  it('tells one that is mounted read-only', () => {
    const { code, of } = onMachine(`mount -t tmpfs -o mode=700 none '${state}' && mount -o remount,ro '${state}'`);
    expect([code, of('state-writable')?.reason]).toEqual([1, 'state-read-only']);
  });
});

it('a configuration that this user may not look for is not said to be missing', () => {
  const file = join(folder, 'tilld.json');
  expect(configFile(undefined, {}, file)).toBe(null);
  // As /etc/tilld of a package, which only root and the box may enter.
  symlinkSync(file, file);
  expect(configFile(undefined, {}, file)).toBe(file);
});

const setpriv = needsWorking('only root may become somebody else', [
  '/usr/bin/setpriv',
  '--reuid=65534',
  '--clear-groups',
  process.execPath,
  '--version',
]);
it.skipIf(setpriv.missing)(`somebody else is told whose the box is${setpriv.why}`, () => {
  chmodSync(folder, 0o755);
  const run = spawnSync(
    '/usr/bin/setpriv',
    ['--reuid=65534', '--clear-groups', process.execPath, MAIN, 'doctor', '--state', state, '--json'],
    {
      encoding: 'utf8',
      cwd: '/',
    },
  );
  expect(run.stderr).toBe('');
  const { of } = byCode(run.stdout);
  expect(of('state-directory')).toMatchObject({
    verdict: 'fault',
    reason: 'state-of-another',
    remedy: expect.stringMatching(/(?:sudo -u root|runuser -u root --) tilld doctor/),
  });
  // Neither is the disk at fault, nor should anybody take the folder away from the box.
  for (const code of ['state-writable', 'journal']) {
    expect(of(code)).toMatchObject({ verdict: 'skipped', found: expect.stringContaining('another user') });
  }
  expect(of('state-space')).toMatchObject({ found: expect.stringMatching(/^\d+ MiB$/) });
});
