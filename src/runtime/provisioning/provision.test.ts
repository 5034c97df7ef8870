import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTilld } from '../../testkit/command-line.ts';
import { BOARDS_DIR, loadBoard } from '../board.ts';
import { loadConfig } from '../config.ts';
import { provision } from './provision.ts';

const CARD = {
  hostname: 'wash-7',
  timeZone: 'Asia/Bangkok',
  wifi: { ssid: 'Wash "7"', psk: 'not-a-real-password', country: 'TH' },
  sshKey: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5${'A'.repeat(48)} owner@desk`,
  board: 'sim',
  backend: {
    device: { serial: 'BOX-7', mac: '02:00:00:00:00:07', chipId: '7', model: 'wash' },
    protocol: 'promptpay',
    promptpay: {
      http: { url: 'https://backend.example' },
      mqtt: { url: 'mqtts://broker.example', username: 'box', password: 'not-a-secret' },
    },
  },
};

/** A board of one's own: other pins, values and a ccTalk port. */
const BOARD = {
  $schema: './board.schema.json',
  name: 'my-box',
  title: 'The box at the gate',
  hardware: 'libgpiod',
  inputs: { start: { chip: 'pinctrl-bcm2711', line: 'GPIO5', idle: 'high' } },
  outputs: { machine: { chip: 'pinctrl-bcm2711', line: 'GPIO26', active: 'high' } },
  acceptors: [{ name: 'coin', method: 'coin', kind: 'cctalk', device: '/dev/serial0', denominations: { 1: 100, 2: 500 } }],
  delivery: { output: 'machine' },
  buttons: { p1: { input: 'start' } },
  display: { width: 320, height: 240 },
};
const SELLING = { ...CARD.backend, sale: { products: [{ button: 'p1', label: 'Wash', priceMinor: 2_000 }] } };
const OWN = { ...CARD, board: BOARD, backend: SELLING };

let boot: string;
let root: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'tilld-provision-'));
  boot = join(folder, 'boot');
  root = join(folder, 'root');
  for (const path of [boot, join(root, 'etc'), join(root, 'usr/share/zoneinfo/Asia')]) mkdirSync(path, { recursive: true });
  writeFileSync(join(root, 'usr/share/zoneinfo/Asia/Bangkok'), '');
  writeFileSync(join(root, 'etc/hostname'), 'tilld\n');
  writeFileSync(join(root, 'etc/group'), `root:x:0:\ntilld:x:${process.getgid?.() ?? 0}:\n`);
});
afterEach(() => rmSync(join(boot, '..'), { recursive: true }));

const put = (card: unknown) => writeFileSync(join(boot, 'tilld.json'), typeof card === 'string' ? card : JSON.stringify(card));
const putBytes = (bytes: Buffer) => writeFileSync(join(boot, 'tilld.json'), bytes);
const etc = (name: string) => readFileSync(join(root, 'etc', name), 'utf8');
const report = () => readFileSync(join(boot, 'tilld-report.txt'), 'utf8');

describe('tilld.json on the card', () => {
  it('becomes the settings of the system, and is wiped', () => {
    put(CARD);
    expect(provision({ boot, root })).toContain('/etc/tilld/tilld.json');
    expect(etc('hostname')).toBe('wash-7\n');
    expect(readlinkSync(join(root, 'etc/localtime'))).toBe('/usr/share/zoneinfo/Asia/Bangkok');
    expect(JSON.parse(etc('tilld/tilld.json'))).toEqual({ ...CARD.backend, board: 'sim' });
    expect(statSync(join(root, 'etc/tilld/tilld.json')).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(root, 'root/.ssh/authorized_keys'), 'utf8')).toBe(`${CARD.sshKey}\n`);
    expect(statSync(join(root, 'root/.ssh')).mode & 0o777).toBe(0o700);
    expect(existsSync(join(boot, 'tilld.json'))).toBe(false);
    expect(report()).toMatch(/^tilld\.json was applied[^\n]*\r\n/);
    expect(report()).not.toMatch(/not-a/);
  });

  it('may hold a board of its own, which lies beside the configuration that names it', () => {
    put(OWN);
    expect(provision({ boot, root })?.slice(-2)).toEqual(['/etc/tilld/board.json', '/etc/tilld/tilld.json']);
    expect(JSON.parse(etc('tilld/board.json'))).toEqual(BOARD);
    const [board, config] = ['board.json', 'tilld.json'].map((name) => statSync(join(root, 'etc/tilld', name)));
    expect([board?.mode, board?.uid, board?.gid]).toEqual([config?.mode, config?.uid, config?.gid]);
    const settings = loadConfig(join(root, 'etc/tilld/tilld.json'), {});
    expect(settings.board).toBe(join(root, 'etc/tilld/board.json'));
    expect(loadBoard(settings.board, BOARDS_DIR).acceptors).toEqual(BOARD.acceptors);
  });

  it('goes back to a board by name, and to another one of its own', () => {
    for (const board of [BOARD, 'sim', { ...BOARD, name: 'my-second' }]) {
      put({ board, backend: CARD.backend });
      provision({ boot, root });
      expect(JSON.parse(etc('tilld/tilld.json')).board).toBe(board === 'sim' ? 'sim' : './board.json');
    }
    expect(JSON.parse(etc('tilld/board.json')).name).toBe('my-second');
  });

  it('leaves the board as it was when the configuration cannot be written', () => {
    put(OWN);
    provision({ boot, root });
    const before = etc('tilld/board.json');
    // What it is staged as: a folder that is not empty cannot be taken away.
    mkdirSync(join(root, 'etc/tilld/tilld.json.new/kept'), { recursive: true });
    put({ ...OWN, board: { ...BOARD, name: 'my-second' } });
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'provisioning-write' }));
    expect([etc('tilld/board.json'), existsSync(join(root, 'etc/tilld/board.json.new'))]).toEqual([before, false]);
  });

  it('tells the faults of a board and of the configuration together', () => {
    const [coin] = BOARD.acceptors;
    const board = { ...BOARD, acceptors: [{ ...coin, device: 'COM1', denominations: { 17: 100 } }] };
    put({ board, backend: { ...CARD.backend, keypad: 'both' } });
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'card-file-invalid' }));
    expect(report()).toContain('$.board.acceptors[0].device: found "COM1"');
    expect(report()).toContain('$.board.acceptors[0].denominations.17: found');
    expect(report()).toContain('$.backend.keypad: found "both"');
    expect(existsSync(join(root, 'etc/tilld'))).toBe(false);
  });

  it('opens the Wi-Fi without its password standing anywhere', () => {
    // The key of IEEE 802.11i, annex H.4, example 1.
    put({ wifi: { ssid: 'IEEE', psk: 'password', country: 'TH' } });
    provision({ boot, root });
    const written = etc('wpa_supplicant/wpa_supplicant-wlan0.conf');
    expect(written).toContain('  ssid=49454545\n');
    expect(written).toContain('  psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e\n');
    expect(written).not.toContain('password');
    expect(statSync(join(root, 'etc/wpa_supplicant/wpa_supplicant-wlan0.conf')).mode & 0o777).toBe(0o600);
  });

  it('may hold a part only: the rest stays as it is', () => {
    put({ timeZone: 'Asia/Bangkok' });
    expect(provision({ boot, root })).toEqual(['/etc/localtime']);
    expect(etc('hostname')).toBe('tilld\n');
  });

  it('is not there on other days', () => {
    expect(provision({ boot, root })).toBe(null);
    expect(existsSync(join(boot, 'tilld-report.txt'))).toBe(false);
  });

  it('is removed when a cut fell between wiping and removing it', () => {
    put(' '.repeat(300));
    expect(provision({ boot, root })).toEqual([]);
    expect(existsSync(join(boot, 'tilld.json'))).toBe(false);
  });

  it('is removed when a cut fell into wiping it', () => {
    put(`${' '.repeat(512)}${JSON.stringify(CARD).slice(512)}`);
    expect(provision({ boot, root })).toEqual([]);
    expect(existsSync(join(boot, 'tilld.json'))).toBe(false);
    expect(report()).toContain('a start before this one');
    expect(etc('hostname')).toBe('tilld\n');
  });

  it('is told when it cannot be wiped after it was applied', () => {
    writeFileSync(join(boot, 'elsewhere'), JSON.stringify({ hostname: 'wash-9' }));
    symlinkSync('elsewhere', join(boot, 'tilld.json'));
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'card-file-kept' }));
    expect(report()).toMatch(/Delete tilld\.json on a PC.*\r\n\r\nEverything in it was applied\.\r\n$/);
    expect(etc('hostname')).toBe('wash-9\n');
  });

  it('may be of Windows: with a byte order mark, and its line ends', () => {
    put(`\uFEFF${JSON.stringify({ hostname: 'wash-8' }, null, 2).replaceAll('\n', '\r\n')}\r\n`);
    expect(provision({ boot, root })).toEqual(['/etc/hosts', '/etc/hostname']);
  });

  it.each<[string, () => void, string]>([
    ['a folder', () => mkdirSync(join(boot, 'tilld.json')), 'found a folder'],
    ['an empty file', () => put(''), 'found an empty file'],
    ['UTF-16', () => putBytes(Buffer.from(`\uFEFF${JSON.stringify(CARD)}`, 'utf16le')), 'expected UTF-8'],
    ['a code of one language', () => putBytes(Buffer.from('{"wifi":{"ssid":"Caf\u00e9"}}', 'latin1')), 'expected UTF-8'],
    ['a name that Windows shows shorter', () => writeFileSync(join(boot, 'tilld.json.txt'), '{"hostname":"wash-8"}'), 'rename it'],
    ['a NUL', () => put('{"hostname":\0"wash-8"}'), 'line 1 column 13'],
  ])('%s is told beside it, and changes nothing', (_, prepare, words) => {
    prepare();
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'card-file-invalid' }));
    expect(report()).toContain(words);
    expect(etc('hostname')).toBe('tilld\n');
  });

  it('is told in the log when the report cannot be written', () => {
    put('nonsense');
    mkdirSync(join(boot, 'tilld-report.txt'));
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'card-file-invalid' }));
  });

  it('leaves nothing of its secrets when there is no group for them', () => {
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
    put(CARD);
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'provisioning-write' }));
    expect(existsSync(join(root, 'etc/tilld/tilld.json.new'))).toBe(false);
  });

  it.each([
    ['no JSON', '{"hostname": ', 'line 1 column 14'],
    ['nothing to do', {}, '$: found nothing'],
    ['a list', [], '$: found a list'],
    ['an unknown key', { ...CARD, wlan: {} }, '$.wlan: found an unknown key'],
    ['a short password', { wifi: { ...CARD.wifi, psk: 'short!' } }, '$.wifi.psk: found a string that is not shown'],
    ['a name of too many bytes', { wifi: { ...CARD.wifi, ssid: 'ก'.repeat(11) } }, 'a name of at most 32 bytes'],
    ['a country by its name', { wifi: { ...CARD.wifi, country: 'Thailand' } }, 'two capital letters'],
    ['a private key', { sshKey: '-----BEGIN PRIVATE KEY-----\nnot-a-real-key' }, '$.sshKey: found a text that is not shown'],
    ['a key with options', { sshKey: `command="sh" ${CARD.sshKey}` }, 'the one line of a public key file'],
    ['a zone by capitals', { timeZone: 'ASIA/BANGKOK' }, 'a time zone like Asia/Bangkok'],
    ['two keys in one', { sshKey: `${CARD.sshKey}\n${CARD.sshKey}` }, 'the one line of a public key file'],
    ['a zone that leads elsewhere', { timeZone: '../../../etc/shadow' }, '$.timeZone'],
    ['a zone this system lacks', { timeZone: 'Asia/Jakarta' }, 'one this system does not have'],
    ['a hostname with a dot', { hostname: 'wash.7' }, 'small letters, digits and hyphens'],
    ['a board without a backend', { board: 'sim' }, '$.backend: found nothing'],
    ['an unknown board', { ...CARD, board: 'raspbery-pi-4' }, '$.board: found "raspbery-pi-4"'],
    ['a board by path', { ...CARD, board: '/etc/passwd' }, '$.board'],
    ['a board that is no object', { ...CARD, board: [BOARD] }, '$.board: found a list'],
    ['half a board', { ...CARD, board: { name: 'my-box' } }, '$.board.title: found nothing'],
    ['a board of its own without a backend', { board: BOARD }, '$.backend: found nothing'],
    ['a key no board has', { ...CARD, board: { ...BOARD, wifi: 'not-a-secret' } }, '$.board.wifi: found an unknown key'],
    [
      'two things on one pin',
      { ...CARD, board: { ...BOARD, inputs: { start: { ...BOARD.inputs.start, line: 'GPIO26' } } } },
      '$.board.outputs.machine: found pinctrl-bcm2711 GPIO26, the pin of inputs.start',
    ],
    ['a product on a button its board has not', { ...OWN, board: { ...BOARD, buttons: {} } }, '$.backend.sale.products[0].button'],
    ['a board no box would read', { ...OWN, board: { ...BOARD, acceptors: Array(30_000).fill([[]]) } }, '$.board: found '],
    ['a board in the backend', { ...CARD, backend: { ...CARD.backend, board: 'sim' } }, 'it stands beside "backend"'],
    ['a fault of the configuration', { ...CARD, backend: { ...CARD.backend, protocol: 'cash' } }, '$.backend.protocol: found "cash"'],
    [
      'a product on no button',
      { ...CARD, backend: { ...CARD.backend, sale: { products: [{ button: 'p99', label: 'W', priceMinor: 100 }] } } },
      '$.backend.sale.products[0].button',
    ],
    ['too much', ' '.repeat(1024 * 1024 + 1), 'at most 1048576'],
  ])('%s is told beside it, and changes nothing', (_, card, words) => {
    put(card);
    const before = readFileSync(join(boot, 'tilld.json'));
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'card-file-invalid' }));
    expect(report()).toContain(words);
    expect(report()).not.toMatch(/short!|not-a/);
    expect(report()).toMatch(/Nothing was changed\. [^\n]*\r\n$/);
    expect(readFileSync(join(boot, 'tilld.json')).equals(before)).toBe(true);
    expect([etc('hostname'), existsSync(join(root, 'etc/tilld')), existsSync(join(root, 'root'))]).toEqual(['tilld\n', false, false]);
  });

  it('leaves the system whole when a place cannot be written', () => {
    writeFileSync(join(root, 'etc/tilld'), 'a file where a folder should be');
    put(CARD);
    expect(() => provision({ boot, root })).toThrow(expect.objectContaining({ code: 'provisioning-write' }));
    expect(etc('hostname')).toBe('tilld\n');
    expect(existsSync(join(root, 'etc/hostname.new'))).toBe(false);
    expect(existsSync(join(boot, 'tilld.json'))).toBe(true);
  });
});

describe('tilld provision', () => {
  it('says what it has applied', async () => {
    put({ hostname: 'wash-8' });
    const { code, out } = await runTilld(['provision', '--json', '--boot', boot, '--root', root]);
    expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: { ok: true, applied: ['/etc/hosts', '/etc/hostname'] } });
    expect(await runTilld(['provision', '--boot', boot, '--root', root])).toMatchObject({
      code: 0,
      out: 'There is no tilld.json: nothing to do.\n',
    });
  });

  it('ends with 1 when the file is wrong, and with 2 without a folder', async () => {
    put('nonsense');
    expect(await runTilld(['provision', '--boot', boot, '--root', root])).toMatchObject({
      code: 1,
      err: expect.stringContaining('tilld.json has a fault'),
    });
    expect(await runTilld(['provision'])).toMatchObject({ code: 2 });
  });
});
