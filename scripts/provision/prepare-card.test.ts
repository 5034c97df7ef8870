import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    expect(user.runcmd).toContainEqual(['tilld', 'provision', '--boot', '/boot/firmware']);
    expect(JSON.parse(read('tilld.json'))).toEqual({ board: CARD.board, backend: CARD.backend });
    expect(readFileSync(join(boot, 'tilld.deb')).equals(readFileSync(await deb('arm64')))).toBe(true);
  });

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
