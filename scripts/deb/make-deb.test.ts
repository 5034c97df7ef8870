import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REBOOT } from '../../src/ota/launcher.ts';
import { BOARDS_DIR, loadBoard, parseBoard } from '../../src/runtime/board.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { checkProducts } from '../../src/runtime/products.ts';
import { needs } from '../../src/testkit/needs.ts';
import type { Arch } from './arch.ts';
import { type Deb, type DebOptions, makeDeb } from './make-deb.ts';

const dpkg = needs('/usr/bin/dpkg-deb', 'dpkg');
const lintian = needs('/usr/bin/lintian', 'lintian');
const systemd = needs('/usr/bin/systemd-analyze', 'systemd');
const BUILT_AT = 1_700_000_000;
/** The machine in an ELF header, which stands at 18. */
const MACHINE = { amd64: 0x3e, arm64: 0xb7 };

let folder: string;
let deb: Deb;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-deb-'));
  if (!dpkg.missing) deb = await made('first', 'amd64');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A small program that is of the architecture by its header, instead of the 130 MB. */
function standIn(name: string, arch: Arch): string {
  const bytes = readFileSync('/usr/bin/true');
  bytes.writeUInt16LE(MACHINE[arch], 18);
  const file = join(folder, name);
  writeFileSync(file, bytes, { mode: 0o700 });
  return file;
}

function made(name: string, arch: Arch, options: Partial<DebOptions> = {}): Promise<Deb> {
  const executable = standIn(`${name}-executable`, arch);
  const words = { version: '1.2.3', builtAt: BUILT_AT, licences: 'Terms of others.\n', sbom: '{}\n' };
  return makeDeb({ arch, compression: 'xz', out: join(folder, name), executable, ...words, ...options });
}

const run = (program: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
  if (status !== 0) throw new RangeError(`${program} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
};
const contentOf = (path: string): string => run('sh', '-c', 'dpkg-deb --fsys-tarfile "$1" | tar -xO "./$2"', 'sh', deb.file, path);

describe.skipIf(dpkg.missing)(`the package${dpkg.why}`, () => {
  test('holds these files, for root, of one time', () => {
    const rows = run('dpkg-deb', '-c', deb.file).trim().split('\n');
    const columns = rows.map((row) => row.split(/\s+/));
    expect([...new Set(columns.map(([, owner, , day, time]) => `${owner} ${day} ${time}`))]).toEqual(['root/root 2023-11-14 22:13']);
    expect([...new Set(columns.flatMap(([mode, , , , , path]) => (path?.endsWith('/') ? [mode] : [])))]).toEqual(['drwxr-xr-x']);
    expect(columns.flatMap(([mode, , , , , path = '']) => (path.endsWith('/') ? [] : [`${mode} ${path.slice(1)}`]))).toEqual([
      '-rw-r--r-- /etc/tilld/tilld.json',
      '-rwxr-xr-x /usr/bin/tilld',
      '-rwxr-xr-x /usr/bin/tilld-launch',
      '-rw-r--r-- /usr/lib/systemd/system/tilld.service',
      '-rw-r--r-- /usr/lib/sysusers.d/tilld.conf',
      '-rw-r--r-- /usr/lib/udev/rules.d/60-tilld-gpio.rules',
      '-rw-r--r-- /usr/share/doc/tilld/README.Debian',
      '-rw-r--r-- /usr/share/doc/tilld/THIRD-PARTY.txt.gz',
      '-rw-r--r-- /usr/share/doc/tilld/changelog.gz',
      '-rw-r--r-- /usr/share/doc/tilld/copyright',
      '-rw-r--r-- /usr/share/doc/tilld/tilld.cdx.json',
      '-rw-r--r-- /usr/share/lintian/overrides/tilld',
      '-rw-r--r-- /usr/share/man/man8/tilld-launch.8.gz',
      '-rw-r--r-- /usr/share/man/man8/tilld.8.gz',
      '-rw-r--r-- /usr/share/tilld/boards/board.schema.json',
      '-rw-r--r-- /usr/share/tilld/boards/ds50.json',
      '-rw-r--r-- /usr/share/tilld/boards/raspberry-pi-3.json',
      '-rw-r--r-- /usr/share/tilld/boards/raspberry-pi-4.json',
      '-rw-r--r-- /usr/share/tilld/boards/raspberry-pi-5.json',
      '-rw-r--r-- /usr/share/tilld/boards/raspberry-pi-zero-2w.json',
      '-rw-r--r-- /usr/share/tilld/tilld.json',
    ]);
  });

  test('says what it is, what it needs, and which file its owner edits', () => {
    const about = run('dpkg-deb', '-f', deb.file);
    for (const line of ['Package: tilld', 'Version: 1.2.3', 'Architecture: amd64', 'Recommends: alsa-utils']) expect(about).toContain(line);
    expect(about).toMatch(/^Depends: .*\bgpiod\b.*\bsystemd\b/m);
    const control = join(folder, 'control');
    run('dpkg-deb', '-e', deb.file, control);
    expect(readdirSync(control).sort()).toEqual(['conffiles', 'control', 'md5sums', 'postinst', 'postrm', 'prerm']);
    expect(readFileSync(join(control, 'conffiles'), 'utf8')).toBe('/etc/tilld/tilld.json\n');
    for (const name of ['postinst', 'postrm', 'prerm']) run('sh', '-n', join(control, name));
    const unpacked = join(folder, 'unpacked');
    run('dpkg-deb', '-x', deb.file, unpacked);
    run('sh', '-c', `cd "$1" && md5sum --quiet -c ../control/md5sums`, 'sh', unpacked);
  });

  test('the same contents make the same bytes, in another folder under another umask; others make others', async () => {
    const umask = process.umask(0o077);
    const again = await made('second', 'amd64').finally(() => process.umask(umask));
    expect(again.sha256).toBe(deb.sha256);
    expect((await made('later', 'amd64', { builtAt: BUILT_AT + 1 })).sha256).not.toBe(deb.sha256);
  });

  test('list and licences of what is built in lie beside it, and nothing else', () => {
    expect(readdirSync(join(folder, 'first')).sort()).toEqual([
      'tilld_1.2.3_amd64.THIRD-PARTY.txt',
      'tilld_1.2.3_amd64.cdx.json',
      'tilld_1.2.3_amd64.deb',
    ]);
    expect([readFileSync(deb.sbom, 'utf8'), readFileSync(deb.licences, 'utf8')]).toEqual(['{}\n', 'Terms of others.\n']);
  });

  test('arm64 by zstd', async () => {
    const other = await made('arm', 'arm64', { compression: 'zstd' });
    expect(run('dpkg-deb', '-f', other.file, 'Architecture')).toBe('arm64\n');
  });

  test('an executable of another architecture, or of none, is refused, and nothing is left', async () => {
    const refused = (executable: string) => made('refused', 'arm64', { executable }).catch((error: unknown) => error);
    expect(await refused(standIn('other', 'amd64'))).toMatchObject({ code: 'executable-differs', found: 'a program for amd64' });
    mkdirSync(join(folder, 'texts'));
    const text = join(folder, 'texts', 'script');
    writeFileSync(text, '#!/bin/sh\n');
    expect(await refused(text)).toMatchObject({ code: 'executable-differs', found: 'no 64-bit ELF program' });
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  test('the configuration it brings is in order on a Raspberry Pi 4, and the same that the service compares it with', () => {
    const text = contentOf('etc/tilld/tilld.json');
    expect(contentOf('usr/share/tilld/tilld.json')).toBe(text);
    const machine = () => ({ serial: '10000000a1b2c3d4', mac: '02:00:00:00:00:01', model: 'Raspberry Pi 4 Model B' });
    const settings = parseConfig(text, 'tilld.json', {}, machine);
    checkProducts('tilld.json', settings, loadBoard(settings.board, BOARDS_DIR));
    expect(settings.board).toBe('raspberry-pi-4');
  });

  test('the boards to copy are those that tilld knows by these names', () => {
    for (const name of ['ds50', 'raspberry-pi-3', 'raspberry-pi-4', 'raspberry-pi-5', 'raspberry-pi-zero-2w']) {
      expect(parseBoard(contentOf(`usr/share/tilld/boards/${name}.json`), name)).toEqual(loadBoard(name, BOARDS_DIR));
    }
    expect(contentOf('usr/share/doc/tilld/README.Debian')).toContain('/usr/share/tilld/boards');
  });

  test('its groups are those of the devices the unit allows', () => {
    const groups = contentOf('usr/lib/sysusers.d/tilld.conf').match(/(?<=^m tilld )\w+/gm);
    expect(groups).toEqual(['gpio', 'dialout', 'video', 'audio', 'input', 'lp']);
    expect(contentOf('usr/lib/udev/rules.d/60-tilld-gpio.rules')).toContain('GROUP="gpio"');
  });
});

test.skipIf(dpkg.missing || lintian.missing)(
  `lintian has nothing against it but what its overrides give a reason for${lintian.why}`,
  () => {
    const { status, stdout } = spawnSync('lintian', ['--allow-root', '--fail-on=error,warning', '--tag-display-limit=0', deb.file], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.not.stringMatching(/^[EW]:/m) });
  },
);

test.skipIf(systemd.missing)(`the service is exposed by no more than 1.5${systemd.why}`, () => {
  const unit = join(import.meta.dirname, 'files', 'tilld.service');
  run('systemd-analyze', 'security', '--offline=yes', '--threshold=15', unit);
});

test.skipIf(dpkg.missing || systemd.missing)(`systemd understands every line of the unit${systemd.why}`, () => {
  const root = join(folder, 'root');
  run('dpkg-deb', '-x', deb.file, root);
  // What it starts is where it is installed; everything else of the unit stays as it is.
  const unit = join(folder, 'tilld.service');
  const text = readFileSync(join(root, 'usr/lib/systemd/system/tilld.service'), 'utf8');
  writeFileSync(unit, text.replaceAll('/usr/bin/tilld', join(root, 'usr/bin/tilld')));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', unit], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('what tilld ends with to have the board started again is what the unit waits for', () => {
  const unit = readFileSync(join(import.meta.dirname, 'files', 'tilld.service'), 'utf8');
  expect(unit).toMatch(new RegExp(`^ExecStopPost=\\+.*EXIT_STATUS" != ${REBOOT} .*systemctl --no-block reboot`, 'm'));
  expect(unit).toMatch(new RegExp(`^SuccessExitStatus=${REBOOT}$`, 'm'));
  // systemd leaves out what stands behind a command that fails, unless its failure is ignored.
  const [, ...before] = [...unit.matchAll(/^ExecStopPost=(.*)$/gm)].map(([, command]) => command).toReversed();
  expect(before).toEqual([expect.stringMatching(/^-.*tilld board off /)]);
});
