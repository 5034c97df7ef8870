import type { CardFile } from '../../src/runtime/provisioning/card-file.ts';
import { wifiKey } from '../../src/runtime/provisioning/system-files.ts';

/** Where Raspberry Pi OS has its boot partition. */
const BOOT = '/boot/firmware';
export const DEB_NAME = 'tilld.deb';

/** One box in its life has this number; another one makes cloud-init begin anew (https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html). */
export const metaData = (instance: string): string => `${document({ 'instance-id': instance })}`;

/**
 * What Raspberry Pi OS does at its first start (https://docs.cloud-init.io/en/latest/reference/modules.html). No secret is
 * in it: the configuration of the box stays in tilld.json, which tilld itself applies and wipes.
 */
export function userData({ hostname, timeZone, sshKey }: CardFile): string {
  return `#cloud-config\n${document({
    ...(hostname === undefined ? {} : { hostname, manage_etc_hosts: true }),
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
    ssh_pwauth: false,
    ...(sshKey === undefined
      ? {}
      : {
          users: [
            {
              name: 'owner',
              groups: 'sudo',
              shell: '/bin/bash',
              sudo: 'ALL=(ALL) NOPASSWD:ALL',
              lock_passwd: true,
              ssh_authorized_keys: [sshKey],
            },
          ],
        }),
    runcmd: [
      ['sh', '-c', INSTALL],
      ['tilld', 'provision', '--boot', BOOT],
      ['systemctl', 'restart', 'tilld'],
      ...(sshKey === undefined ? [] : [['systemctl', 'enable', '--now', 'ssh']]),
      // By now the system has its own copy, which only root can read.
      ['shred', '-u', `${BOOT}/network-config`],
      ['rm', '-f', `${BOOT}/${DEB_NAME}`],
    ],
  })}`;
}

/** What the package needs comes over the network, which may take its time. */
const INSTALL = `for try in 1 2 3 4 5 6 7 8 9 10; do apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install ${BOOT}/${DEB_NAME} && exit 0; sleep 15; done; exit 1`;

/** https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html; the key instead of the password opens this network only. */
export function networkConfig({ wifi }: CardFile): string {
  const ethernets = { eth0: { dhcp4: true, optional: true } };
  if (wifi === undefined) return document({ version: 2, ethernets });
  const { ssid, psk, country } = wifi;
  const wlan0 = {
    dhcp4: true,
    optional: true,
    'regulatory-domain': country,
    'access-points': { [ssid]: { password: wifiKey(ssid, psk) } },
  };
  return document({ version: 2, ethernets, wifis: { wlan0 } });
}

/** What tilld itself is to apply there: Raspberry Pi OS has done the rest. */
export const boxPart = (board: unknown, backend: unknown): string => document({ board, backend });

/** JSON is YAML, and leaves nothing to be guessed. */
const document = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
