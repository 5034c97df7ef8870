import type { ImageBoard } from './boards.ts';

/** https://www.raspberrypi.com/documentation/computers/config_txt.html */
export const CONFIG_TXT = `# tilld: Debian's kernel, in the terms of the Raspberry Pi's firmware.
arm_64bit=1
upstream_kernel=1
kernel=vmlinuz
initramfs initrd.img
# The serial port is an acceptor's: no console uses it.
enable_uart=1
disable_splash=1
`;

/** What the kernel is told. Nobody is there to answer fsck; interfaces keep the names the system knows; after a panic the box starts again. */
export const KERNEL_ARGUMENTS =
  'root=LABEL=tilld-root ro rootwait net.ifnames=0 cma=64M panic=10 fsck.repair=yes vt.global_cursor_default=0 consoleblank=0 quiet loglevel=3';
export const CMDLINE_TXT = `console=tty0 ${KERNEL_ARGUMENTS}\n`;

/** What to copy, and to fill in. */
export const exampleCardFile = ({ name }: ImageBoard): string =>
  `${JSON.stringify(
    {
      hostname: 'wash-7',
      timeZone: 'Asia/Bangkok',
      wifi: { ssid: 'NAME OF THE NETWORK', psk: 'ITS PASSWORD', country: 'TH' },
      board: name,
      backend: {
        protocol: 'promptpay',
        promptpay: { http: { url: 'https://backend.example' }, mqtt: { url: 'mqtts://broker.example' } },
        sale: { products: [{ button: 'p1', label: 'Quick wash', priceMinor: 2_000 }], drive: { mode: 'hold', holdMs: 5_000 } },
        display: { driver: 'framebuffer' },
        speaker: { driver: 'alsa' },
      },
    },
    null,
    2,
  )}\n`;

/** For whoever looks at the card on a PC. */
export const readMe = ({ title }: ImageBoard): string =>
  `tilld for ${title}

1. Copy tilld-example.json to tilld.json, in this folder.
2. Change it: your Wi-Fi, your backend, your prices. What you do not need, leave out;
   In the place of the name of the board, a whole board file of your own may stand:
   "board": { "name": "my-box", ... }, for other pins, coins or serial ports.
   "sshKey": "ssh-ed25519 ..." lets you log in as root over ssh, which is off without it.
3. Put the card into the box and switch it on.

The box reads tilld.json once, and removes it: it holds your passwords. What came of it
is then in tilld-report.txt. If something in it was wrong, nothing was changed, the report
says what, and tilld.json is still here to be corrected.
`.replaceAll('\n', '\r\n');
