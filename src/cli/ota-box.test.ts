import fs from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { NO_UPDATES } from '../domain/ota/states.ts';
import type { UpdateState } from '../domain/ota/update.ts';
import { readState } from '../ota/state-file.ts';
import { claimState } from '../runtime/single-instance.ts';
import { runTilld } from '../testkit/command-line.ts';
import { installed, type Offered, OtaHome, OtaShop } from '../testkit/ota-box.ts';

let shop: OtaShop;
let made: Offered;
let home: OtaHome;
let config: string;

beforeAll(async () => {
  shop = new OtaShop();
  made = await shop.stock();
  config = join(shop.directory, 'box.json');
  writeConfig({});
});

afterAll(() => shop.close());

beforeEach(() => {
  home = new OtaHome(shop);
});

afterEach(() => home.close());

function writeConfig(ota: Record<string, unknown>): void {
  const promptpay = { http: { url: 'http://127.0.0.1:1' }, mqtt: { url: 'mqtt://127.0.0.1:1' } };
  const section = { customer: 'ACME', trustedKeys: [shop.publicKey], ...ota };
  const device = { serial: 'SIM-0001', mac: '02:00:00:00:00:01', chipId: 'chip-1', model: 'tilld-sim' };
  fs.writeFileSync(config, JSON.stringify({ device, board: 'sim', protocol: 'promptpay', promptpay, ota: section }));
}

/** On the state folder of a box that does not run. */
const ota = (...argv: string[]) => runTilld(['ota', ...argv, '--state', home.directory]);

describe('install', () => {
  test('resources', async () => {
    const { code, out, err } = await ota('install', made.cust1.file, '--config', config);
    expect([code, out, err]).toEqual([0, `${made.cust1.name} is installed and on trial: the box proves it while it runs.\n`, '']);
    expect(readState(home.directory).state.slots.CUST).toMatchObject({
      current: { version: 'V1.0.0' },
      trial: { deployment: null, reachedBefore: false },
    });
  });

  test('firmware', async () => {
    const { code, out } = await ota('install', made.ap1.file, '--config', config);
    expect([code, out]).toEqual([0, `${made.ap1.name} is installed and on trial: it starts at the next start by tilld-launch.\n`]);
  });

  test('says why not, and changes nothing', async () => {
    await installed(home.open(), made.cust2, 'CUST');
    const { code, err } = await ota('install', made.cust1.file, '--config', config);
    expect([code, err]).toEqual([1, expect.stringContaining('tilld: The package is older than what is installed')]);
    const json = await ota('install', made.strange.file, '--config', config, '--permit-downgrade', '--json');
    expect(JSON.parse(json.err).error).toMatchObject({ code: 'ota-signature', blame: 'peer' });
    expect(readState(home.directory).state).toMatchObject({ job: null, slots: { CUST: { current: { version: 'V2.0.0' } } } });
    expect((await ota('install', made.cust1.file, '--config', config, '--permit-downgrade', '--json')).code).toBe(0);
    expect(readState(home.directory).state.slots.CUST).toMatchObject({ current: { version: 'V1.0.0' }, previous: { version: 'V2.0.0' } });
  });

  test('what nobody signed, to the byte', async () => {
    const { file, size, sha256 } = made.unsigned;
    const exact = ['--unsigned', '--size', String(size), '--sha256', sha256.toUpperCase()];
    expect((await ota('install', file, '--config', config, ...exact)).err).toContain('This box takes signed packages only');
    writeConfig({ allowUnsigned: true });
    try {
      expect((await ota('install', file, '--config', config)).err).toContain('not signed');
      expect((await ota('install', file, '--config', config, ...exact)).code).toBe(0);
    } finally {
      writeConfig({});
    }
  });

  test.each([
    [['--unsigned'], '--unsigned needs --size and --sha256'],
    [['--size', '5'], '--size and --sha256 are for --unsigned only'],
    [['--unsigned', '--size', 'x', '--sha256', 'a'.repeat(64)], '--size is not usable'],
    [['--unsigned', '--size', '5', '--sha256', 'xyz'], '--sha256 is not usable'],
    [[], '--config is missing'],
  ])('%j is wrong usage', async (options, message) => {
    const { code, err } = await ota('install', made.cust1.file, ...options);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test('needs a state folder', async () => {
    const { code, err } = await runTilld(['ota', 'install', made.cust1.file, '--config', config, '--state', join(home.directory, 'none')]);
    expect([code, err]).toEqual([1, expect.stringContaining('There is no such state folder')]);
  });
});

describe('status', () => {
  test('of a box that was never updated', async () => {
    expect(await ota('status')).toEqual({ code: 0, out: "Firmware   tilld's own\nResource   tilld's own\nUnder way  nothing\n", err: '' });
    expect(fs.readdirSync(home.directory)).toEqual([]);
  });

  test('with all there is', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await ota('install', made.ap1.file, '--config', config);
    await home.open().tried('AP');
    const more = home.open();
    await more.begin({
      deployment: 'd-2',
      name: made.cust2.name,
      size: 9,
      sha256: made.cust2.sha256,
      path: '/',
      permitDowngrade: false,
      deadlineMs: null,
    });
    const { out } = await ota('status');
    expect(out).toBe(`Firmware   V1.0.0, on trial (1 start); before it tilld's own
Resource   V1.0.0, confirmed; before it tilld's own
Under way  ${made.cust2.name}, downloading, by d-2
Last       ${made.cust1.name} confirmed, by dep-1 1970-01-01T00:00:01.000Z
`);
    await more.rollBack('AP', 'ota-not-healthy', 'three\u001b[2J starts', true);
    expect((await ota('status')).out.split('\n').slice(3)).toEqual([
      `Last       ${made.ap1.name} rolled-back 1970-01-01T00:00:01.000Z: ota-not-healthy, three\u{fffd}[2J starts`,
      'Not again  1 package that failed on this box',
      '',
    ]);
    expect(JSON.parse((await ota('status', '--json')).out)).toEqual(readState(home.directory).state);
  });

  test('tells of damage and does not touch it', async () => {
    await installed(home.open(), made.cust1, 'CUST');
    fs.writeFileSync(home.stateFile(), 'x');
    const { code, out, err } = await ota('status');
    expect([code, err]).toEqual([0, expect.stringContaining('state.json is damaged; the copy before it is used')]);
    expect(out).toContain('Resource   V1.0.0, on trial');
    expect(fs.readFileSync(home.stateFile(), 'utf8')).toBe('x');
  });
});

describe('rollback', () => {
  test('goes back a release at a time', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await installed(updates, made.cust2, 'CUST');
    expect(await ota('rollback', 'resource')).toEqual({ code: 0, out: 'The resource is V1.0.0 again.\n', err: '' });
    expect((await ota('rollback', 'resource')).out).toBe("The resource is tilld's own again.\n");
    const { code, err } = await ota('rollback', 'resource');
    expect([code, err]).toEqual([1, 'tilld: There is no release to go back from\n']);
    expect(readState(home.directory).state).toMatchObject({ refused: [], last: { state: 'rolled-back', code: 'by-hand' } });
  });

  test('of firmware takes effect with the launcher', async () => {
    await installed(home.open(), made.ap1, 'AP');
    expect((await ota('rollback', 'firmware')).out).toBe(
      "The firmware is tilld's own again. It starts at the next start by tilld-launch.\n",
    );
  });

  test('of something else is wrong usage', async () => {
    expect(await ota('rollback', 'everything')).toMatchObject({ code: 2, err: expect.stringContaining('firmware or resource') });
  });
});

describe('while the box runs', () => {
  let server: Server;
  let url: string;
  let asked: string[];
  let state: UpdateState;
  let release: () => void;

  beforeEach(async () => {
    asked = [];
    state = NO_UPDATES;
    server = createServer(async (request, response) => {
      asked.push(`${request.method} ${request.url} ${await bodyOf(request)}`.trim());
      response.end(JSON.stringify(request.method === 'GET' ? state : { state }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    release = await claimState(home.directory);
  });

  afterEach(() => {
    release();
    server.close();
  });

  const tilld = (...argv: string[]) => runTilld(['ota', ...argv], { env: { TILLD_URL: url } });

  test('it is the box that does it', async () => {
    await tilld('status');
    await tilld('install', 'some.zip', '--permit-downgrade', '--state', home.directory);
    await tilld('install', '/x/other.zip', '--unsigned', '--size', '5', '--sha256', 'a'.repeat(64));
    await tilld('rollback', 'firmware');
    const file = JSON.stringify(join(process.cwd(), 'some.zip'));
    expect(asked).toEqual([
      'GET /v1/updates',
      `POST /v1/updates/install {"file":${file},"permitDowngrade":true}`,
      `POST /v1/updates/install {"file":"/x/other.zip","permitDowngrade":false,"unsigned":{"size":5,"sha256":"${'a'.repeat(64)}"}}`,
      'POST /v1/updates/rollback {"type":"AP"}',
    ]);
    expect(fs.readdirSync(home.directory)).toEqual([]);
  });

  test('a package that waits for the end of a sale is not called installed', async () => {
    const { name, size, sha256, file } = made.cust1;
    const offer = { deployment: '', name, size, sha256, path: '/', permitDowngrade: false, deadlineMs: null };
    state = { ...NO_UPDATES, job: { phase: 'downloading', offer, etag: null, release: null } };
    expect((await tilld('install', file)).out).toBe(`${name} is taken up; the box checks it and switches to it when no sale is open.\n`);
  });

  test('its address is not forgotten for a folder that happens to be there', async () => {
    server.close();
    server.closeAllConnections();
    expect((await tilld('status')).err).toContain('No box answers');
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
