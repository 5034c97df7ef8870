import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, DEFAULT_TIMINGS } from '../domain/policy.ts';
import { ConfigInvalid, loadConfig, parseConfig } from './config.ts';
import { configJsonSchema } from './config-json-schema.ts';

const LEAST = {
  device: { serial: 'TB-0001', mac: 'aa-bb-cc-dd-ee-0f', chipId: 'chip-1', model: 'test box' },
  board: 'sim',
  protocol: 'promptpay',
  promptpay: { http: { url: 'http://127.0.0.1:8081/' }, mqtt: { url: 'mqtt://127.0.0.1:1884' } },
};

// A certificate for box.test made for these tests alone, and its key.
const CERT = `-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUMjHXrRmcPKJTwfm9WVahWedicUEwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIYm94LnRlc3QwIBcNMjYxMTIwMjEwMjMwWhgPMjEyNjEwMjcy
MTAyMzBaMBMxETAPBgNVBAMMCGJveC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE0uSWLY6WGNym0Z2PjxUYEUcQXlsfwVT4HkMnDuNsgfyZMotCP51A0rY0
rmRGn5zQN1SrbQ0/L7wMUFrVePm9EKNTMFEwHQYDVR0OBBYEFOiaduhtivZBzjM+
WQ2V4DFaViaUMB8GA1UdIwQYMBaAFOiaduhtivZBzjM+WQ2V4DFaViaUMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPyT6mdQcN9Ejj/O0qRg6a9o
ace23SW+5lzC3vgI2jH+AiEAnWQbFUWzB/fiGbYy9gUJFX/JgfRD0XU0xu2QeCwi
u6U=
-----END CERTIFICATE-----`;
const DER =
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHO8tyJ0bjKYfXQfqaJuzRrYRckEXuAXw+JxVokYo6TShRANCAATS5JYtjpYY3KbRnY+PFRgRRxBeWx/BVPgeQycO42yB/Jkyi0I/nUDStjSuZEafnNA3VKttDT8vvAxQWtV4+b0Q';
const KEY = String(
  createPrivateKey({ key: Buffer.from(DER, 'base64'), format: 'der', type: 'pkcs8' }).export({ format: 'pem', type: 'pkcs8' }),
);
const OTHER_KEY = String(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));

const folder = mkdtempSync(join(tmpdir(), 'tilld-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ENV = { BROKER_PASSWORD: 'from the environment', EMPTY: '' };

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The smallest configuration with some of it replaced; `undefined` removes. */
function merge(base: Tree, change: Tree): Tree {
  const entries = Object.entries(change).map(([key, value]) => [key, isTree(value) && isTree(base[key]) ? merge(base[key], value) : value]);
  return { ...base, ...Object.fromEntries(entries) };
}
const read = (change: Tree = {}) => parseConfig(JSON.stringify(merge(LEAST, change)), join(folder, 'tilld.json'), ENV);

function faultsOf(attempt: () => unknown): readonly { path: string; found: string; expected: string }[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.faults;
    throw error;
  }
  return [];
}

const pathsOf = (change: Tree): string[] => faultsOf(() => read(change)).map(({ path }) => path);

describe('a configuration that is in order', () => {
  test('needs nothing but device, board, protocol and two addresses', () => {
    expect(read()).toEqual({
      device: { serial: 'TB-0001', mac: 'AA:BB:CC:DD:EE:0F', chipId: 'chip-1', model: 'test box' },
      board: 'sim',
      backend: {
        protocol: 'promptpay',
        promptpay: {
          http: { url: 'http://127.0.0.1:8081' },
          mqtt: { url: 'mqtt://127.0.0.1:1884' },
          signer: { profile: 'crc32' },
          registerPath: '/api/vi/device/need-register',
          paymentsPath: '/api/v1/payment-gateway/payments',
          uploadsPath: '/api/v1/device-event-logs/uploads',
          allowStaticQr: false,
          timeoutMs: 10_000,
        },
      },
      ota: { customer: 'DSPREAD', model: 'DS50-MQ', trustedKeys: [], allowUnsigned: false, trialSeconds: 600, confirmSeconds: 60 },
      keypad: 'major',
      api: { port: 7070, host: '127.0.0.1' },
      limits: { databaseMiB: 512, streams: 8 },
      sale: { policy: DEFAULT_POLICY, timings: DEFAULT_TIMINGS },
      pairing: { auto: true },
      stateEverySeconds: 60,
      log: { level: 'info' },
      language: 'en',
      theme: { contrast: 'normal', text: 'normal' },
      ticket: { title: '', notes: [], qr: '{sale}', timeZone: 'UTC', always: false },
    });
  });

  test.each(['AABBCCDDEEFF', 'aa:bb:cc:dd:ee:ff', 'aa-BB-cc-DD-ee-FF'])('the MAC address %s becomes AA:BB:CC:DD:EE:FF', (mac) => {
    expect(read({ device: { mac } }).device.mac).toBe('AA:BB:CC:DD:EE:FF');
  });

  test('reads secrets from the text, a file beside it and the environment', () => {
    writeFileSync(join(folder, 'token'), 'a-token-of-some-length\n');
    writeFileSync(join(folder, 'ca.pem'), CERT);
    const { api, backend } = read({
      api: { token: { file: 'token' }, host: '0.0.0.0' },
      promptpay: {
        http: { url: 'https://backend.test', ca: { file: join(folder, 'ca.pem') }, cert: CERT, key: KEY },
        mqtt: { url: 'mqtts://broker.test', username: 'box', password: { env: 'BROKER_PASSWORD' } },
        signer: { profile: 'hmac-sha256', keyId: 'k1', key: '0123456789abcdef' },
      },
    });
    expect(api.token).toBe('a-token-of-some-length');
    expect(backend).toMatchObject({
      protocol: 'promptpay',
      promptpay: {
        http: { url: 'https://backend.test', ca: CERT, cert: CERT, key: KEY },
        mqtt: { password: 'from the environment' },
        signer: { profile: 'hmac-sha256', keyId: 'k1', key: '0123456789abcdef' },
      },
    });
  });

  test('a board file is found from the folder of the configuration', () => {
    expect(read({ board: 'boards/mine.json' }).board).toBe(join(folder, 'boards/mine.json'));
    expect(read({ board: '/etc/tilld/board.json' }).board).toBe('/etc/tilld/board.json');
  });

  test('a loudspeaker of its own: its device has a default, its file is found from the folder of the configuration', () => {
    expect(read().speaker).toBeUndefined();
    expect(read({ speaker: { driver: 'alsa' } }).speaker).toEqual({ driver: 'alsa', device: 'default' });
    expect(read({ speaker: { driver: 'wav', file: 'said.wav' } }).speaker).toEqual({ driver: 'wav', file: join(folder, 'said.wav') });
    expect(read({ speaker: { driver: 'none' } }).speaker).toEqual({ driver: 'none' });
  });

  test('a kiosk needs an address, and has time limits by default', () => {
    const kiosk = { url: 'wss://kiosk.test/v1', token: 'kt_0000' };
    const { backend } = read({ protocol: 'kiosk', kiosk, sale: { currency: 'GBP' } });
    const timings = { firstScreenMs: 5_000, pingMs: 10_000, answerMs: 10_000, processingMs: 120_000, graceMs: 15_000, resultMs: 2_000 };
    expect(backend).toEqual({ protocol: 'kiosk', kiosk: { ...kiosk, ...timings } });
    expect(pathsOf({ protocol: 'kiosk', kiosk: { url: 'https://kiosk.test', pingMs: 1 } })).toEqual(['$.kiosk.url', '$.kiosk.pingMs']);
  });

  test('a payment gateway needs an address and a key, and has a time limit and words for the bank statement by default', () => {
    const gateway = { http: { url: 'https://gateway.test' }, apiKey: 'pk_0000' };
    const { backend } = read({ protocol: 'payment-gateway', 'payment-gateway': gateway, sale: { currency: 'VND' } });
    const defaults = { timeoutMs: 10_000, descriptionTemplate: 'TT {order}' };
    expect(backend).toEqual({ protocol: 'payment-gateway', paymentGateway: { ...gateway, ...defaults } });
    expect(pathsOf({ protocol: 'payment-gateway', 'payment-gateway': {} })).toEqual([
      '$["payment-gateway"].http',
      '$["payment-gateway"].apiKey',
    ]);
  });

  test('displays and printers have defaults, and their files are found from the folder of the configuration', () => {
    expect(read({ display: { driver: 'framebuffer' } }).display).toEqual({ driver: 'framebuffer', device: 'fb0', rotation: 0 });
    expect(read({ display: { driver: 'png', file: 'screen.png' } }).display).toEqual({ driver: 'png', file: join(folder, 'screen.png') });
    const connection = { kind: 'serial', path: '/dev/ttyUSB0' };
    expect(read({ printer: { driver: 'escpos', connection } }).printer).toEqual({
      driver: 'escpos',
      connection: { ...connection, baud: 9_600, flow: 'rts-cts' },
      dots: 384,
      cut: 'partial',
    });
    expect(read({ printer: { driver: 'png', directory: 'tickets' } }).printer).toMatchObject({ directory: join(folder, 'tickets') });
    expect(pathsOf({ display: { driver: 'framebuffer', rotation: 45, touch: { device: '../sda', x: [0, 0], y: [0, 9] } } })).toEqual([
      '$.display.rotation',
      '$.display.touch.device',
      '$.display.touch.x',
    ]);
    expect(pathsOf({ printer: { driver: 'png', directory: 't', dots: 300 }, ticket: { timeZone: 'Mars' } })).toEqual([
      '$.printer.dots',
      '$.ticket.timeZone',
    ]);
  });

  test('a soundbox needs a broker and its names', () => {
    const { promptpay: _, ...least } = LEAST;
    const soundbox = { mqtt: { url: 'mqtts://broker.test' }, deviceId: 'sbx_001', terminalId: 'term_001' };
    const text = JSON.stringify({ ...least, protocol: 'qris-soundbox', 'qris-soundbox': soundbox, sale: { currency: 'IDR' } });
    expect(parseConfig(text, 'tilld.json', {}).backend).toEqual({
      protocol: 'qris-soundbox',
      qrisSoundbox: { ...soundbox, responseTimeoutMs: 5_000 },
    });
  });

  test('a byte order mark, $schema, timings and products are welcome', () => {
    const drive = { mode: 'pulses-per', unitMinor: 1000, pulseMs: 50, gapMs: 100 };
    const products = [{ button: 'wash', label: 'Wash', priceMinor: 4000 }];
    const sale = { drive, products, idleCash: 'sell', graceMs: 1_000 };
    const text = `\uFEFF${JSON.stringify({ ...LEAST, $schema: './tilld.schema.json', sale })}`;
    const settings = parseConfig(text, 'tilld.json', {});
    expect(settings.sale.policy).toEqual({ ...DEFAULT_POLICY, drive, products, idleCash: 'sell' });
    expect(settings.sale.timings).toEqual({ ...DEFAULT_TIMINGS, graceMs: 1_000 });
    expect(settings).not.toHaveProperty('$schema');
  });
});

describe('a configuration that is not', () => {
  test.each<[string, Tree, string, string, string]>([
    ['a missing section', { protocol: undefined }, '$.protocol', 'nothing', 'The backend dialect'],
    ['a missing key', { device: { chipId: undefined } }, '$.device.chipId', 'nothing', 'this board does not say it of itself'],
    ['a mistyped key', { boord: 'sim' }, '$.boord', 'an unknown key', 'did you mean "board"?'],
    ['a foreign key', { api: { cors: true } }, '$.api.cors', 'an unknown key', 'one of port, host, token'],
    ['a key that looks like part of JavaScript', { api: { constructor: 1 } }, '$.api.constructor', 'an unknown key', 'one of'],
    ['a wrong type', { api: { port: '7070' } }, '$.api.port', '"7070"', 'a whole number from 0 to 65535'],
    ['a number out of range', { api: { port: 70_000 } }, '$.api.port', '70000', 'a whole number from 0 to 65535'],
    ['a fraction', { sale: { minMinor: 0.5 } }, '$.sale.minMinor', '0.5', 'a whole number'],
    ['a list for an object', { api: [] }, '$.api', 'a list', 'an object'],
    ['null for an object', { sale: null }, '$.sale', 'null', 'an object'],
    ['an unknown choice', { log: { level: 'loud' } }, '$.log.level', '"loud"', '"debug" or "info" or "warn" or "error"'],
    [
      'an unknown loudspeaker',
      { speaker: { driver: 'horn' } },
      '$.speaker.driver',
      '"horn"',
      'a section with the driver "alsa", "wav" or "none"',
    ],
    ['an unknown protocol', { protocol: 'x25' }, '$.protocol', '"x25"', '"promptpay" or "ds50" or "qris-soundbox"'],
    ['ds50 without its section', { protocol: 'ds50' }, '$.ds50', 'nothing', 'the section of the protocol "ds50"'],
    [
      'a gateway key with a space in it',
      { 'payment-gateway': { http: { url: 'https://gateway.test' }, apiKey: 'pk 0000' } },
      '$["payment-gateway"].apiKey',
      'a text that does not fit',
      '1 to 4096 visible ASCII characters',
    ],
    [
      'a gateway without its key',
      { 'payment-gateway': { http: { url: 'https://gateway.test' } } },
      '$["payment-gateway"].apiKey',
      'nothing',
      'Sent as x-api-key',
    ],
    [
      'a currency the gateway does not carry',
      {
        protocol: 'payment-gateway',
        'payment-gateway': { http: { url: 'https://gateway.test' }, apiKey: 'pk_0000' },
        sale: { currency: 'USD' },
      },
      '$.sale.currency',
      '"USD"',
      'VND',
    ],
    ['a protocol without its section', { promptpay: undefined }, '$.promptpay', 'nothing', 'the section of the protocol "promptpay"'],
    ['a bad MAC address', { device: { mac: 'aa:bb:cc:dd:ee' } }, '$.device.mac', '"aa:bb:cc:dd:ee"', 'AA:BB:CC:DD:EE:FF'],
    ['mixed separators', { device: { mac: 'aa:bb-cc:dd:ee:ff' } }, '$.device.mac', '"aa:bb-cc:dd:ee:ff"', 'AA:BB:CC:DD:EE:FF'],
    ['a line break in a text', { device: { model: 'a\nb' } }, '$.device.model', '"a\\nb"', '1 to 64 characters'],
    ['a host name', { api: { host: 'box.local' } }, '$.api.host', '"box.local"', 'an IP address, or localhost'],
    ['no token off loopback', { api: { host: '0.0.0.0' } }, '$.api.token', 'nothing', 'because 0.0.0.0 can be reached'],
    ['a short token', { api: { token: 'short' } }, '$.api.token', 'a text that does not fit', '16 to 256 visible ASCII'],
    ['another scheme', { promptpay: { http: { url: 'ftp://h' } } }, '$.promptpay.http.url', '"ftp://h"', 'begins with http:// or https://'],
    ['a path that is none', { promptpay: { uploadsPath: 'x' } }, '$.promptpay.uploadsPath', '"x"', 'begins with /'],
    ['a certificate without key', { promptpay: { mqtt: { cert: CERT } } }, '$.promptpay.mqtt.key', 'nothing', 'the key of the certificate'],
    ['a key without certificate', { promptpay: { mqtt: { key: KEY } } }, '$.promptpay.mqtt.cert', 'nothing', 'the certificate of the key'],
    [
      'two that do not belong together',
      { promptpay: { http: { cert: CERT, key: OTHER_KEY } } },
      '$.promptpay.http.key',
      'another certificate',
      '`cert`',
    ],
    [
      'what is no certificate',
      { promptpay: { http: { ca: 'PEM?' } } },
      '$.promptpay.http.ca',
      'a text that does not fit',
      'certificates in PEM',
    ],
    ['a file that is not there', { api: { token: { file: 'gone' } } }, '$.api.token', 'ENOENT', 'a file that tilld may read'],
    ['a variable that is not set', { api: { token: { env: 'GONE' } } }, '$.api.token', 'no environment variable GONE', 'one that is set'],
    ['an empty variable', { api: { token: { env: 'EMPTY' } } }, '$.api.token', 'no environment variable EMPTY', 'one that is set'],
    ['an unknown signer', { promptpay: { signer: { profile: 'md5' } } }, '$.promptpay.signer.profile', '"md5"', '"crc32"'],
    [
      'a signer without its key',
      { promptpay: { signer: { profile: 'hmac-sha256', keyId: 'k' } } },
      '$.promptpay.signer.key',
      'nothing',
      'own key',
    ],
    [
      'a weak key',
      { promptpay: { signer: { profile: 'hmac-sha256', keyId: 'k', key: 'x' } } },
      '$.promptpay.signer.key',
      'not fit',
      '16 to 1024 bytes',
    ],
    ['a drive of no mode', { sale: { drive: { holdMs: 1 } } }, '$.sale.drive.mode', 'nothing', '"hold", "pulses" or "pulses-per"'],
    ['prices the wrong way round', { sale: { minMinor: 9, maxMinor: 8 } }, '$.sale.minMinor', '9', 'at most maxMinor, which is 8'],
    ['polls the wrong way round', { sale: { pollMinMs: 9_000, pollMaxMs: 8_000 } }, '$.sale.pollMinMs', '9000', 'at most pollMaxMs'],
    ['selling idle cash by nothing', { sale: { idleCash: 'sell' } }, '$.sale.idleCash', '"sell"', 'mode is "pulses-per"'],
    ['a currency the protocol does not carry', { sale: { currency: 'EUR' } }, '$.sale.currency', '"EUR"', 'THB'],
    ['a list that is none', { sale: { products: {} } }, '$.sale.products', 'an object', 'a list'],
    ['a product that is none', { sale: { products: [7] } }, '$.sale.products[0]', '7', 'an object'],
  ])('%s', (_, change, path, found, expected) => {
    expect(faultsOf(() => read(change))).toEqual([
      { path, found: expect.stringContaining(found), expected: expect.stringContaining(expected) },
    ]);
  });

  test('a product is checked against the rules around it', () => {
    const drive = { mode: 'pulses-per', unitMinor: 1_000, pulseMs: 50, gapMs: 50 };
    const product = { button: 'wash', label: 'Wash', priceMinor: 2_000 };
    const products = [product, { ...product, priceMinor: 50 }, { ...product, button: 'dry', priceMinor: 500 }];
    expect(faultsOf(() => read({ sale: { drive, products } })).map(({ path, expected }) => [path, expected.slice(0, 20)])).toEqual([
      ['$.sale.products[1].button', 'a button no other pr'],
      ['$.sale.products[1].priceMinor', 'minMinor to maxMinor'],
      ['$.sale.products[2].priceMinor', 'at least the unitMin'],
    ]);
  });

  test('every fault is listed, and the error reads well', () => {
    const attempt = () =>
      read({ boord: 1, language: 'de', device: { mac: 7 }, sale: { minMinor: -1, foo: 1 }, api: { token: { file: 'gone' } } });
    const paths = ['$.device.mac', '$.api.token', '$.sale.minMinor', '$.sale.foo', '$.language', '$.boord'];
    expect(faultsOf(attempt).map(({ path }) => path)).toEqual(paths);
    expect(attempt).toThrow(
      expect.toSatisfy((fault) =>
        /has 6 faults:\n {2}\$\.device\.mac: found 7, expected a MAC address.*\n {2}\$\.api/.test(fault.explain()),
      ),
    );
  });

  test.each([
    ['{"device": {', 'line 1 column 13'],
    ['{\n  "board": "sim",\n  "board": "x"\n}', 'line 3 column 3'],
  ])('%j is not JSON', (text, path) => {
    expect(faultsOf(() => parseConfig(text, 'tilld.json', {}))[0]?.path).toBe(path);
  });

  test.each([
    [() => join(folder, 'gone.json'), 'ENOENT'],
    [() => folder, 'EISDIR'],
  ])('a file that cannot be read', (file, found) => {
    expect(() => loadConfig(file())).toThrow(expect.objectContaining({ code: 'config-unreadable', blame: 'configuration', found }));
  });

  test('a file that is too large', () => {
    const file = join(folder, 'large.json');
    writeFileSync(file, ' '.repeat(256 * 1024 + 1));
    expect(() => loadConfig(file)).toThrow(expect.objectContaining({ code: 'config-unreadable', found: '262145 bytes' }));
  });

  test('who the box is may be left to the board', () => {
    const said = { serial: '10000000a1b2c3d4', mac: 'DC:A6:32:00:00:01', model: 'Raspberry Pi 4 Model B Rev 1.4' };
    const left = (device: Tree | undefined, machine = said) =>
      parseConfig(JSON.stringify({ ...LEAST, device }), 'tilld.json', ENV, () => machine).device;
    expect(left(undefined)).toEqual({ ...said, chipId: said.serial });
    expect(left({ serial: 'BOX-1', model: 'wash' })).toEqual({ ...said, chipId: said.serial, serial: 'BOX-1', model: 'wash' });
    expect(faultsOf(() => parseConfig(JSON.stringify({ ...LEAST, device: {} }), 'tilld.json', ENV)).map(({ path }) => path)).toEqual([
      '$.device.serial',
      '$.device.mac',
      '$.device.chipId',
      '$.device.model',
    ]);
  });

  test('no secret is ever shown, wherever it was put', () => {
    const places: ((secret: string) => Tree)[] = [
      (token) => ({ api: { token } }),
      (token) => ({ api: { token: { fiel: token } } }),
      (password) => ({ promptpay: { mqtt: { password: [password] } } }),
      (key) => ({ promptpay: { http: { key } } }),
      (key) => ({ promptpay: { signer: key } }),
      (key) => ({ promptpay: { signer: { profile: 'shared-secret-sha256', secret: { value: key } } } }),
      (pasword) => ({ promptpay: { mqtt: { pasword } } }),
      (apiKey) => ({ 'payment-gateway': { http: { url: 'https://gateway.test' }, apiKey: `${apiKey} ${apiKey}` } }),
      (secret) => ({ promptpay: { mqtt: { url: `mqtt://box:${secret}@broker.test` } } }),
    ];
    for (const place of places) {
      const shown = faultsOf(() => read(place('s3cr3t')));
      expect(shown.length, JSON.stringify(place(''))).toBeGreaterThan(0);
      expect(JSON.stringify(shown)).not.toContain('s3cr3t');
    }
  });

  test('whatever the file holds, it is read or refused with a list of faults', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(read())), fc.jsonValue(), (key, value) => {
        try {
          parseConfig(JSON.stringify({ ...LEAST, [key]: value }), 'tilld.json', {});
        } catch (error) {
          return error instanceof ConfigInvalid && error.faults.length > 0;
        }
        return true;
      }),
    );
  });
});

describe('the JSON Schema', () => {
  const schema = configJsonSchema() as { properties: Record<string, Tree>; required: string[]; additionalProperties: boolean };

  test('has every section, closed, with a description and its default', () => {
    expect(Object.keys(schema.properties)).toEqual([
      '$schema',
      ...Object.keys(LEAST),
      'ds50',
      'qris-soundbox',
      'kiosk',
      'payment-gateway',
      'ota',
      'api',
      'limits',
      'sale',
      'pairing',
      'stateEverySeconds',
      'log',
      'keypad',
      'language',
      'display',
      'theme',
      'printer',
      'ticket',
      'speaker',
    ]);
    expect(schema.required).toEqual(['board', 'protocol']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.stateEverySeconds).toMatchObject({ type: 'integer', minimum: 10, maximum: 86_400, default: 60 });
    expect(schema).toMatchObject({
      anyOf: [
        { properties: { protocol: { const: 'promptpay' } }, required: ['promptpay'] },
        { properties: { protocol: { const: 'ds50' } }, required: ['ds50'] },
        { properties: { protocol: { const: 'qris-soundbox' } }, required: ['qris-soundbox'] },
        { properties: { protocol: { const: 'kiosk' } }, required: ['kiosk'] },
        { properties: { protocol: { const: 'payment-gateway' } }, required: ['payment-gateway'] },
      ],
    });
  });

  test('describes every value', () => {
    const bare: string[] = [];
    const visit = (at: string, node: Tree) => {
      if (!('description' in node || 'const' in node)) bare.push(at);
      for (const [key, child] of Object.entries((node.properties ?? {}) as Tree)) if (isTree(child)) visit(`${at}.${key}`, child);
    };
    for (const [key, node] of Object.entries(schema.properties)) visit(key, node);
    expect(bare).toEqual([]);
  });
});
