import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../store/open.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { type DoctorWorld, doctorWorld, findingOfCheck } from '../../testkit/doctor-world.ts';
import { mountOf, worthOf } from './mounts.ts';
import { journalFinding, stateChecks } from './state.ts';

let world: DoctorWorld;
let state: string;
const me = process.getuid?.() ?? 0;
beforeEach(() => {
  world = doctorWorld({ person: { uid: me, gids: [0] } });
  state = world.folder('box');
  chmodSync(state, 0o700);
});
afterEach(() => world.remove());

const find = (code: string, at = state) => findingOfCheck(stateChecks(world, at), code);

describe('the state directory', () => {
  it('is in order when it is private, writable and has room', async () => {
    for (const code of ['state-directory', 'state-writable', 'state-inodes']) expect(await find(code)).toMatchObject({ verdict: 'ok' });
    expect((await find('state-space')).found).toMatch(/^\d+ MiB$/);
  });

  it('may be missing where the box can make it', async () => {
    const missing = join(state, 'a', 'b');
    expect(await find('state-directory', missing)).toMatchObject({ verdict: 'ok', found: expect.stringContaining('makes it') });
    expect(await find('state-writable', missing)).toMatchObject({ verdict: 'skipped' });
  });

  it('is private', async () => {
    chmodSync(state, 0o755);
    expect(await find('state-directory')).toMatchObject({
      verdict: 'warning',
      reason: 'state-open',
      remedy: expect.stringContaining(`chmod 700 ${state}`),
    });
  });

  it('belongs to whoever asks, who is named', async () => {
    world.put('etc/passwd', `${me === 0 ? 'root' : 'me'}:x:${me}:\nbox:x:4321:\n`);
    const checks = stateChecks({ ...world, person: { uid: 4_321, gids: [] } }, state);
    expect(await findingOfCheck(checks, 'state-directory')).toMatchObject({
      verdict: 'fault',
      reason: 'state-of-another',
      found: expect.stringContaining('this is box'),
      remedy: expect.stringMatching(/sudo -u (root|me) tilld doctor/),
    });
  });

  it('is a directory', async () => {
    expect(await find('state-directory', world.put('file'))).toMatchObject({ verdict: 'fault', reason: 'state-not-a-directory' });
  });
});

describe('the file system', () => {
  const mount = (options: string, type: string) =>
    `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 8:2 / ${state} ${options} shared:1 - ${type} /dev/sda2 ${options}\n`;

  it.each([
    ['ext4', 'ok', undefined],
    ['tmpfs', 'fault', 'filesystem-in-memory'],
    ['nfs4', 'fault', 'filesystem-unfit'],
    ['vfat', 'fault', 'filesystem-unfit'],
    ['overlay', 'warning', 'filesystem-unknown'],
  ])('%s: %s', async (type, verdict, reason) => {
    world.put('proc/self/mountinfo', mount('rw', type));
    const { verdict: found, reason: why } = await find('state-filesystem');
    expect([found, why]).toEqual([verdict, reason]);
  });

  it('is mounted to be written', async () => {
    world.put('proc/self/mountinfo', mount('ro', 'ext4'));
    expect(await find('state-writable')).toMatchObject({
      verdict: 'fault',
      reason: 'state-read-only',
      remedy: expect.stringContaining('remount,rw'),
    });
  });

  it('is not known where the kernel does not tell', async () => {
    expect(await find('state-filesystem')).toMatchObject({ verdict: 'skipped' });
  });
});

it.each([
  ['/data/box', '/data', 'xfs', false],
  ['/data2', '/', 'ext4', false],
  ['/a b/c', '/a b', 'vfat', true],
  ['/over', '/over', 'tmpfs', false],
])('finds the mount below %s', (path, point, type, readOnly) => {
  const text = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw',
    '23 22 8:2 / /data rw - xfs /dev/sda2 rw',
    '24 22 8:3 / /a\\040b ro,noatime - vfat /dev/sda3 rw',
    '25 22 8:4 / /over rw - ext4 /dev/sda4 rw',
    '26 25 0:9 / /over rw master:2 - tmpfs tmpfs rw',
    'nonsense',
  ].join('\n');
  expect(mountOf(text, path)).toMatchObject({ point, type, readOnly });
});

it('knows no mount where none is told, and no worth of what it does not know', () => {
  expect([mountOf('', '/x'), worthOf('zzz')]).toEqual([null, 'unknown']);
});

describe('the wear of a card', () => {
  const disk = (files: Readonly<Record<string, string>>) => {
    const { dev } = statSync(state);
    const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
    const part = world.folder('sys/devices/mmcblk0/mmcblk0p2');
    mkdirSync(join(part, '../device'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(part, '../device', name), `${text}\n`);
    symlinkSync(part, join(world.folder('sys/dev/block'), number));
  };

  it.each([
    [{ life_time: '0x01 0x02', pre_eol_info: '0x01' }, 'ok', undefined],
    [{ life_time: '0x09 0x02' }, 'warning', 'disk-worn'],
    [{ life_time: '0x02 0x02', pre_eol_info: '0x02' }, 'warning', 'disk-worn'],
    [{ life_time: '0x0b 0x01' }, 'fault', 'disk-worn-out'],
    [{ life_time: '0x02 0x02', pre_eol_info: '0x03' }, 'fault', 'disk-worn-out'],
    [{ life_time: 'rubbish' }, 'skipped', undefined],
  ])('%j: %s', async (files, verdict, reason) => {
    disk(files as Readonly<Record<string, string>>);
    const finding = await find('disk-wear');
    expect([finding.verdict, finding.reason]).toEqual([verdict, reason]);
  });

  it('is not told by most', async () => {
    expect(await find('disk-wear')).toMatchObject({ verdict: 'skipped' });
  });
});

describe('the journal', () => {
  it('is none yet on a new box', async () => {
    expect(await journalFinding(state, () => undefined)).toMatchObject({ verdict: 'ok', found: expect.stringContaining('none yet') });
  });

  it('is looked through', async () => {
    const clock = new FakeClock();
    const store = openStore({ file: join(state, 'tilld.db'), boot: 'b', clock, reserveMiB: 1 });
    store.commit({ entries: [{ kind: 'charge.requested', sale: 's', request: 'r', amountMinor: 5 }] });
    store.close();
    let lived = 0;
    expect(await journalFinding(state, (untilMs) => (lived = untilMs))).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining('1 entries'),
    });
    expect(lived).toBe(clock.wallMs());
  });

  it('that changes under the eye is not called damaged', async () => {
    const file = join(state, 'tilld.db');
    writeFileSync(file, 'not a database '.repeat(500));
    const looking = journalFinding(state, () => undefined);
    // The look itself begins when its module is loaded.
    writeFileSync(`${file}-wal`, '');
    expect(await looking).toMatchObject({ verdict: 'warning', reason: 'journal-changed' });
  });

  it('is said to be damaged, with what to do', async () => {
    writeFileSync(join(state, 'tilld.db'), 'not a database '.repeat(500));
    expect(await journalFinding(state, () => undefined)).toMatchObject({
      verdict: 'fault',
      reason: 'store-damaged',
      remedy: expect.stringContaining('copy'),
    });
  });
});
