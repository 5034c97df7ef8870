import { pbkdf2Sync } from 'node:crypto';
import type { CardFile } from './card-file.ts';

/** A file of the system that a card file asks for. */
export type SystemFile = { readonly path: string } & (
  | { readonly content: string; readonly mode: number; readonly group?: string }
  | { readonly linkTo: string }
);

/** What the system is to hold for a checked card file; paths from the root, without the first slash. */
export function systemFiles({ hostname, timeZone, wifi, sshKey, config, board }: CardFile): readonly SystemFile[] {
  const files: SystemFile[] = [];
  if (hostname !== undefined) {
    files.push({ path: 'etc/hosts', mode: 0o644, content: `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost\n` });
    files.push({ path: 'etc/hostname', mode: 0o644, content: `${hostname}\n` });
  }
  if (timeZone !== undefined) files.push({ path: 'etc/localtime', linkTo: `/usr/share/zoneinfo/${timeZone}` });
  if (wifi !== undefined) files.push({ path: 'etc/wpa_supplicant/wpa_supplicant-wlan0.conf', mode: 0o600, content: wpaSupplicant(wifi) });
  if (sshKey !== undefined) files.push({ path: 'root/.ssh/authorized_keys', mode: 0o600, content: `${sshKey}\n` });
  // The board first: a configuration never names one that is not there.
  if (board !== undefined) files.push(ofService('board.json', board));
  if (config !== undefined) files.push(ofService('tilld.json', config));
  return files;
}

/** The configuration holds passwords and keys, and the service runs as a user of this group. */
const ofService = (name: string, content: string): SystemFile => ({ path: `etc/tilld/${name}`, mode: 0o640, group: 'tilld', content });

/** wpa_supplicant.conf(5). The name in hexadecimal digits needs no quoting, and the key instead of the password opens this network only. */
function wpaSupplicant({ ssid, psk, country }: NonNullable<CardFile['wifi']>): string {
  const name = Buffer.from(ssid).toString('hex');
  return [
    `country=${country}`,
    'network={',
    `  ssid=${name}`,
    '  scan_ssid=1',
    '  key_mgmt=WPA-PSK WPA-PSK-SHA256',
    `  psk=${wifiKey(ssid, psk)}`,
    '}',
    '',
  ].join('\n');
}

/** The key a password stands for in one network (IEEE 802.11i, annex H.4): 64 hexadecimal digits. */
export const wifiKey = (ssid: string, psk: string): string =>
  psk.length === 64 ? psk.toLowerCase() : pbkdf2Sync(psk, ssid, 4_096, 32, 'sha1').toString('hex');
