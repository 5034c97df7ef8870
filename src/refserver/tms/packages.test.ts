import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { makeKeyPair } from '../../ota/package/keys.ts';
import { FakeClock } from '../../testkit/clock.ts';
import { memoryLog } from '../../testkit/log.ts';
import { firmwareBytes, type PackageBytes } from '../../testkit/package-bytes.ts';
import { tmsCall } from '../../testkit/tms-control.ts';
import { REFERENCE_DS50 } from '../ds50/api-key.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';
import type { TmsOptions } from './tms.ts';

let sample: PackageBytes;
let unsigned: PackageBytes;
beforeAll(async () => {
  [sample, unsigned] = await Promise.all([firmwareBytes(), firmwareBytes({ version: 'V1.2.3', signed: false })]);
});

const log = memoryLog();
let clock: FakeClock;
let folder: string;
let backend: ReferenceBackend;
const start = async (tms: TmsOptions = {}, stateFile = join(folder, 'refserver.sqlite')) => {
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, log, stateFile, tms });
};
beforeEach(async () => {
  log.lines.length = 0;
  clock = new FakeClock();
  folder = await mkdtemp(join(tmpdir(), 'tilld-tms-'));
  await start();
});
afterEach(async () => {
  await backend.stop();
  await rm(folder, { recursive: true });
});

const url = (path = '') => `${backend.httpUrl}/ref/tms/packages${path}`;
const read = async (reply: Response) => ({ status: reply.status, ...((await reply.json()) as object) });
const list = async () => ((await (await fetch(url())).json()) as { packages: object[] }).packages;
const upload = async (bytes: string | Uint8Array<ArrayBuffer>, name: string, headers: Record<string, string> = {}) =>
  read(
    await fetch(url(`?name=${encodeURIComponent(name)}`), {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/zip', ...headers },
    }),
  );
const onDisk = () => readdir(join(folder, 'refserver.sqlite-packages')).catch(() => []);

test('a package is taken in, listed and removed; the same bytes twice are one', async () => {
  const stored = {
    sha256: sample.sha256,
    name: 'AP_DS50-MQ_ACME_V1.0.0.zip',
    size: sample.bytes.length,
    uploadedAtMs: clock.wallMs(),
    type: 'AP',
    version: 'V1.0.0',
    customerName: 'ACME',
    core: 'DS50_app_V1.0.0.img',
    signature: 'unknown-key',
  };
  expect(await upload(sample.bytes, sample.name)).toEqual({ status: 201, package: stored });
  clock.advance(1000);
  expect(await upload(sample.bytes, sample.name)).toEqual({ status: 200, package: stored });
  expect(await list()).toEqual([stored]);
  expect(await onDisk()).toEqual([`${sample.sha256}.zip`]);
  expect(await read(await fetch(url(`/${sample.sha256}`), { method: 'DELETE' }))).toEqual({ status: 200, packages: [] });
  expect(await read(await fetch(url(`/${sample.sha256}`), { method: 'DELETE' }))).toMatchObject({ status: 404 });
  expect(await onDisk()).toEqual([]);
});

test('its name may come in a header, its bytes in chunks of unknown length', async () => {
  const body = new Blob([sample.bytes]).stream();
  const headers = { 'content-type': 'application/zip', 'x-package-name': sample.name };
  const reply = await fetch(url(), { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  expect(await read(reply)).toMatchObject({ status: 201, package: { sha256: sample.sha256 } });
});

test('one that belongs to a roll-out stays', async () => {
  await upload(sample.bytes, sample.name);
  await tmsCall(backend.httpUrl, 'PUT', 'groups/all', { devices: ['A'] });
  const plan = { package: sample.sha256, group: 'all', batchSize: 1, pauseAfterFailures: 1 };
  expect(await tmsCall(backend.httpUrl, 'POST', 'deployments', plan)).toMatchObject({ status: 201 });
  const reply = await fetch(url(`/${sample.sha256}`), { method: 'DELETE' });
  expect(await read(reply)).toMatchObject({ status: 409, error: { code: 'package-in-use' } });
  expect(await list()).toHaveLength(1);
});

describe('the signature', () => {
  test('is left to the boxes when no key is trusted', async () => {
    expect(await upload(unsigned.bytes, unsigned.name)).toMatchObject({ status: 201, package: { signature: 'unsigned' } });
  });

  test('must be of a trusted key when there is one', async () => {
    await backend.stop();
    await start({ trustedKeys: [makeKeyPair().publicKey, sample.publicKey] });
    expect(await upload(sample.bytes, sample.name)).toMatchObject({ status: 201, package: { signature: 'trusted' } });
    expect(await upload(unsigned.bytes, unsigned.name)).toMatchObject({ status: 400 });
    await backend.stop();
    await start({ trustedKeys: [makeKeyPair().publicKey] });
    expect(await upload(sample.bytes, sample.name)).toMatchObject({ status: 400, error: { code: expect.stringMatching(/^(ota|zip)-/) } });
  });
});

test('a trusted key that is none ends the start', async () => {
  await backend.stop();
  const bad = startReferenceBackend({ httpPort: 0, mqttPort: 0, tms: { trustedKeys: ['no key'] } });
  await expect(bad).rejects.toMatchObject({ code: 'ota-key', blame: 'configuration' });
});

test('no more than four uploads are taken at a time', async () => {
  const headers = { 'content-type': 'application/zip', 'content-length': sample.bytes.length };
  const slow = Array.from({ length: 4 }, () => request(url(`?name=${sample.name}`), { method: 'POST', headers }));
  for (const each of slow) each.on('error', () => {}).write('PK');
  await expect.poll(onDisk, { interval: 5 }).toHaveLength(4);
  expect(await upload(sample.bytes, sample.name)).toMatchObject({ status: 503, error: { code: 'uploads-busy' } });
  for (const each of slow) each.destroy();
  await expect.poll(onDisk, { interval: 5 }).toEqual([]);
  expect(await upload(sample.bytes, sample.name)).toMatchObject({ status: 201 });
});

describe('nothing is kept of', () => {
  afterEach(async () => {
    expect((await onDisk()).filter((name) => name !== `${sample.sha256}.zip`)).toEqual([]);
    expect(await list()).toEqual([]);
  });

  test.each([
    ['a name with a path', '../../AP_DS50-MQ_ACME_V1.0.0.zip'],
    ['an absolute name', '/tmp/AP_DS50-MQ_ACME_V1.0.0.zip'],
    ['a name with a null byte', 'AP_DS50-MQ_ACME_V1.0.0.zip\0'],
    ['a name that says another version', 'AP_DS50-MQ_ACME_V1.0.1.zip'],
    ['a name of no package', 'firmware.zip'],
    ['a name without an end', 'A'.repeat(4000)],
  ])('%s', async (_name, name) => {
    expect(await upload(sample.bytes, name)).toMatchObject({ status: 400, error: { code: expect.stringMatching(/^(ota|zip)-/) } });
  });

  test('no package', async () => {
    for (const bytes of ['', 'PK', 'x'.repeat(100_000)]) {
      expect(await upload(bytes, sample.name)).toMatchObject({ status: 400, error: { code: expect.stringMatching(/^(ota|zip)-/) } });
    }
  });

  test('a package with a bit flipped, or cut short', async () => {
    const flipped = sample.bytes.slice();
    flipped[1000] = (flipped[1000] ?? 0) ^ 1;
    for (const bytes of [flipped, sample.bytes.subarray(0, -1)]) {
      expect(await upload(bytes, sample.name)).toMatchObject({ status: 400, error: { code: expect.stringMatching(/^(ota|zip)-/) } });
    }
  });

  test('an upload without a name, or of another type', async () => {
    expect(await upload(sample.bytes, '')).toMatchObject({ status: 400, error: { code: 'package-name' } });
    expect(await upload(sample.bytes, sample.name, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await upload(sample.bytes, sample.name, { origin: 'https://elsewhere.example' })).toMatchObject({ status: 403 });
  });

  test('one that says it is too large, before its first byte', async () => {
    const headers = { 'content-type': 'application/zip', 'content-length': MAX_PACKAGE_BYTES + 1 };
    const status = await new Promise((resolve, reject) => {
      const sent = request(url(`?name=${sample.name}`), { method: 'POST', headers }, (reply) => {
        resolve(reply.statusCode);
        sent.destroy();
      });
      sent.on('error', reject).flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('an upload that breaks off', async () => {
    const headers = { 'content-type': 'application/zip', 'content-length': sample.bytes.length };
    const sent = request(url(`?name=${sample.name}`), { method: 'POST', headers });
    sent.on('error', () => {});
    sent.write(sample.bytes.subarray(0, 100_000));
    await expect.poll(onDisk, { interval: 5 }).toHaveLength(1);
    sent.destroy();
    await expect.poll(onDisk, { interval: 5 }).toEqual([]);
  });
});

test('a start clears away what was cut off, and says when the bytes of a package are gone', async () => {
  await upload(sample.bytes, sample.name);
  const packages = join(folder, 'refserver.sqlite-packages');
  await backend.stop();
  await writeFile(join(packages, 'upload-1-1.part'), 'half');
  await writeFile(join(packages, `${'a'.repeat(64)}.zip`), 'orphan');
  await start();
  expect(await onDisk()).toEqual([`${sample.sha256}.zip`]);

  await rm(join(packages, `${sample.sha256}.zip`));
  const download = () => fetch(`${backend.httpUrl}/tms/v1/packages/${sample.sha256}`, { headers: { 'x-api-key': REFERENCE_DS50.apiKey } });
  expect((await download()).status).toBe(500);
  expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ event: 'tms.error' }]);
  // Sending it again mends it.
  expect(await upload(sample.bytes, sample.name)).toMatchObject({ status: 200 });
  expect((await download()).status).toBe(200);
});

test('without a state file packages lie in a folder that goes with the backend', async () => {
  const temporary = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('tilld-packages-'));
  const before = await temporary();
  await backend.stop();
  await start({}, ':memory:');
  await upload(sample.bytes, sample.name);
  const made = (await temporary()).filter((name) => !before.includes(name));
  expect(await Promise.all(made.map((name) => readdir(join(tmpdir(), name))))).toContainEqual([`${sample.sha256}.zip`]);
  await backend.stop();
  for (const name of made) expect(await temporary()).not.toContain(name);
});

test('a large upload takes no more memory than a small one', async () => {
  const MIB = 1 << 20;
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(MIB, 'x');
  let left = 200;
  let most = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      if (left-- === 0) return controller.close();
      hash.update(chunk);
      controller.enqueue(chunk.slice());
    },
  });
  const before = process.memoryUsage().arrayBuffers;
  const headers = { 'content-type': 'application/zip' };
  const reply = await fetch(url(`?name=${sample.name}`), { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  expect(reply.status).toBe(400);
  expect(most - before).toBeLessThan(100 * MIB);
  expect(await onDisk()).toEqual([]);
});
