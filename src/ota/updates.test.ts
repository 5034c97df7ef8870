import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceFault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { PackageOffer } from '../domain/ota/update.ts';
import type { Updates } from '../ports/updates.ts';
import { beepNow, download, installed, type Offered, OtaHome, OtaShop, stage } from '../testkit/ota-box.ts';
import { offerOf } from '../testkit/sample-packages.ts';
import { installFile } from './install.ts';
import type { PackedPackage } from './package/pack.ts';
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

describe('an install', () => {
  it('goes from the offer to a confirmed release, every step durable', async () => {
    const updates = home.open();
    expect(await updates.begin(offerOf(made.cust1))).toBe(0);
    const bytes = fs.readFileSync(made.cust1.file);
    expect(await updates.append(bytes.subarray(0, 1_000), '"e"')).toBe(1_000);
    expect(readState(home.directory).state.job).toMatchObject({ phase: 'downloading', etag: '"e"' });
    expect(await updates.append(bytes.subarray(1_000), '"e"')).toBe(bytes.length);

    const release = await updates.verify();
    expect(release).toMatchObject({ type: 'CUST', version: 'V1.0.0', name: made.cust1.name, core: 'resource_V1.0.0.zip', epoch: 1 });
    expect(release.id).toBe(`V1.0.0-${made.cust1.sha256.slice(0, 12)}`);
    expect(readState(home.directory).state.job).toMatchObject({ phase: 'verified', release });

    expect(await updates.stage()).toEqual(release);
    expect(readState(home.directory).state).toMatchObject({ job: { phase: 'staged' }, slots: { CUST: { current: null } } });
    expect(fs.readdirSync(home.paths.downloads)).toEqual([]);
    expect(home.releases('CUST')).toEqual([release.id]);
    expect(await updates.resource('mp3/beep.mp3')).toBeNull();

    expect(await updates.activate(true)).toEqual(release);
    expect(readState(home.directory).state).toMatchObject({
      job: null,
      slots: { CUST: { current: release, trial: { tries: 0, reachedBefore: true } } },
    });
    expect(fs.readlinkSync(home.paths.current('CUST'))).toBe(release.id);
    expect(await beepNow(updates)).toBe('beep 1');

    expect([await updates.tried('CUST'), await updates.tried('CUST')]).toEqual([1, 2]);
    await updates.confirm('CUST');
    await updates.confirm('CUST');
    expect(readState(home.directory).state).toEqual(updates.state());
    expect(updates.state()).toMatchObject({
      slots: { CUST: { current: release, trial: null } },
      last: { state: 'confirmed', deployment: 'dep-1' },
    });
    expect(home.reported).toEqual([]);
  });

  it('shows how far its long steps are', async () => {
    const updates = home.open();
    const seen: number[][] = [];
    const progress = (done: number, total: number) => void seen.push([done, total]);
    await download(updates, made.cust1);
    await updates.verify(progress);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toEqual([3 * made.cust1.size, 3 * made.cust1.size]);
    seen.length = 0;
    await updates.stage(progress);
    expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
  });

  it('of firmware leaves a program, and the two kinds know nothing of each other', async () => {
    const updates = home.open();
    await installed(updates, made.ap1, 'AP');
    await installed(updates, made.cust1, 'CUST');
    const { AP, CUST } = updates.state().slots;
    const image = join(home.paths.releases('AP'), 'current', 'DS50_app_V1.0.0.img');
    expect(fs.readFileSync(image, 'utf8')).toContain('echo V1.0.0');
    expect(fs.statSync(image).mode & 0o100).toBe(0o100);
    expect([AP.current?.version, CUST.current?.version]).toEqual(['V1.0.0', 'V1.0.0']);
    expect(await updates.rollBack('AP', 'x', '', false)).toBeNull();
    expect(updates.state().slots.CUST).toBe(CUST);
    expect(fs.existsSync(home.paths.current('AP'))).toBe(false);
  });

  it('keeps the release before, and the next start removes the one before that', async () => {
    const updates = home.open();
    for (const one of [made.cust1, made.cust2, made.cust3]) await installed(updates, one, 'CUST');
    const { current, previous } = updates.state().slots.CUST;
    expect([current?.version, previous?.version]).toEqual(['V3.0.0', 'V2.0.0']);
    home.open();
    expect(home.releases('CUST')).toEqual([previous?.id, current?.id, 'current']);
  });
});

describe('what is not taken up', () => {
  it.each<[string, () => PackageOffer]>([
    ['ota-name', () => offerOf(made.cust1, { name: 'CUST_DS50-MQ_../x_V1.0.0.zip' })],
    ['ota-model', () => offerOf(made.cust1, { name: 'CUST_DS99_ACME_V1.0.0.zip' })],
    ['ota-customer', () => offerOf(made.other)],
    ['ota-offer', () => offerOf(made.cust1, { sha256: '../../etc/passwd' })],
    ['ota-offer', () => offerOf(made.cust1, { size: 2 ** 40 })],
    ['ota-offer', () => offerOf(made.cust1, { size: 0 })],
  ])('%s', async (code, offer) => {
    const updates = home.open();
    await expect(updates.begin(offer())).rejects.toThrow(fault(code));
    expect(updates.state()).toMatchObject({ generation: 0, job: null });
    expect(fs.readdirSync(home.directory)).toEqual([]);
  });

  it('what is installed already: there is nothing to fetch', async () => {
    const updates = home.open();
    await installed(updates, made.cust2, 'CUST');
    await expect(updates.begin(offerOf(made.cust2))).rejects.toThrow(fault('ota-same-version'));
    await expect(updates.begin(offerOf(made.cust2, { permitDowngrade: true }))).rejects.toThrow(fault('ota-same-version'));
    expect(updates.state().job).toBeNull();
  });

  it('what failed before', async () => {
    const updates = home.open();
    await stage(updates, made.cust1);
    await updates.activate(true);
    expect(await updates.rollBack('CUST', 'ota-not-healthy', 'no link', true)).toBeNull();
    await expect(updates.begin(offerOf(made.cust1))).rejects.toThrow(fault('ota-failed-before'));
    await expect(home.open().begin(offerOf(made.cust1, { permitDowngrade: true }))).rejects.toThrow(fault('ota-failed-before'));
    await installed(updates, made.cust2, 'CUST');
  });
});

describe('the version of a package', () => {
  const refused = async (updates: Updates, one: PackedPackage, code: string, more: Partial<PackageOffer> = {}) => {
    await download(updates, one, more);
    await expect(updates.verify()).rejects.toThrow(fault(code));
    expect(updates.state().job).toBeNull();
  };
  const byHand = (updates: Updates, one: PackedPackage, permitDowngrade: boolean) =>
    installFile(updates, one.file, { permitDowngrade, unsigned: null }, () => () => undefined);

  it('must rise, but for a permit', async () => {
    const updates = home.open();
    await installed(updates, made.cust2, 'CUST');
    await refused(updates, made.cust1, 'ota-downgrade');
    await refused(updates, made.cust2again, 'ota-same-version');
    await installed(updates, made.cust1, 'CUST', { permitDowngrade: true });
    expect(updates.state().slots.CUST).toMatchObject({ current: { version: 'V1.0.0' }, previous: { version: 'V2.0.0' } });
    expect(await beepNow(updates)).toBe('beep 1');
  });

  it('counts for nothing behind a later epoch', async () => {
    const updates = home.open();
    await installed(updates, made.cust2, 'CUST');
    await installed(updates, made.epoch2, 'CUST');
    expect(updates.state().slots.CUST.current).toMatchObject({ version: 'V1.0.0', epoch: 2 });
  });

  it('of an older epoch is for a person to permit, never for a TMS', async () => {
    const updates = home.open();
    await installed(updates, made.epoch2, 'CUST');
    await refused(updates, made.cust2, 'ota-downgrade');
    await refused(updates, made.cust2, 'ota-downgrade', { permitDowngrade: true });
    await expect(byHand(updates, made.cust2, false)).rejects.toThrow(fault('ota-downgrade'));
    await byHand(updates, made.cust2, true);
    expect(updates.state().slots.CUST.current).toMatchObject({ version: 'V2.0.0', epoch: 1 });
  });

  it('that a person has permitted is judged again when a TMS offers the same package', async () => {
    const updates = home.open();
    await installed(updates, made.epoch2, 'CUST');
    await updates.adoptFile(made.cust2.file, { permitDowngrade: true, unsigned: null });
    await updates.verify();
    await refused(updates, made.cust2, 'ota-downgrade', { permitDowngrade: true });
  });
});

describe('a package that is refused ends its job and leaves nothing', () => {
  const spoiled = (one: PackedPackage, at: number): Buffer => {
    const bytes = fs.readFileSync(one.file);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes;
  };

  it.each<[string, () => PackedPackage, () => Buffer, Partial<PackageOffer>]>([
    ['ota-size', () => made.cust1, () => fs.readFileSync(made.cust1.file).subarray(1), {}],
    ['ota-hash', () => made.cust1, () => spoiled(made.cust1, 100), {}],
    ['ota-signature', () => made.strange, () => fs.readFileSync(made.strange.file), {}],
    ['ota-unsigned', () => made.unsigned, () => fs.readFileSync(made.unsigned.file), {}],
  ])('%s', async (code, one, bytes, more) => {
    const updates = home.open();
    await updates.begin(offerOf(one(), more));
    await updates.append(bytes(), null);
    await expect(updates.verify()).rejects.toThrow(fault(code));
    expect(readState(home.directory).state).toMatchObject({
      job: null,
      last: { state: 'refused', code, name: one().name, deployment: 'dep-1' },
    });
    expect(fs.readdirSync(home.paths.downloads)).toEqual([]);
    expect(fs.existsSync(home.paths.releases('CUST'))).toBe(false);
    // Giving it up once more is no mistake.
    await updates.abandon('x', '');
    expect(updates.state().last?.code).toBe(code);
  });

  it('bytes beyond its size are not written', async () => {
    const updates = home.open();
    await updates.begin(offerOf(made.cust1));
    await expect(updates.append(Buffer.alloc(made.cust1.size + 1), '"1"')).rejects.toThrow(fault('ota-size'));
    expect([fs.existsSync(home.paths.part(made.cust1.sha256)), updates.state().job?.etag]).toEqual([false, null]);
  });
});

describe('calls out of order', () => {
  it('change nothing', async () => {
    const updates = home.open();
    const wrong = { code: 'ota-out-of-order', blame: 'caller' };
    for (const call of [
      () => updates.append(Buffer.from('x'), null),
      () => updates.rewind(),
      () => updates.verify(),
      () => updates.stage(),
      () => updates.activate(true),
      () => updates.tried('CUST'),
      () => updates.rollBack('CUST', 'x', '', true),
    ]) {
      await expect(call()).rejects.toThrow(expect.objectContaining(wrong));
    }
    await updates.confirm('AP');
    await updates.abandon('x', '');
    expect(updates.state().generation).toBe(0);
    await download(updates, made.cust1);
    for (const call of [() => updates.stage(), () => updates.activate(true)]) {
      await expect(call()).rejects.toThrow(expect.objectContaining(wrong));
    }
    expect(updates.state().job?.phase).toBe('downloading');
  });

  it('that come at once are carried out one after the other', async () => {
    const updates = home.open();
    const bytes = fs.readFileSync(made.cust1.file);
    const calls = [
      updates.begin(offerOf(made.cust1)),
      updates.append(bytes.subarray(0, 500), null),
      updates.append(bytes.subarray(500), null),
      updates.verify(),
      updates.stage(),
      updates.activate(true),
      updates.confirm('CUST'),
    ];
    await Promise.all(calls);
    expect(updates.state().slots.CUST).toMatchObject({ current: { version: 'V1.0.0' }, trial: null });
  });
});
