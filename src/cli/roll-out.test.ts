import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readState } from '../ota/state-file.ts';
import { type ReferenceBackend, startReferenceBackend } from '../refserver/server.ts';
import { needsChromium } from '../testkit/needs.ts';
import { TilldProcess } from '../testkit/run-process.ts';
import { simulation } from '../testkit/simulation.ts';
import { watchedBrowser } from '../testkit/watched-browser.ts';
import { signingKeys, writeBoxConfig } from './simulate-config.ts';
import { openStateFolder, type SimulationFiles } from './simulate-state.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const SERIAL = 'SIM-DS50-0001';
const browserNeed = needsChromium();

/** A folder with the configuration of a payment speaker and the key of its packages, and what people do with them. */
class Workshop {
  readonly folder: string;
  readonly files: SimulationFiles;

  constructor(folder: string) {
    this.folder = folder;
    this.files = openStateFolder(folder, false);
  }

  /** Writes box.json as for a new box, with these settings of its `ota` section. */
  configure(addresses: { apiPort: number; httpUrl: string; mqttUrl: string }, ota: Readonly<Record<string, number>>): void {
    const { configFile } = this.files;
    signingKeys(configFile, 'ds50');
    writeBoxConfig(configFile, addresses, 'ds50');
    const config = JSON.parse(readFileSync(configFile, 'utf8'));
    Object.assign(config.ota, ota);
    writeFileSync(configFile, JSON.stringify(config));
  }

  posparam(): { mqtt: Record<string, unknown>; payment: Record<string, unknown> } {
    return JSON.parse(readFileSync(join(this.folder, 'posparam.ini'), 'utf8'));
  }

  /** A resource package with these files, by the commands of its maker; the path of the package. */
  async resources(version: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const tree = join(this.folder, `tree-${version}`);
    for (const name of ['cust', 'mp3', 'ui', 'key']) mkdirSync(join(tree, name), { recursive: true });
    for (const [path, content] of Object.entries(files)) writeFileSync(join(tree, path), content);
    const { file } = await this.#tilld(['ota', 'tree', tree, '--version', version, '--out', this.folder]);
    return this.#pack(file);
  }

  /** A firmware package with this image. */
  firmware(version: string, image: string): Promise<string> {
    const core = join(this.folder, `DS50_app_${version}.img`);
    writeFileSync(core, image);
    return this.#pack(core);
  }

  async #pack(core: string): Promise<string> {
    return (await this.#tilld(['ota', 'pack', core, '--key', join(this.folder, 'ota.key'), '--out', this.folder])).file;
  }

  async #tilld(line: readonly string[]): Promise<{ file: string }> {
    const { code, out, err } = await new TilldProcess([...line, '--json']).ended();
    if (code !== 0) throw new RangeError(err);
    return JSON.parse(out);
  }
}

/** The page of the roll-outs, as a person uses it. */
class RollOuts {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async group(name: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Serial numbers').fill(SERIAL);
    await this.page.getByRole('button', { name: 'Save group' }).click();
    await this.page.locator('#groups').getByText('1 device').waitFor();
  }

  /** Uploads a package and rolls it out to the group. */
  async start(file: string): Promise<void> {
    const name = file.slice(dirname(file).length + 1);
    await this.page.getByLabel('Choose a package').setInputFiles(file);
    await this.page.locator('#packages li', { hasText: name }).getByText('signed', { exact: true }).waitFor();
    await this.page.locator('#start-package option:checked', { hasText: name }).waitFor({ state: 'attached' });
    await this.page.getByRole('button', { name: 'Start' }).click();
  }

  /** Waits until the newest roll-out has ended with these words about the box, and looks at the box's row. */
  async ended(words: string): Promise<{ progress: string | null }> {
    const newest = this.page.getByRole('article').first();
    await newest.getByText(words).waitFor({ timeout: 30_000 });
    return { progress: await newest.getByRole('progressbar', { name: `${SERIAL}: progress` }).getAttribute('value') };
  }
}

describe.skipIf(browserNeed.missing)(`resources rolled out to a box, in a browser${browserNeed.why}`, { timeout: 60_000 }, () => {
  const sim = simulation('ds50', { ota: { trialSeconds: 10 } });
  const { says } = sim;
  let workshop: Workshop;
  let tms: RollOuts;

  beforeAll(async () => {
    workshop = new Workshop(sim.folder);
    tms = new RollOuts(await sim.browser.open(`${sim.backendUrl}tms`));
  });

  const picture = async () => (await fetch(`${sim.panelUrl}v1/screen.svg`)).text();
  const push = async (orderId: string) => {
    const body = JSON.stringify({ deviceSn: SERIAL, transType: '00', amount: '700', orderId });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${sim.backendUrl}ref/ds50/push`, { method: 'POST', headers, body })).status).toBe(201);
  };

  const LOGO =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 80"><rect width="200" height="80" rx="16" fill="#b4431f"/><circle cx="40" cy="40" r="24" fill="#fff"/><rect x="80" y="28" width="96" height="24" rx="8" fill="#fff"/></svg>';
  const LOGO_TEXT = Buffer.from(LOGO).toString('base64');
  const CLIP = Buffer.from('a clip that is no MP3 at all');

  test('parameters, a logo and a clip arrive, and the box shows and plays them', async () => {
    await says('Ready.');
    const posparam = workshop.posparam();
    const file = await workshop.resources('V1.0.0', {
      'cust/posparam.ini': JSON.stringify(posparam),
      'ui/logo.svg': LOGO,
      'mp3/dsp_updatesucc.mp3': CLIP,
    });
    expect(file).toMatch(/CUST_DS50-MQ_DSPREAD_V1\.0\.0\.zip$/);
    const sound = () => fetch(`${sim.panelUrl}sim/sounds/dsp_updatesucc.mp3`);
    expect((await sound()).status).toBe(204);
    await tms.group('Shop');
    await tms.start(file);
    expect(await tms.ended('UPGRADE_SUCCESS')).toEqual({ progress: '100' });
    await says('Ready.');
    expect(await picture()).toContain(LOGO_TEXT);
    expect(Buffer.from(await (await sound()).arrayBuffer())).toEqual(CLIP);
    await sim.panel.locator('#speech', { hasText: 'The update is done' }).waitFor();
    await push('after-1');
    await says('Present a card to pay $7.');
    await sim.panel.getByRole('button', { name: 'Cancel' }).click();
  });

  test('parameters that lead nowhere are gone back from, and orders come again', async () => {
    await says('Ready.');
    const { mqtt, payment } = workshop.posparam();
    const nowhere = { mqtt: { ...mqtt, mqtt_port: '1' }, payment: { ...payment, pgw_port: '1' } };
    await tms.start(await workshop.resources('V1.0.1', { 'cust/posparam.ini': JSON.stringify(nowhere) }));
    await sim.panel.locator('#status', { hasText: 'mqtt down' }).waitFor();
    await push('order-meanwhile');
    await tms.ended('UPGRADE_FAIL (backend-unreachable)');
    await tms.page.locator('#rollouts .badge.bad:text-is("completed")').waitFor();
    await says('Present a card to pay $7.');
    await sim.panel.getByRole('button', { name: 'Cancel' }).click();
    await says('Ready.');
    expect(await picture()).toContain(LOGO_TEXT);
    await sim.panel.locator('#speech', { hasText: 'The update failed' }).waitFor();
    await sim.panel.locator('#alarms li').first().waitFor({ state: 'detached' });
  });
});

describe.skipIf(browserNeed.missing)(
  `firmware rolled out to a box that tilld-launch started${browserNeed.why}`,
  { timeout: 60_000 },
  () => {
    const browser = watchedBrowser();
    let workshop: Workshop;
    let backend: ReferenceBackend;
    let box: TilldProcess;
    let tms: RollOuts;

    beforeAll(async () => {
      workshop = new Workshop(mkdtempSync(join(tmpdir(), 'tilld-rollout-')));
      const trustedKeys = signingKeys(workshop.files.configFile, 'ds50');
      backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, tms: { trustedKeys } });
      workshop.configure({ apiPort: 0, ...backend }, { confirmSeconds: 5 });
      const { configFile, boxState } = workshop.files;
      box = new TilldProcess(['--state', boxState, '--', 'run', '--json', '--config', configFile, '--state', boxState], 'tilld-launch');
      tms = new RollOuts(await browser.open(`${backend.httpUrl}/tms`));
      await box.says(/"ready":true/);
    }, 60_000);

    afterAll(async () => {
      await box?.end();
      await backend?.stop();
      rmSync(workshop.folder, { recursive: true });
    });

    test('a release that is well is confirmed', async () => {
      const image = `#!/bin/sh\necho "image V1.0.0 runs"\nexec '${process.execPath}' '${MAIN}' "$@"\n`;
      await tms.group('Shop');
      await tms.start(await workshop.firmware('V1.0.0', image));
      await box.says(/image V1\.0\.0 runs\n.*"ready":true/s);
      expect(await tms.ended('UPGRADE_SUCCESS')).toEqual({ progress: '100' });
      expect(readState(workshop.files.boxState).state.slots.AP).toMatchObject({ current: { version: 'V1.0.0' }, trial: null });
    });

    test('a release that ends at once is gone back from, and the one before says so', async () => {
      await tms.start(await workshop.firmware('V1.0.1', '#!/bin/sh\necho "image V1.0.1 runs"\nexit 3\n'));
      await tms.ended('UPGRADE_FAIL (ota-trial-failed)');
      const { slots, refused } = readState(workshop.files.boxState).state;
      expect([slots.AP.current?.version, slots.AP.trial, refused.length]).toEqual(['V1.0.0', null, 1]);
      const { code, out, err } = await box.end();
      expect(code).toBe(0);
      expect(out.match(/image V1\.0\.[01] runs/g)).toEqual([0, 1, 1, 1, 0].map((patch) => `image V1.0.${patch} runs`));
      expect(err).toContain('back to AP_DS50-MQ_DSPREAD_V1.0.0.zip\n');
    });
  },
);
