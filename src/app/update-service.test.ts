import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallerFault, ConfigurationFault, DeviceFault } from '../domain/fault.ts';
import type { PackageOffer } from '../domain/ota/update.ts';
import { backendFiles } from '../runtime/parameters.ts';
import { ScriptedCardReader, ScriptedCards, testCard } from '../testkit/card-desk.ts';
import { settle } from '../testkit/clock.ts';
import { type Offered, OtaHome, OtaShop, stage } from '../testkit/ota-box.ts';
import { MQTT, PAYMENT, readJson } from '../testkit/posparam.ts';
import { offerOf } from '../testkit/sample-packages.ts';
import { ScriptedParameters, ScriptedTms } from '../testkit/scripted-tms.ts';
import { TestBox } from '../testkit/test-box.ts';
import type { UpdateParts } from './update-service.ts';

const shop = new OtaShop();
let offered: Offered;
let home: OtaHome;
let bench: TestBox;
let tms: ScriptedTms;
let links: ScriptedParameters;
let restarts: number;

const configured = readJson({ mqtt: MQTT, payment: PAYMENT });
const FIRST = configured.ok ? { posparam: configured.posparam, ca: null, clientCertificate: null } : null;

beforeAll(async () => {
  offered = await shop.stock();
});

afterAll(() => shop.close());

beforeEach(() => {
  home = new OtaHome(shop);
  tms = new ScriptedTms();
  for (const one of Object.values(offered)) tms.hold(one);
  links = new ScriptedParameters();
  restarts = 0;
});

afterEach(async () => {
  await bench.end();
  home.close();
});

const terms = { permitDowngrade: false, unsigned: null };

interface Cards {
  readonly cardReader: ScriptedCardReader;
  readonly cards: ScriptedCards;
}

async function start(more: Partial<UpdateParts> = {}, cards?: Cards): Promise<void> {
  if (!FIRST) throw new Error('the sample parameters are not in order');
  const parts = (): UpdateParts => {
    const updates = home.open();
    return {
      updates,
      backendFiles: () => backendFiles(updates, FIRST),
      unusable: null,
      launchedAs: null,
      restart: () => void restarts++,
      trialMs: 60_000,
      confirmMs: 10_000,
      bytesPerSecond: null,
      ...more,
    };
  };
  bench = new TestBox({
    board: { delivery: null },
    ...(cards ? { cardReader: cards.cardReader } : {}),
    updates: parts,
    dress: (gateway) => {
      gateway.capabilities = { ...gateway.capabilities, pairs: false, reports: false };
      gateway.updates = tms;
      gateway.parameters = links;
      if (cards) gateway.cards = cards.cards;
      if (cards) gateway.capabilities = { ...gateway.capabilities, qr: false };
    },
  });
  await bench.start();
}

/** Lets the disk work and time pass until it is so. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) {
    await setImmediate();
    await bench.clock.flow(50);
  }
}

const ended = () =>
  until(() => tms.told().some((text) => /^(UPGRADE|VERIFY|DOWNLOAD)_(SUCCESS|FAIL)/.test(text) && !text.startsWith('DOWNLOAD_SUCCESS')));
const offer = (one: keyof Offered, more: Partial<PackageOffer> = {}) => bench.gateway.offerUpdate(offerOf(offered[one], more));
const current = () => bench.box.updates().slots;

describe('a resource package by the TMS', () => {
  it('is downloaded, checked, switched, proven and reported step by step', async () => {
    await start();
    await offer('cust1');
    await ended();
    expect(tms.told()).toEqual(['HAVE_UPDATE', 'START_DOWNLOAD', 'DOWNLOAD_SUCCESS', 'UPGRADING', 'UPGRADE_SUCCESS']);
    expect(current().CUST).toMatchObject({ current: { version: 'V1.0.0' }, trial: null });
    expect(links.applied).toHaveLength(1);
    expect(bench.said.map(({ phrase }) => phrase)).toEqual(['update-installing', 'update-done']);
    expect(bench.screens.map((screen) => screen.kind)).toContain('updating');
    expect(bench.box.screen().kind).toBe('idle');
    expect(bench.store.outboxSize()).toEqual({ waiting: 0, parked: 0 });
  });

  it('goes on where it was after a restart in the middle of the download', async () => {
    await start({ bytesPerSecond: 4_096 });
    tms.mostBytes = 4_096;
    await offer('cust1');
    await until(() => tms.ranges.length === 2);
    await bench.box.stop();
    const length = fs.statSync(home.paths.part(offered.cust1.sha256)).size;
    await bench.cut();
    await bench.start();
    await ended();
    expect(tms.ranges.map(({ from }) => from).filter((from) => from === 0)).toHaveLength(1);
    expect(length).toBeGreaterThanOrEqual(4_096);
    expect(tms.ranges[2]?.from).toBe(length);
    expect(current().CUST.current?.version).toBe('V1.0.0');
  });

  it('asks again after a cut, begins anew when the file has changed, and gives up in the end', async () => {
    await start();
    tms.troubles.push('cut', 'changed', 'cut');
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_SUCCESS');
    tms.reports.length = 0;
    tms.troubles.push('longer', 'longer', 'changed', 'longer');
    await offer('cust2');
    await ended();
    expect(tms.told().at(-1)).toBe('DOWNLOAD_FAIL download-changing');
    expect(bench.box.updates().job).toBeNull();
    expect(current().CUST.current?.version).toBe('V1.0.0');
  });

  it.each([
    ['gone', 'cust1', ['gone'], 'DOWNLOAD_FAIL download-refused'],
    ['of a stranger', 'strange', [], 'VERIFY_FAIL ota-signature'],
    ['of another customer', 'other', [], 'UPGRADE_FAIL ota-customer'],
  ] as const)('that is %s is refused and reported', async (_, name, troubles, told) => {
    await start();
    tms.troubles.push(...troubles);
    await offer(name);
    await ended();
    expect(tms.told().at(-1)).toBe(told);
    expect(current().CUST.current).toBeNull();
    expect(links.applied).toEqual([]);
  });

  it('that is there already is a success', async () => {
    await start();
    await offer('cust1');
    await ended();
    tms.reports.length = 0;
    await offer('cust1', { deployment: 'dep-2' });
    await ended();
    expect(tms.told()).toEqual(['HAVE_UPDATE', 'UPGRADE_SUCCESS ota-same-version']);
  });

  it('that comes after its deadline is not begun', async () => {
    await start();
    await offer('cust1', { deadlineMs: bench.clock.wallMs() - 1 });
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL ota-deadline');
    expect(tms.ranges).toEqual([]);
  });

  it('waits for a sale to end before it downloads and before it is switched', async () => {
    await start();
    bench.gateway.steadyAnswer = { state: 'unresolved', reason: '' };
    const { id } = bench.box.sell({ amountMinor: 500, origin: 'api' });
    await offer('cust1');
    for (let n = 0; n < 20; n++) await setImmediate();
    expect(tms.ranges).toEqual([]);
    bench.box.cancel(id, 'api');
    await ended();
    expect(current().CUST.current?.version).toBe('V1.0.0');
    expect(bench.gateway.leftovers()).toEqual(['unexpected requestQr']);
  });

  it('takes no more a second than it may, on average', async () => {
    await start({ bytesPerSecond: 10_000 });
    const beganMs = bench.clock.monotonicMs();
    await offer('cust1');
    await until(() => tms.told().includes('DOWNLOAD_SUCCESS'));
    expect(bench.clock.monotonicMs() - beganMs).toBeGreaterThan((offered.cust1.size / 10_000) * 1_000 - 100);
  });
});

describe('parameters on trial', () => {
  it('are gone back from when the backend is silent by them and was not before', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL backend-unreachable');
    expect(current().CUST.current).toBeNull();
    expect(links.applied).toHaveLength(2);
    expect(links.applied[1]).toEqual(FIRST?.posparam);
    expect(bench.said.at(-1)?.phrase).toBe('update-failed');
  });

  it('may be tried again after that: the cable may have been pulled', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await ended();
    tms.reports.length = 0;
    links.reachable = () => true;
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_SUCCESS');
  });

  it('stay when nothing answered before either: silence says nothing then', async () => {
    await start();
    links.reachable = () => false;
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_SUCCESS');
    expect(current().CUST).toMatchObject({ current: { version: 'V1.0.0' }, trial: null });
  });

  it('that cannot be applied at all are gone back from at once, for good', async () => {
    await start();
    links.refusal = new ConfigurationFault('no key', { code: 'client-key-missing' });
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL client-key-missing');
    tms.reports.length = 0;
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL ota-failed-before');
  });

  it('are gone back from when the box was started three times without proving them', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    for (let tries = 2; tries <= 3; tries++) {
      await bench.cut();
      await bench.start();
      await until(() => current().CUST.trial?.tries === tries);
    }
    await bench.cut();
    await bench.start();
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL trial-tries');
    expect(current().CUST.current).toBeNull();
  });

  it('survive a power cut in the middle of their trial, and are proven afterwards', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    await bench.cut();
    links.reachable = () => true;
    await bench.start();
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_SUCCESS');
  });
});

describe('parameters and whoever is buying', () => {
  it('are not taken back while a card is being charged', async () => {
    const reader = new ScriptedCardReader();
    const cards = new ScriptedCards();
    await start({}, { cardReader: reader, cards });
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    bench.box.sell({ amountMinor: 500, origin: 'api' });
    await settle();
    reader.waiting?.present(testCard());
    await bench.clock.flow(70_000);
    expect(bench.box.screen().kind).toBe('authorising');
    expect(links.applied).toHaveLength(1);
    cards.answer({ state: 'paid' });
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL backend-unreachable');
    expect(bench.kinds()).toContain('sale.settled');
  });

  it('are known to have reached the backend once, also when they do not right now', async () => {
    await start();
    bench.gateway.reconnect();
    await until(() => bench.store.fact('backend.reached') === '');
    links.reachable = () => false;
    await offer('cust1');
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL backend-unreachable');
  });

  it('that could not be applied on the way back are applied later, and stand as an alarm until then', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    links.refusal = new DeviceFault('the disk is busy', { code: 'ota-io' });
    await until(() => bench.box.status().alarms.some(({ code }) => code === 'parameters-not-applied'));
    await until(() => links.applied.length === 2);
    await bench.clock.flow(200);
    expect(bench.box.status().alarms).toEqual([]);
    expect(links.applied.at(-1)).toEqual(FIRST?.posparam);
  });

  it('keep their trial and their one start, whatever somebody types meanwhile', async () => {
    await start();
    links.reachable = (posparam) => posparam === null;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    for (let n = 0; n < 5; n++) await expect(bench.box.installUpdate('/nowhere/CUST_x.zip', terms)).rejects.toThrow();
    await bench.clock.flow(500);
    expect(current().CUST.trial?.tries).toBe(1);
    const beganMs = bench.clock.monotonicMs();
    await ended();
    expect(bench.clock.monotonicMs() - beganMs).toBeLessThan(61_000);
    expect(tms.told().at(-1)).toBe('UPGRADE_FAIL backend-unreachable');
  });

  it('that never had a backend to reach survive any number of starts without one', async () => {
    await start();
    links.reachable = () => false;
    await offer('cust1');
    await until(() => current().CUST.trial?.tries === 1);
    for (let n = 2; n <= 6; n++) {
      await bench.cut();
      await bench.start();
      await until(() => current().CUST.trial?.tries === n);
    }
    await ended();
    expect(tms.told().at(-1)).toBe('UPGRADE_SUCCESS');
  });
});

describe('several instructions', () => {
  it('for firmware and for resources are both carried out', async () => {
    await start({ launchedAs: '' });
    await Promise.all([offer('ap1', { deployment: 'dep-A' }), offer('cust1', { deployment: 'dep-B' })]);
    await until(() => restarts === 1);
    expect(current().AP.current?.version).toBe('V1.0.0');
    await bench.cut();
    await bench.start();
    await until(() => current().CUST.current?.version === 'V1.0.0' && current().CUST.trial === null);
  });

  it('of one type: the newest counts, and the TMS hears what became of the others', async () => {
    await start();
    tms.troubles.push('cut', 'cut', 'cut');
    await offer('cust1', { deployment: 'dep-A' });
    await until(() => tms.ranges.length > 0);
    await offer('cust2', { deployment: 'dep-B' });
    await until(() => current().CUST.current?.version === 'V2.0.0' && current().CUST.trial === null);
    await bench.clock.flow(500);
    const endOf = (deployment: string) => tms.reports.filter((report) => report.deployment === deployment).at(-1);
    expect(endOf('dep-A')).toMatchObject({ status: 'UPGRADE_FAIL', reason: 'ota-superseded' });
    expect(endOf('dep-B')).toMatchObject({ status: 'UPGRADE_SUCCESS' });
  });

  it('one by hand ends one of the TMS, and firmware that nobody could start ends none', async () => {
    await start({ bytesPerSecond: 1_000 });
    tms.mostBytes = 1_000;
    await offer('cust1', { deployment: 'dep-A' });
    await until(() => tms.ranges.length > 0);
    await expect(bench.box.installUpdate(offered.ap1.file, terms)).rejects.toMatchObject({ code: 'ota-no-launcher' });
    expect(bench.box.updates().job?.offer.deployment).toBe('dep-A');
    await bench.box.installUpdate(offered.cust2.file, terms);
    await until(() => current().CUST.current?.version === 'V2.0.0');
    await until(() => tms.told().includes('UPGRADE_FAIL ota-superseded'));
  });
});

describe('firmware', () => {
  it('proves itself before parameters do: its time runs, and needs no network', async () => {
    const updates = home.open();
    await stage(updates, offered.ap1);
    await updates.activate(false);
    await stage(updates, offered.cust1);
    await updates.activate(true);
    links.reachable = () => false;
    await start({ launchedAs: updates.state().slots.AP.current?.id ?? '' });
    await until(() => current().AP.trial === null);
    expect(current().CUST.trial).not.toBeNull();
  });

  it('that is staged on a box that nobody would start again is given up, and the box goes on', async () => {
    await stage(home.open(), offered.ap1);
    await start();
    await ended();
    expect(tms.told()).toEqual(['UPGRADE_FAIL ota-no-launcher']);
    expect(bench.box.status().ready.reasons).toEqual([]);
  });

  it('is refused by a box that nobody would start again', async () => {
    await start();
    await offer('ap1');
    await ended();
    expect(tms.told()).toEqual(['HAVE_UPDATE', 'UPGRADE_FAIL ota-no-launcher']);
  });

  it('is switched, and the process ends for the launcher', async () => {
    await start({ launchedAs: '' });
    await offer('ap1');
    await until(() => restarts === 1);
    expect(current().AP).toMatchObject({ current: { version: 'V1.0.0' }, trial: { tries: 0 } });
    expect(bench.box.screen()).toEqual({ kind: 'updating', step: 'restarting' });
    expect(tms.told().at(-1)).toBe('UPGRADING');
  });

  it('confirms itself after a while of health, without any network', async () => {
    const updates = home.open();
    await stage(updates, offered.ap1);
    await updates.activate(false);
    links.reachable = () => false;
    await start({ launchedAs: updates.state().slots.AP.current?.id ?? '' });
    await bench.clock.flow(5_000);
    expect(current().AP.trial).not.toBeNull();
    await ended();
    expect(tms.told()).toEqual(['UPGRADE_SUCCESS']);
    expect(current().AP.trial).toBeNull();
  });

  it('on trial is confirmed by nobody but itself', async () => {
    const updates = home.open();
    await stage(updates, offered.ap1);
    await updates.activate(false);
    await start({ launchedAs: '' });
    await bench.clock.flow(60_000);
    expect(current().AP.trial).not.toBeNull();
  });

  it('that the launcher went back from is reported by the release before', async () => {
    const updates = home.open();
    await stage(updates, offered.ap1);
    await updates.activate(false);
    await updates.rollBack('AP', 'trial-tries', 'it crashed', true);
    await start({ launchedAs: '' });
    await ended();
    expect(tms.told()).toEqual(['UPGRADE_FAIL trial-tries']);
    await bench.cut();
    await bench.start();
    await bench.clock.flow(2_000);
    expect(tms.reports).toHaveLength(1);
  });
});

describe('by hand', () => {
  it('a file of this machine is installed without a TMS being told', async () => {
    await start();
    await bench.box.installUpdate(offered.cust1.file, terms);
    await until(() => current().CUST.current !== null && current().CUST.trial === null);
    expect(tms.reports).toEqual([]);
    expect(links.applied).toHaveLength(1);
  });

  it('a roll-back takes effect at once', async () => {
    await start();
    await bench.box.installUpdate(offered.cust1.file, terms);
    await until(() => current().CUST.current !== null && current().CUST.trial === null);
    await bench.box.rollBackUpdate('CUST');
    expect(current().CUST.current).toBeNull();
    expect(links.applied.at(-1)).toEqual(FIRST?.posparam);
    await expect(bench.box.rollBackUpdate('CUST')).rejects.toMatchObject({ code: 'ota-nothing-to-roll-back' });
  });

  it('firmware without a launcher, and what is no package, are refused to whoever asks', async () => {
    await start();
    await expect(bench.box.installUpdate(offered.ap1.file, terms)).rejects.toMatchObject({ code: 'ota-no-launcher' });
    await expect(bench.box.installUpdate('/nowhere/CUST_DS50-MQ_ACME_V1.0.0.zip', terms)).rejects.toBeInstanceOf(CallerFault);
  });
});

describe('reports', () => {
  it('wait in the outbox while the TMS does not take them, and keep their order', async () => {
    await start();
    tms.open = false;
    await offer('cust1');
    await until(() => current().CUST.current !== null && current().CUST.trial === null);
    expect(bench.store.outbox('update', 100).length).toBeGreaterThanOrEqual(5);
    tms.open = true;
    bench.gateway.reconnect();
    await ended();
    expect(tms.told()).toEqual(['HAVE_UPDATE', 'START_DOWNLOAD', 'DOWNLOAD_SUCCESS', 'UPGRADING', 'UPGRADE_SUCCESS']);
  });
});
