import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../debian/run-program.ts';
import { prepareCard } from './prepare-card.ts';

const CARD = {
  hostname: 'wash-7',
  timeZone: 'Asia/Bangkok',
  wifi: { ssid: 'IEEE', psk: 'password', country: 'TH' },
  sshKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)} owner@desk`,
  board: 'raspberry-pi-5',
  backend: { protocol: 'promptpay', promptpay: { http: { url: 'https://backend.example' }, mqtt: { url: 'mqtts://broker.example' } } },
};

let folder: string;
let boot: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilld-card-'));
  boot = join(folder, 'bootfs');
  mkdirSync(boot);
  for (const name of ['config.txt', 'cmdline.txt', 'user-data', 'meta-data']) writeFileSync(join(boot, name), '');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function deb(arch: string): Promise<string> {
  const root = join(folder, `root-${arch}`);
  mkdirSync(join(root, 'DEBIAN'), { recursive: true, mode: 0o755 });
  const fields = {
    Package: 'tilld',
    Version: '1',
    Architecture: arch,
    Maintainer: 'nobody <nobody@tilld.example>',
    Description: 'a stand-in',
  };
  writeFileSync(
    join(root, 'DEBIAN/control'),
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join(''),
  );
  await runProgram('dpkg-deb', ['-Znone', '--root-owner-group', '--build', root, join(folder, `${arch}.deb`)], { from: 'dpkg' });
  return join(folder, `${arch}.deb`);
}
async function prepare(card: unknown, arch = 'arm64'): Promise<readonly string[]> {
  const cardFile = join(folder, 'tilld.json');
  writeFileSync(cardFile, JSON.stringify(card));
  return prepareCard({ boot, cardFile, deb: await deb(arch) });
}
const put = (file: string, script: string) => writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
const read = (name: string) => readFileSync(join(boot, name), 'utf8');

describe('a card of Raspberry Pi OS', () => {
  it('installs tilld at its first start, and lets it set up the box', async () => {
    expect(await prepare(CARD)).toEqual(['tilld.deb', 'tilld.json', 'network-config', 'meta-data', 'user-data']);
    expect(read('user-data').split('\n')[0]).toBe('#cloud-config');
    const user = JSON.parse(read('user-data').slice('#cloud-config\n'.length));
    expect(user).toMatchObject({
      hostname: 'wash-7',
      timezone: 'Asia/Bangkok',
      ssh_pwauth: false,
      users: [{ ssh_authorized_keys: [CARD.sshKey] }],
    });
    expect(user.runcmd).toContainEqual(['systemctl', 'enable', '--now', 'ssh']);
    expect(JSON.parse(read('tilld.json'))).toEqual({ board: CARD.board, backend: CARD.backend });
    expect(readFileSync(join(boot, 'tilld.deb')).equals(readFileSync(await deb('arm64')))).toBe(true);
  });

  it('takes a board of its own along, whole', async () => {
    const board = JSON.parse(readFileSync(join(import.meta.dirname, '../../boards/raspberry-pi-5.json'), 'utf8'));
    await prepare({ ...CARD, board: { ...board, name: 'my-box' } });
    expect(JSON.parse(read('tilld.json'))).toEqual({ board: { ...board, name: 'my-box' }, backend: CARD.backend });
    const first = read('meta-data');
    await prepare({ ...CARD, board: { ...board, name: 'my-second' } });
    expect(read('meta-data')).not.toBe(first);
  });

  it('goes on installing at its next start when there was no network, and only then forgets the package', async () => {
    await prepare(CARD);
    const { write_files } = JSON.parse(read('user-data').slice('#cloud-config\n'.length));
    const [script, unit] = write_files;
    expect(unit.content).toContain('Restart=on-failure\n');
    expect(unit.content).toContain('ConditionPathExists=/boot/firmware/tilld.deb\n');
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const log = join(folder, 'log');
    for (const name of ['dpkg', 'tilld', 'systemctl']) put(join(bin, name), `echo ${name} "$@" >>${log}`);
    const setUp = () =>
      spawnSync('sh', ['-c', script.content.replaceAll('/boot/firmware', boot)], { env: { PATH: `${bin}:${process.env.PATH}` } }).status;
    put(join(bin, 'apt-get'), 'exit 100');
    expect([setUp(), existsSync(join(boot, 'tilld.deb')), existsSync(join(boot, 'network-config'))]).toEqual([100, true, true]);
    put(join(bin, 'apt-get'), `echo apt-get "$@" >>${log}`);
    expect([setUp(), existsSync(join(boot, 'tilld.deb')), existsSync(join(boot, 'network-config'))]).toEqual([0, false, false]);
    expect(readFileSync(log, 'utf8').split('\n').slice(1)).toEqual([
      'dpkg --configure -a',
      'apt-get -q update',
      `apt-get -qy install ${boot}/tilld.deb`,
      `tilld provision --boot ${boot}`,
      'systemctl restart tilld',
      '',
    ]);
  });

  it('keeps no password of its own tilld.json, and is not prepared again by what is left of that', async () => {
    writeFileSync(join(boot, 'tilld.json'), JSON.stringify({ ...CARD, hostname: `wash-7${'-7'.repeat(20)}` }, null, 8));
    const before = statSync(join(boot, 'tilld.json')).size;
    const card = { boot, cardFile: join(boot, 'tilld.json'), deb: await deb('arm64') };
    await prepareCard(card);
    // It lies where the whole one lay.
    expect(statSync(join(boot, 'tilld.json')).size).toBe(before);
    const network = read('network-config');
    await expect(prepareCard(card)).rejects.toMatchObject({ code: 'card-refused', remedy: expect.stringContaining('--config') });
    expect(read('network-config')).toBe(network);
  });

  it('of a box by cable may be prepared again by its own tilld.json', async () => {
    writeFileSync(join(boot, 'tilld.json'), JSON.stringify({ board: CARD.board, backend: CARD.backend }));
    const card = { boot, cardFile: join(boot, 'tilld.json'), deb: await deb('arm64') };
    await prepareCard(card);
    expect(await prepareCard(card)).toContain('user-data');
  });

  it.each(['"<<"', 'a\'b"c\\', '{{ x }}: #', 'ก'.repeat(10), '\u2028!', 'yes'])(
    'joins the Wi-Fi %j, whatever YAML makes of such signs',
    async (ssid) => {
      await prepare({ ...CARD, wifi: { ...CARD.wifi, ssid } });
      const points = JSON.parse(read('network-config')).wifis.wlan0['access-points'];
      expect(Object.keys(points)).toEqual([ssid]);
      expect(read('network-config')).not.toMatch(/[\u2028\u2029\ufeff]/);
    },
  );

  it('joins the Wi-Fi without its password standing anywhere, and nobody logs in without a key', async () => {
    await prepare({ ...CARD, sshKey: undefined });
    const key = 'f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e';
    expect(JSON.parse(read('network-config')).wifis.wlan0).toMatchObject({
      'access-points': { IEEE: { password: key } },
      'regulatory-domain': 'TH',
    });
    for (const name of ['tilld.json', 'network-config', 'user-data']) expect(read(name)).not.toContain('"password": "password"');
    const user = JSON.parse(read('user-data').slice('#cloud-config\n'.length));
    expect(user.users).toBe(undefined);
    expect(JSON.stringify(user.runcmd)).not.toContain('"ssh"');
  });

  it('is the same box when it is prepared again, and another one with other settings', async () => {
    await prepare(CARD);
    const first = read('meta-data');
    await prepare(CARD);
    expect(read('meta-data')).toBe(first);
    await prepare({ ...CARD, hostname: 'wash-8' });
    expect(read('meta-data')).not.toBe(first);
  });

  it.each([
    ['a wrong card file', { ...CARD, board: 'raspberry-pi-9' }, 'arm64', 'card-file-invalid'],
    ['a board with faults', { ...CARD, board: { name: 'my-box' } }, 'arm64', 'card-file-invalid'],
    ['a Wi-Fi of half a sign', { ...CARD, wifi: { ...CARD.wifi, ssid: '\ud800' } }, 'arm64', 'card-file-invalid'],
    ['one that says nothing of the box', { hostname: 'wash-7' }, 'arm64', 'card-file-invalid'],
    ['a package for a PC', CARD, 'amd64', 'package-unusable'],
  ])('is left as it was for %s', async (_, card, arch, code) => {
    await expect(prepare(card, arch)).rejects.toMatchObject({ code });
    expect([read('user-data'), existsSync(join(boot, 'tilld.deb')), existsSync(join(boot, 'tilld.json'))]).toEqual(['', false, false]);
  });

  it('is told from any other folder', async () => {
    rmSync(join(boot, 'user-data'));
    await expect(prepare(CARD)).rejects.toMatchObject({ code: 'card-refused', found: 'no user-data' });
  });
});
