import type { CardFile } from '../../src/runtime/provisioning/card-file.ts';
import { wifiKey } from '../../src/runtime/provisioning/system-files.ts';

/** Where Raspberry Pi OS has its boot partition. */
const BOOT = '/boot/firmware';
export const DEB_NAME = 'tilld.deb';
const SETUP = '/usr/local/sbin/tilld-setup';
const SETUP_UNIT = 'tilld-setup.service';

/** What the package needs comes over the network, which may take its time, or a start more. */
const UNIT = `[Unit]
Description=Install tilld, and set the box up by tilld.json
ConditionPathExists=${BOOT}/${DEB_NAME}
RequiresMountsFor=${BOOT}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${SETUP}
Restart=on-failure
RestartSec=15

[Install]
WantedBy=multi-user.target
`;
const SETUP_SCRIPT = `#!/bin/sh
# Does it again from the beginning until all of it is done.
set -e
export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a
apt-get -q update
apt-get -qy install ${BOOT}/${DEB_NAME}
# What is wrong with tilld.json stands in tilld-report.txt, and does not become better by trying.
tilld provision --boot ${BOOT} || true
systemctl restart tilld
# By now the system has its own copy, which only root can read.
shred -u ${BOOT}/network-config || true
rm -f ${BOOT}/${DEB_NAME}
`;

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
    write_files: [
      { path: SETUP, permissions: '0755', content: SETUP_SCRIPT },
      { path: `/etc/systemd/system/${SETUP_UNIT}`, content: UNIT },
    ],
    // These are run once, and never again after a cut: what takes its time is a service.
    runcmd: [
      ['systemctl', 'daemon-reload'],
      ...(sshKey === undefined ? [] : [['systemctl', 'enable', '--now', 'ssh']]),
      ['systemctl', 'enable', '--now', '--no-block', SETUP_UNIT],
    ],
  })}`;
}

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

/** JSON is YAML, and leaves nothing to be guessed, but for characters that YAML takes for line ends or for none. */
const document = (value: object): string =>
  `${JSON.stringify(value, null, 2).replaceAll(/[\u2028\u2029\ufeff\ufffe\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`)}\n`;
