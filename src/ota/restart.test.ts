import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import { beepNow, download, installed, type Offered, OtaHome, OtaShop, stage } from '../testkit/ota-box.ts';
import { offerOf } from '../testkit/sample-packages.ts';
import { readState } from './state-file.ts';

let shop: OtaShop;
let made: Offered;
let home: OtaHome;

beforeAll(async () => {
  shop = new OtaShop();
  made = await shop.stock();
});

afterAll(() => shop.close());

beforeEach(() => {
  home = new OtaHome(shop);
});

afterEach(() => home.close());

const fault = (code: string, type: typeof OtaFault | typeof DeviceFault = OtaFault) => expect.objectContaining({ code, name: type.name });

describe('after a restart', () => {
  it('a download goes on behind its last byte', async () => {
    const bytes = fs.readFileSync(made.cust1.file);
    await home.open().begin(offerOf(made.cust1));
    for (let at = 0; at < bytes.length; at += 20_000) {
      const updates = home.open();
      expect(await updates.begin(offerOf(made.cust1, { deployment: `dep-${at}` }))).toBe(at);
      await updates.append(bytes.subarray(at, at + 20_000), '"1"');
    }
    const updates = home.open();
    expect(updates.state().job).toMatchObject({ phase: 'downloading', etag: '"1"' });
    await updates.verify();
    expect(updates.state().job?.phase).toBe('verified');
  });

  it('a download that a power cut left at its length, not with its bytes, is refused, and comes again from its first byte', async () => {
    const bytes = fs.readFileSync(made.cust1.file);
    await home.open().begin(offerOf(made.cust1));
    await home.open().append(bytes.subarray(0, 5_000), '"1"');
    fs.truncateSync(home.paths.part(made.cust1.sha256), 8_000);
    const updates = home.open();
    expect(await updates.begin(offerOf(made.cust1))).toBe(8_000);
    await updates.append(bytes.subarray(8_000), '"1"');
    await expect(updates.verify()).rejects.toThrow(fault('ota-hash'));
    expect(fs.existsSync(home.paths.part(made.cust1.sha256))).toBe(false);
    expect(updates.state().refused).toEqual([]);
    expect(await updates.begin(offerOf(made.cust1, { deployment: 'dep-2' }))).toBe(0);
    await updates.append(bytes, '"1"');
    await updates.verify();
    expect(updates.state().job?.phase).toBe('verified');
  });

  it('a verified package is checked again and unpacked', async () => {
    const updates = home.open();
    await download(updates, made.cust1);
    await updates.verify();
    const after = home.open();
    expect(await after.begin(offerOf(made.cust1))).toBe(made.cust1.size);
    await after.stage();
    await after.activate(false);
    expect(await beepNow(after)).toBe('beep 1');
  });

  it('a verified package that was damaged meanwhile is refused', async () => {
    const updates = home.open();
    await download(updates, made.cust1);
    await updates.verify();
    const part = home.paths.part(made.cust1.sha256);
    fs.writeFileSync(part, Buffer.alloc(made.cust1.size));
    const after = home.open();
    await expect(after.stage()).rejects.toThrow(fault('ota-hash'));
    expect(after.state()).toMatchObject({ job: null, last: { state: 'refused', code: 'ota-hash' } });
  });

  it('a verified package that was lost is downloaded again', async () => {
    const updates = home.open();
    await download(updates, made.cust1);
    await updates.verify();
    fs.truncateSync(home.paths.part(made.cust1.sha256), 77);
    const after = home.open();
    expect(after.state().job).toMatchObject({ phase: 'downloading', etag: null, release: null });
    expect(await after.begin(offerOf(made.cust1))).toBe(77);
  });

  it('a staged release is switched to', async () => {
    await stage(home.open(), made.cust1);
    const after = home.open();
    expect(await after.begin(offerOf(made.cust1))).toBe(made.cust1.size);
    expect(after.state().job?.phase).toBe('staged');
    await after.activate(true);
    expect(await beepNow(after)).toBe('beep 1');
  });

  it('a staged release that was damaged meanwhile is not', async () => {
    await stage(home.open(), made.cust1);
    const { release } = readState(home.directory).state.job ?? {};
    fs.appendFileSync(join(home.paths.release('CUST', release?.id ?? ''), 'mp3/beep.mp3'), 'x');
    const after = home.open();
    await expect(after.activate(true)).rejects.toThrow(fault('ota-release-damaged', DeviceFault));
    expect(after.state()).toMatchObject({ job: null, slots: { CUST: { current: null } }, last: { code: 'ota-release-damaged' } });
    expect(home.releases('CUST')).toEqual([]);
    await installed(after, made.cust1, 'CUST');
  });

  it('a staged release that was lost is downloaded again', async () => {
    await stage(home.open(), made.cust1);
    fs.rmSync(home.paths.releases('CUST'), { recursive: true });
    expect(home.open().state().job?.phase).toBe('downloading');
  });

  it('a release that was in its place before its state was written is found and used', async () => {
    const updates = home.open();
    await download(updates, made.cust1);
    await updates.verify();
    const verified = fs.readFileSync(home.stateFile());
    const part = fs.readFileSync(home.paths.part(made.cust1.sha256));
    await updates.stage();
    fs.writeFileSync(home.stateFile(), verified);
    fs.writeFileSync(home.paths.part(made.cust1.sha256), part);
    await updates.abandon('not this one', '');
    fs.writeFileSync(home.stateFile(), verified);
    fs.writeFileSync(home.paths.part(made.cust1.sha256), part);
    const after = home.open();
    await after.stage();
    await after.activate(true);
    expect(await beepNow(after)).toBe('beep 1');
  });

  it('a trial goes on with its count, and a confirmed release is not on trial', async () => {
    const updates = home.open();
    await stage(updates, made.ap1);
    await updates.activate(false);
    await updates.tried('AP');
    expect(await home.open().tried('AP')).toBe(2);
    await home.open().confirm('AP');
    expect(home.open().state().slots.AP).toMatchObject({ current: { version: 'V1.0.0' }, trial: null });
  });

  it('a part that is longer than the offer is begun anew', async () => {
    await home.open().begin(offerOf(made.cust1));
    fs.writeFileSync(home.paths.part(made.cust1.sha256), Buffer.alloc(made.cust1.size + 1));
    expect(await home.open().begin(offerOf(made.cust1))).toBe(0);
    fs.writeFileSync(home.paths.part(made.cust1.sha256), Buffer.alloc(made.cust1.size + 1));
    const updates = home.open();
    await updates.append(Buffer.from('x'), null);
    expect(updates.state().job?.phase).toBe('downloading');
  });

  it('nothing is left over', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await updates.begin(offerOf(made.cust2));
    await updates.append(Buffer.from('x'), null);
    const { current } = updates.state().slots.CUST;
    fs.mkdirSync(home.paths.partial('CUST', 'V2.0.0-000000000000'));
    fs.mkdirSync(home.paths.release('CUST', 'V0.9.0-000000000000'));
    fs.writeFileSync(home.paths.part('0'.repeat(64)), 'x');
    fs.writeFileSync(join(home.paths.downloads, 'core.tmp'), 'x');
    fs.rmSync(home.paths.current('CUST'));
    fs.symlinkSync('nowhere', home.paths.current('CUST'));
    home.open();
    expect(home.releases('CUST')).toEqual([current?.id, 'current']);
    expect(fs.readdirSync(home.paths.downloads)).toEqual([`${made.cust2.sha256}.part`]);
    expect(fs.readlinkSync(home.paths.current('CUST'))).toBe(current?.id);
  });
});

describe('another offer', () => {
  it('takes the place of a job and of what was there of it', async () => {
    const updates = home.open();
    await stage(updates, made.cust1);
    await download(updates, made.cust2);
    expect(home.releases('CUST')).toEqual([]);
    expect(fs.readdirSync(home.paths.downloads)).toEqual([`${made.cust2.sha256}.part`]);
    await updates.begin(offerOf(made.ap1));
    expect(fs.readdirSync(home.paths.downloads)).toEqual([]);
  });

  it('rewound begins anew', async () => {
    const updates = home.open();
    await download(updates, made.cust1);
    await updates.rewind();
    expect(updates.state().job).toMatchObject({ phase: 'downloading', etag: null });
    await download(updates, made.cust1);
    await updates.verify();
  });
});
