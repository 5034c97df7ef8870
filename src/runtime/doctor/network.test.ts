import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createPlain } from 'node:net';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MqttEndpoint } from '../../net/endpoint.ts';
import type { Clock } from '../../ports/clock.ts';
import { type TestBroker, testBroker } from '../../testkit/broker.ts';
import { type Certificates, makeCertificates } from '../../testkit/certificates.ts';
import { seededEntropy } from '../../testkit/entropy.ts';
import { HurriedClock } from '../../testkit/hurried-clock.ts';
import { type Mosquitto, mosquitto } from '../../testkit/mosquitto.ts';
import { needsAll, needsMosquitto, needsOpenssl } from '../../testkit/needs.ts';
import { systemClock } from '../clock.ts';
import { examine } from './examine.ts';
import type { Link } from './links.ts';
import { linkChecks } from './network.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PASSWORD = 'synthetic-password';
const brokerLink = (endpoint: MqttEndpoint): Link => {
  const url = new URL(endpoint.url);
  return { code: 'broker', title: 'Broker', url, tls: url.protocol === 'mqtts:' ? endpoint : null, mqtt: endpoint };
};
const httpLink = (url: string, tls: Link['tls'] = null): Link => ({
  code: 'backend',
  title: 'Backend',
  url: new URL(url),
  tls,
  mqtt: null,
});

async function ask(link: Link, { clock = systemClock() as Clock, brokerUp = false } = {}) {
  const results = await examine(linkChecks([link], { clock, entropy: seededEntropy(), brokerUp }), systemClock());
  return results.map(({ code, verdict, reason }) => [code, verdict, reason ?? '']);
}

async function whole(link: Link, clock: Clock = systemClock()) {
  return examine(linkChecks([link], { clock, entropy: seededEntropy(), brokerUp: false }), clock);
}

/** A clock whose wall is so many days off. */
function daysOff(days: number): Clock {
  const clock = systemClock();
  return { ...clock, wallMs: () => clock.wallMs() + days * 86_400_000 };
}

async function http(listener: RequestListener, tls: TlsOptions | null = null): Promise<string> {
  const server: Server = tls === null ? createServer(listener) : createSecureServer(tls, listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `${tls === null ? 'http' : 'https'}://localhost:${(server.address() as AddressInfo).port}`;
}

describe('a broker', () => {
  async function broker(options: Parameters<typeof testBroker>[0] = {}): Promise<TestBroker> {
    const made = await testBroker(options);
    cleanups.push(() => made.stop());
    return made;
  }

  it('lets the box in', async () => {
    const { port, events } = await broker({
      authenticate: (_client, user, password, done) => done(null, user === 'box' && String(password) === PASSWORD),
    });
    expect(await ask(brokerLink({ url: `mqtt://127.0.0.1:${port}`, username: 'box', password: PASSWORD }))).toEqual([
      ['broker-reach', 'ok', ''],
      ['broker-certificate', 'ok', ''],
      ['broker-login', 'ok', ''],
    ]);
    // Under a name of its own, with nothing subscribed and nothing said.
    expect(events.all).toEqual([{ kind: 'client', id: expect.stringMatching(/^tillddoctor[0-9a-f]{10}$/) }]);
  });

  it.each([
    [5, 'fault', 'mqtt-auth-refused'],
    [4, 'fault', 'mqtt-auth-refused'],
    [2, 'warning', 'broker-own-id-only'],
    [3, 'fault', 'mqtt-unavailable'],
  ] as const)('refuses with code %i: %s', async (returnCode, verdict, reason) => {
    const { port } = await broker({
      authenticate: (_client, _user, _password, done) => done(Object.assign(new Error('no'), { returnCode }), false),
    });
    const results = await whole(brokerLink({ url: `mqtt://127.0.0.1:${port}`, username: 'box', password: PASSWORD }));
    expect(results.at(-1)).toMatchObject({ code: 'broker-login', verdict, reason, remedy: expect.any(String) });
    expect(JSON.stringify(results)).not.toContain(PASSWORD);
  });

  it('is not asked when the box that runs is connected', async () => {
    const { port, events } = await broker();
    expect((await ask(brokerLink({ url: `mqtt://127.0.0.1:${port}` }), { brokerUp: true })).at(-1)).toEqual(['broker-login', 'ok', '']);
    expect(events.all).toEqual([]);
  });

  it('that nobody can reach is blamed once', async () => {
    const { port, stop } = await testBroker();
    await stop();
    expect(await ask(brokerLink({ url: `mqtt://127.0.0.1:${port}` }))).toEqual([
      ['broker-reach', 'fault', 'peer-refused-connection'],
      ['broker-certificate', 'skipped', ''],
      ['broker-login', 'skipped', ''],
    ]);
    const [unknown] = await whole(brokerLink({ url: 'mqtt://tilld-broker.invalid' }));
    expect(unknown).toMatchObject({
      verdict: 'fault',
      reason: 'peer-unknown-host',
      remedy: expect.stringContaining('getent hosts tilld-broker.invalid'),
    });
  });

  it('whose name nobody looks up in time is blamed on the name servers', async () => {
    const late: Clock['after'] = (_delay, act) => {
      act();
      return () => undefined;
    };
    const [unknown] = linkChecks([brokerLink({ url: 'mqtt://tilld-broker.invalid' })], {
      clock: { ...systemClock(), after: late },
      entropy: seededEntropy(),
      brokerUp: false,
    });
    expect(await unknown?.run(new AbortController().signal)).toMatchObject({
      verdict: 'fault',
      reason: 'name-timeout',
      remedy: expect.stringContaining('resolvectl status'),
    });
  });

  it('that takes the connection and says nothing is not waited for', async () => {
    const server = createPlain((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const clock = new HurriedClock();
    clock.hurry = true;
    const { port } = server.address() as AddressInfo;
    expect((await ask(brokerLink({ url: `mqtt://127.0.0.1:${port}` }), { clock })).at(-1)).toEqual([
      'broker-login',
      'fault',
      'peer-timeout',
    ]);
    expect((await ask(brokerLink({ url: `mqtts://127.0.0.1:${port}` }), { clock }))[1]).toEqual([
      'broker-certificate',
      'fault',
      'peer-timeout',
    ]);
    await new Promise((resolve) => server.close(resolve));
  });
});

const programs = needsAll(needsMosquitto(), needsOpenssl());
describe.skipIf(programs.missing)(`with certificates${programs.why}`, () => {
  let pems: Certificates;
  beforeAll(() => {
    pems = makeCertificates();
  });
  afterAll(() => pems.dispose());

  it.each<[string, () => TlsOptions, () => { readonly ca?: string; readonly insecure?: boolean }, number, string, string]>([
    ['good', () => pems.server, () => ({ ca: pems.ca }), -60, 'ok', ''],
    ['good for two days', () => pems.server, () => ({ ca: pems.ca }), 0, 'warning', 'tls-ends-soon'],
    ['expired', () => pems.expired, () => ({ ca: pems.ca }), 0, 'fault', 'tls-expired'],
    ['of another authority', () => pems.server, () => ({ ca: pems.otherCa }), 0, 'fault', 'tls-untrusted'],
    ["of an authority the system doesn't know", () => pems.server, () => ({}), 0, 'fault', 'tls-untrusted'],
    ['of another host', () => pems.elsewhere, () => ({ ca: pems.ca }), 0, 'fault', 'tls-host'],
    ['not verified', () => pems.expired, () => ({ insecure: true }), 0, 'warning', 'tls-not-verified'],
  ])('one that is %s', async (_title, server, trust, days, verdict, reason) => {
    const url = await http((_request, response) => response.end(), server());
    const results = await whole(httpLink(url, trust()), daysOff(days));
    expect(results[1]).toMatchObject({ code: 'backend-certificate', verdict });
    expect(results[1]?.reason ?? '').toBe(reason);
    expect(results[1]?.found).toMatch(/(good for \d+ days|ended \d+ days ago)/);
    if (verdict === 'fault') expect(results[2]).toMatchObject({ code: 'backend-answer', verdict: 'skipped' });
  });

  it('of a box whose own is too weak for TLS is told, and everything else is examined', async () => {
    const subject = ['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=weak', '-keyout', 'weak.key', '-out', 'weak.pem'];
    execFileSync('/usr/bin/openssl', subject, { cwd: pems.folder, stdio: 'pipe' });
    const [cert, key] = ['weak.pem', 'weak.key'].map((name) => readFileSync(join(pems.folder, name), 'utf8'));
    const url = await http((_request, response) => response.end(), pems.server);
    const [, own, answered] = await whole(httpLink(url, { ca: pems.ca, ...(cert && key ? { cert, key } : {}) }));
    expect(own).toMatchObject({ verdict: 'fault', reason: 'tls-own-unusable', found: expect.stringContaining('key too small') });
    expect(JSON.stringify(own)).not.toContain('PRIVATE');
    expect(answered).toMatchObject({ verdict: 'skipped' });
  });

  it('none at all is told, and a server that does not speak TLS', async () => {
    const url = await http((_request, response) => response.end());
    const plain: Link = { ...httpLink('http://backend.example'), tls: null };
    const [, check] = linkChecks([plain], { clock: systemClock(), entropy: seededEntropy(), brokerUp: false });
    expect(check?.code).toBe('backend-certificate');
    const { certificate } = await import('./reach.ts');
    expect(await certificate(plain, systemClock())).toMatchObject({ verdict: 'warning', reason: 'tls-none' });
    expect((await ask(httpLink(url.replace('http:', 'https:'), {})))[1]).toEqual(['backend-certificate', 'fault', 'tls-failed']);
  });

  it('a mosquitto lets the box in and keeps the session of the box that runs', async () => {
    const users = { box: { password: PASSWORD, acl: ['topic readwrite t'] }, backend: { password: PASSWORD, acl: ['topic readwrite t'] } };
    const broker: Mosquitto = await mosquitto({ folder: pems.folder, users });
    await broker.start();
    cleanups.push(() => broker.kill());
    const url = `mqtts://localhost:${broker.port}`;
    const proof = { ca: pems.ca, ...pems.client };
    const box = await mqtt.connectAsync(url, { ...proof, clientId: 'box-1', clean: false, username: 'box', password: PASSWORD });
    let cut = false;
    box.on('close', () => {
      cut = true;
    });
    await box.subscribeAsync('t', { qos: 1 });
    const endpoint = { url, ...proof, username: 'box', password: PASSWORD };
    expect((await ask(brokerLink(endpoint))).at(-1)).toEqual(['broker-login', 'ok', '']);
    expect((await ask(brokerLink({ ...endpoint, password: 'another-synthetic' }))).at(-1)).toEqual([
      'broker-login',
      'fault',
      'mqtt-auth-refused',
    ]);
    expect((await ask(brokerLink({ url, ca: pems.ca, username: 'box', password: PASSWORD }))).at(-1)?.[1]).toBe('fault');
    expect(cut).toBe(false);
    const heard = new Promise((resolve) => void box.once('message', (_topic, text) => resolve(String(text))));
    await box.publishAsync('t', 'still here', { qos: 1 });
    expect(await heard).toBe('still here');
    await box.endAsync();
  });
});

describe('an HTTP server', () => {
  it.each([
    [200, 'ok', ''],
    [401, 'ok', ''],
    [404, 'ok', ''],
    [503, 'warning', 'backend-failing'],
  ])('that answers with %i', async (status, verdict, reason) => {
    const asked: unknown[] = [];
    const url = await http((request, response) => {
      asked.push([request.method, request.url, request.headers.authorization]);
      response.writeHead(status).end();
    });
    expect((await ask(httpLink(`${url}/base`))).at(-1)).toEqual(['backend-answer', verdict, reason]);
    expect(asked).toEqual([['GET', '/base/', undefined]]);
  });

  it('tells that the clock of the board is wrong', async () => {
    const url = await http((_request, response) => response.end());
    expect((await whole(httpLink(url), daysOff(1))).at(-1)).toMatchObject({
      verdict: 'warning',
      reason: 'clock-differs',
      found: expect.stringContaining('ahead of'),
    });
  });

  it.each([
    ['is no HTTP', 'hello\r\n\r\n', 'peer-not-http'],
    ['ends at once', '', 'peer-cut'],
  ])('that %s', async (_title, text, reason) => {
    const server = createPlain((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.end(text));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const results = await whole(httpLink(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    expect(results.at(-1)).toMatchObject({ verdict: 'fault', reason, remedy: expect.stringContaining('curl') });
    await new Promise((resolve) => server.close(resolve));
  });
});
