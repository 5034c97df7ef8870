import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceFault } from '../domain/fault.ts';
import { OtaFault } from '../domain/ota/ota-fault.ts';
import type { FileTerms, Updates } from '../ports/updates.ts';
import { beepNow, download, type Offered, OtaHome, OtaShop, stage } from '../testkit/ota-box.ts';
import { offerOf } from '../testkit/sample-packages.ts';
import { installFile } from './install.ts';

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

describe('a file on this machine', () => {
  const terms = { permitDowngrade: false, unsigned: null };
  const install = (updates: Updates, file: string, more: Partial<FileTerms> = {}) =>
    installFile(updates, file, { ...terms, ...more }, () => () => undefined);

  it('is installed in one go', async () => {
    const updates = home.open();
    const steps = new Map<string, number[]>();
    const release = await installFile(updates, made.cust1.file, terms, (step) => (done, total) => void steps.set(step, [done, total]));
    expect(updates.state()).toMatchObject({
      job: null,
      slots: { CUST: { current: release, trial: { deployment: null, reachedBefore: false } } },
    });
    expect([...steps.keys()]).toEqual(['copy', 'verify', 'unpack']);
    for (const [done, total] of steps.values()) expect(done).toBe(total);
    expect(await beepNow(updates)).toBe('beep 1');
  });

  it('may come in place of its own download', async () => {
    const updates = home.open();
    await updates.begin(offerOf(made.cust1));
    await updates.append(Buffer.from('not its first bytes'), null);
    await install(updates, made.cust1.file);
    await download(updates, made.cust2);
    await updates.verify();
    await install(updates, made.cust2.file);
    await stage(updates, made.cust3);
    await install(updates, made.cust3.file);
    expect(await beepNow(updates)).toBe('beep 3');
  });

  it('that nobody signed is taken where that is allowed, to the byte or not at all', async () => {
    const { size, sha256, file } = made.unsigned;
    const exact = { unsigned: { size, sha256 } };
    await expect(install(home.open(), file, exact)).rejects.toThrow(
      expect.objectContaining({ code: 'ota-unsigned', blame: 'configuration' }),
    );
    const updates = home.open({}, true);
    await expect(install(updates, file)).rejects.toThrow(fault('ota-unsigned'));
    await expect(install(updates, file, { unsigned: { size: size + 1, sha256 } })).rejects.toThrow(fault('ota-size'));
    await expect(install(updates, file, { unsigned: { size, sha256: made.cust1.sha256 } })).rejects.toThrow(fault('ota-hash'));
    await install(updates, file, exact);
    expect(await beepNow(updates)).toBe('beep 1');
    expect(await beepNow(home.open())).toBe('beep 1');
  });

  it('that nobody signed does not come from a TMS, and is not believed after a restart', async () => {
    const allowed = () => home.open({}, true);
    const updates = allowed();
    await download(updates, made.unsigned);
    await expect(updates.verify()).rejects.toThrow(fault('ota-unsigned'));
    const { size, sha256, file } = made.unsigned;
    await updates.adoptFile(file, { permitDowngrade: false, unsigned: { size, sha256 } });
    await updates.verify();
    const after = allowed();
    await expect(after.stage()).rejects.toThrow(fault('ota-unsigned'));
    expect(after.state().job).toBeNull();
  });

  it('that is refused leaves a download from the TMS alone', async () => {
    const updates = home.open();
    await updates.begin(offerOf(made.cust2));
    await expect(install(updates, made.other.file)).rejects.toThrow(fault('ota-customer'));
    await expect(install(updates, join(shop.directory, 'none.zip'))).rejects.toThrow(
      expect.objectContaining({ code: 'ota-file', blame: 'caller' }),
    );
    await expect(install(updates, shop.directory)).rejects.toThrow(expect.objectContaining({ code: 'ota-file' }));
    expect(updates.state().job?.offer.name).toBe(made.cust2.name);
  });

  it('whose copy a restart cut off is given up', async () => {
    const updates = home.open();
    await updates.adoptFile(made.cust1.file, terms);
    const after = home.open();
    expect(after.state()).toMatchObject({ job: null, last: { state: 'refused', code: 'ota-interrupted' } });
    expect(fs.readdirSync(home.paths.downloads)).toEqual([]);
  });
});
