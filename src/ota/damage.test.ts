import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeviceFault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import { beepNow, download, installed, type Offered, OtaHome, OtaShop, stage } from '../testkit/ota-box.ts';
import { offerOf } from '../testkit/sample-packages.ts';
import { rollBackByHand } from './install.ts';
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

describe('going back', () => {
  it('gives the release before, then none', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await stage(updates, made.cust2);
    await updates.activate(true);
    expect(await beepNow(updates)).toBe('beep 2');
    expect((await updates.rollBack('CUST', 'ota-link-lost', 'no broker', true))?.version).toBe('V1.0.0');
    expect(await beepNow(updates)).toBe('beep 1');
    expect(updates.state()).toMatchObject({
      refused: [made.cust2.sha256],
      last: { state: 'rolled-back', code: 'ota-link-lost', deployment: 'dep-1' },
    });
    expect(await rollBackByHand(updates, 'CUST')).toBeNull();
    expect(await beepNow(updates)).toBeNull();
    await expect(rollBackByHand(updates, 'CUST')).rejects.toThrow(expect.objectContaining({ code: 'ota-nothing-to-roll-back' }));
    home.open();
    expect(home.releases('CUST')).toEqual([]);
  });
});

describe('a resource', () => {
  it('is only what is listed', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    fs.writeFileSync(join(home.paths.releases('CUST'), 'current', 'mp3', 'extra.mp3'), 'x');
    for (const path of ['mp3/extra.mp3', 'contents.json', 'resource.json', '../../state.json', 'mp3', '', '/etc/passwd']) {
      expect(await updates.resource(path)).toBeNull();
    }
    expect(Buffer.from((await updates.resource('cust/posparam.ini')) ?? []).toString()).toContain('mqtt.example.com');
  });

  it('of a damaged release is that of the release before it', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await installed(updates, made.cust2, 'CUST');
    const file = join(home.paths.releases('CUST'), 'current', 'mp3', 'beep.mp3');
    const bytes = fs.readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(7_000) ^ 8, 7_000);
    fs.writeFileSync(file, bytes);
    const after = home.open();
    const beeps = await Promise.all([beepNow(after), beepNow(after), after.resource('cust/posparam.ini')]);
    expect(beeps.slice(0, 2)).toEqual(['beep 1', 'beep 1']);
    expect(home.reported).toEqual(['ota-release-damaged']);
    expect(after.state()).toMatchObject({
      refused: [],
      slots: { CUST: { current: { version: 'V1.0.0' } } },
      last: { state: 'rolled-back', code: 'ota-release-damaged' },
    });
    await installed(after, made.cust2, 'CUST');
    expect(await beepNow(after)).toBe('beep 2');
  });

  it.each(['contents.json', 'mp3/beep.mp3'])('without %s there is none, when there is no release before', async (name) => {
    await installed(home.open(), made.cust1, 'CUST');
    fs.rmSync(join(home.paths.releases('CUST'), 'current', name));
    const after = home.open();
    expect(await beepNow(after)).toBeNull();
    expect(after.state().slots.CUST.current).toBeNull();
    expect(home.reported).toEqual(['ota-release-damaged']);
  });
});

describe('a damaged state', () => {
  it('is the one before, is told, and is whole again', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    fs.writeFileSync(home.stateFile(), 'x');
    const after = home.open();
    expect(home.reported).toEqual(['ota-state-damaged']);
    expect(after.state().slots.CUST).toMatchObject({ current: { version: 'V1.0.0' }, trial: { tries: 0 } });
    expect(readState(home.directory)).toEqual({ state: after.state(), damaged: null });
    expect(await beepNow(after)).toBe('beep 1');
  });

  it('with no copy left uses no release and removes none', async () => {
    await installed(home.open(), made.cust1, 'CUST');
    const before = home.releases('CUST').filter((name) => name !== 'current');
    for (const name of ['state.json', 'state.prev.json']) fs.writeFileSync(home.stateFile(name), 'x');
    const after = home.open();
    expect(home.reported).toEqual(['ota-state-damaged']);
    expect([after.state().generation, await beepNow(after)]).toEqual([0, null]);
    expect(home.releases('CUST')).toEqual(before);
    await installed(after, made.cust2, 'CUST');
    expect(await beepNow(after)).toBe('beep 2');
  });

  it('at any byte is never a crash and never a mixed state', async () => {
    const updates = home.open();
    await installed(updates, made.cust1, 'CUST');
    await stage(updates, made.cust2);
    const before = updates.state();
    await updates.activate(true);
    const after = updates.state();
    const good = fs.readFileSync(home.stateFile());
    for (let at = 0; at < good.length; at += 7) {
      const bad = Buffer.from(good);
      bad.writeUInt8(good.readUInt8(at) ^ 0x10, at);
      fs.writeFileSync(home.stateFile(), bad);
      const found = home.open().state();
      expect(found).toEqual(before);
    }
    fs.writeFileSync(home.stateFile(), good);
    expect(home.open().state()).toEqual(after);
  }, 60_000);
});

describe('the disk', () => {
  it('must have room beside the reserve', async () => {
    const updates = home.open({ reserveBytes: 2 ** 50 });
    await expect(updates.begin(offerOf(made.cust1))).rejects.toThrow(fault('ota-no-space', DeviceFault));
    expect(updates.state()).toMatchObject({ job: null, last: { state: 'refused', code: 'ota-no-space' } });
    const roomy = home.open();
    await download(roomy, made.cust1);
    await roomy.verify();
    const full = home.open({ reserveBytes: 2 ** 50 });
    await expect(full.stage()).rejects.toThrow(fault('ota-no-space', DeviceFault));
    // The caller gives up, or tries again when there is room.
    expect(full.state().job?.phase).toBe('verified');
    await roomy.stage();
  });

  it('that cannot be written at all does not keep the box from starting', async () => {
    fs.writeFileSync(home.paths.root, 'a file in the way');
    const updates = home.open();
    await expect(updates.begin(offerOf(made.cust1))).rejects.toThrow(fault('ota-io', DeviceFault));
    expect(updates.state().job).toBeNull();
  });
});
