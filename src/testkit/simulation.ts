import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { BoxStatus } from '../app/box.ts';
import { writeBoxConfig } from '../cli/simulate-config.ts';
import type { SimulatedProtocol } from '../cli/simulate-new-box.ts';
import { openStateFolder } from '../cli/simulate-state.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Totals } from '../ports/store.ts';
import { runTilld } from './command-line.ts';
import { readPng } from './png.ts';
import { POWER_CUTS, WatchedBrowser } from './watched-browser.ts';

const FREE_PORTS = ['--port', '0', '--api-port', '0', '--http-port', '0', '--mqtt-port', '0', '--gateway-port', '0'];
/** Overwritten as soon as the simulation knows its ports. */
const ADDRESSES = {
  apiPort: 7070,
  httpUrl: 'http://127.0.0.1:8081',
  mqttUrl: 'mqtt://127.0.0.1:1884',
  gatewayUrl: 'http://127.0.0.1:3000',
};
const START_MS = 60_000;

/** What is changed in a box's configuration, section by section. */
type Change = Readonly<Record<string, JsonObject>>;

/** A whole `tilld simulate` in this process, with the panel of its box and the page of its backend open in a browser. */
class Simulation {
  readonly browser = new WatchedBrowser(POWER_CUTS);
  readonly #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #folder: string | null = null;
  #world: { panelUrl: string; backendUrl: string; apiUrl: string } | null = null;
  #pages: { panel: Page; backend: Page } | null = null;

  async start(protocol: SimulatedProtocol, change: Change): Promise<void> {
    this.#folder = mkdtempSync(join(tmpdir(), 'tilld-simulation-'));
    const { configFile } = openStateFolder(this.folder, false);
    writeBoxConfig(configFile, ADDRESSES, protocol);
    this.configure(change);
    const started = Promise.withResolvers<string>();
    const simulate = ['simulate', '--json', '--protocol', protocol, '--state', this.folder, ...FREE_PORTS];
    this.#ended = runTilld(simulate, { stop: this.#stop.signal, onOut: started.resolve });
    await this.browser.start();
    this.#world = JSON.parse(await started.promise);
    const [panel, backend] = await Promise.all([this.browser.open(this.panelUrl), this.browser.open(this.backendUrl)]);
    this.#pages = { panel, backend };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.#stop.abort();
    await this.#ended;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true });
  }

  /** Changes the configuration as its owner would: in the file. The box reads it when it starts. */
  configure(change: Change): void {
    const file = join(this.folder, 'box.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    for (const [section, fields] of Object.entries(change)) config[section] = { ...config[section], ...fields };
    writeFileSync(file, JSON.stringify(config));
  }

  /** Where everything is kept. */
  get folder(): string {
    return started(this.#folder);
  }

  get panel(): Page {
    return started(this.#pages).panel;
  }

  get backend(): Page {
    return started(this.#pages).backend;
  }

  get panelUrl(): string {
    return started(this.#world).panelUrl;
  }

  get backendUrl(): string {
    return started(this.#world).backendUrl;
  }

  get apiUrl(): string {
    return started(this.#world).apiUrl;
  }

  /** What the panel's server, which passes the box's local API on, has at a path. */
  readonly ofBox = <T>(path: string): Promise<T> => json(`${this.panelUrl}${path}`);
  /** What the backend's control API has at a path. */
  readonly ofBackend = <T>(path: string): Promise<T> => json(`${this.backendUrl}ref/${path}`);
  readonly status = (): Promise<BoxStatus> => this.ofBox('v1/status');
  readonly sinceEver = async (): Promise<Totals> => (await this.ofBox<{ sinceEver: Totals }>('v1/counters')).sinceEver;

  /** Waits until the panel says the screen in these words. */
  readonly says = (words: string): Promise<void> => this.panel.locator('#says', { hasText: words }).waitFor();

  readonly power = async (is: 'on' | 'off'): Promise<void> => {
    await this.panel.click('#power');
    await this.panel.locator(`body[data-power="${is}"]`).waitFor();
  };

  /** The journal as the panel says it, the newest line first. */
  readonly journal = (): Promise<string[]> => this.panel.locator('#journal .words').allTextContents();

  /** What the journal says from the newest line with these words on, the oldest first. */
  readonly journalFrom = async (words: string): Promise<string[]> => {
    const lines = await this.journal();
    return lines.slice(0, lines.findIndex((line) => line.includes(words)) + 1).reverse();
  };

  /** What a phone reads off a picture on the panel. */
  readonly scan = async (picture: string): Promise<string | undefined> => {
    const { width, height, data } = readPng(await this.panel.locator(picture).screenshot());
    return jsqr.default(data, width, height)?.data;
  };
}

/** A simulation for the tests of the `describe` it is called in: they are the chapters of one story. */
export function simulation(protocol: SimulatedProtocol, change: Change = {}): Simulation {
  const world = new Simulation();
  beforeAll(() => world.start(protocol, change), START_MS);
  afterEach(() => world.browser.expectSilence());
  afterAll(() => world.stop());
  return world;
}

async function json<T>(url: string): Promise<T> {
  return (await fetch(url)).json() as Promise<T>;
}

function started<T>(value: T | null): T {
  if (value === null) throw new RangeError('the simulation was not started');
  return value;
}
