import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testkit/clock.ts';
import { memoryLog } from '../../testkit/log.ts';
import { firmwareBytes, type PackageBytes } from '../../testkit/package-bytes.ts';
import { control } from '../../testkit/promptpay-box.ts';
import { tmsUpload } from '../../testkit/tms-control.ts';
import { REFERENCE_DS50 } from '../ds50/api-key.ts';
import { type ReferenceBackend, startReferenceBackend } from '../server.ts';

const clock = new FakeClock();
const log = memoryLog();
let sample: PackageBytes;
let backend: ReferenceBackend;
beforeAll(async () => {
  sample = await firmwareBytes();
  backend = await startReferenceBackend({ httpPort: 0, mqttPort: 0, clock, log });
  await tmsUpload(backend.httpUrl, sample);
});
afterAll(() => backend.stop());
afterEach(() => control(backend.httpUrl, 'DELETE', 'faults'));

const fault = (wish: object) => control(backend.httpUrl, 'POST', 'faults', wish);
const get = (headers: Record<string, string> = {}, path = sample.sha256, method = 'GET') =>
  fetch(`${backend.httpUrl}/tms/v1/packages/${path}`, { method, headers: { 'x-api-key': REFERENCE_DS50.apiKey, ...headers } });
const bytesOf = async (reply: Response) => Buffer.from(await reply.arrayBuffer());
const tag = () => `"${sample.sha256}"`;

test('all of it', async () => {
  const reply = await get();
  expect(reply.status).toBe(200);
  expect(Object.fromEntries(reply.headers)).toMatchObject({
    'content-type': 'application/zip',
    'content-length': String(sample.bytes.length),
    'accept-ranges': 'bytes',
    etag: tag(),
  });
  expect((await bytesOf(reply)).equals(sample.bytes)).toBe(true);
});

test('a part of it, with where it belongs', async () => {
  const reply = await get({ range: 'bytes=100-70099', 'if-range': tag() });
  expect([reply.status, reply.headers.get('content-range'), reply.headers.get('etag'), reply.headers.get('content-length')]).toEqual([
    206,
    `bytes 100-70099/${sample.bytes.length}`,
    tag(),
    '70000',
  ]);
  expect((await bytesOf(reply)).equals(sample.bytes.subarray(100, 70_100))).toBe(true);
  expect((await bytesOf(await get({ range: 'bytes=-10' }))).equals(sample.bytes.subarray(-10))).toBe(true);
});

test('all of it when the part was of another file', async () => {
  expect((await get({ range: 'bytes=1-2', 'if-range': '"other"' })).status).toBe(200);
});

test('no part behind its end', async () => {
  const reply = await get({ range: `bytes=${sample.bytes.length}-` });
  expect([reply.status, reply.headers.get('content-range'), await reply.text()]).toEqual([416, `bytes */${sample.bytes.length}`, '']);
});

test('its head only', async () => {
  const reply = await get({ range: 'bytes=0-9' }, sample.sha256, 'HEAD');
  expect([reply.status, reply.headers.get('content-length'), await reply.text()]).toEqual([206, '10', '']);
});

test('nothing without the key', async () => {
  for (const key of ['', 'wrong', `${REFERENCE_DS50.apiKey}0`]) {
    const reply = await get({ 'x-api-key': key });
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([401, 'api-key-wrong']);
  }
});

test.each(['a'.repeat(64), 'x', '..%2f..%2fetc%2fpasswd', '%00', `${'a'.repeat(60)}%27--`])('%s is not there', async (path) => {
  expect((await get({}, path)).status).toBe(404);
});

describe('under faults', () => {
  test('cut-download: so many bytes and no more', async () => {
    await fault({ kind: 'cut-download', bytes: 70_000, times: 1 });
    const reply = await get({ range: 'bytes=100-' });
    expect(reply.status).toBe(206);
    let got = 0;
    const read = async () => {
      for await (const chunk of reply.body ?? []) got += chunk.length;
    };
    await expect(read()).rejects.toThrow();
    expect(got).toBeLessThanOrEqual(70_000);
    expect((await bytesOf(await get())).length).toBe(sample.bytes.length);
    expect(log.lines.map(({ event }) => event)).toContain('tms.download-cut');
  });

  test('slow-download: as fast as it was told', async () => {
    await fault({ kind: 'slow-download', bytesPerSecond: 1000, times: 1 });
    const reply = await get({ range: 'bytes=0-249' });
    const all = bytesOf(reply);
    for (let piece = 0; piece < 3; piece++) {
      while (clock.pending() === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    expect((await all).equals(sample.bytes.subarray(0, 250))).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  test('http-status: an error instead, also of a report', async () => {
    await fault({ kind: 'http-status', path: '/tms/v1', status: 503, times: 2 });
    expect((await get()).status).toBe(503);
    const key = { 'x-api-key': REFERENCE_DS50.apiKey };
    expect((await fetch(`${backend.httpUrl}/tms/v1/status`, { method: 'POST', body: '{}', headers: key })).status).toBe(503);
    expect((await get()).status).toBe(200);
  });

  test('lose-reply: the connection is cut, and the backend goes on', async () => {
    await fault({ kind: 'lose-reply', times: 1 });
    await get({ range: 'bytes=0-9' }).then(bytesOf, () => null);
    expect((await get({ range: 'bytes=0-9' })).status).toBe(206);
  });
});

test('a device that goes away in the middle is no event', async () => {
  const before = log.lines.length;
  const leaving = new AbortController();
  await fault({ kind: 'slow-download', bytesPerSecond: 1000, times: 1 });
  const reply = await fetch(`${backend.httpUrl}/tms/v1/packages/${sample.sha256}`, {
    headers: { 'x-api-key': REFERENCE_DS50.apiKey },
    signal: leaving.signal,
  });
  leaving.abort();
  await expect(reply.arrayBuffer()).rejects.toThrow();
  clock.advance(1000);
  expect((await bytesOf(await get())).length).toBe(sample.bytes.length);
  expect(log.lines.slice(before).filter(({ level }) => level !== 'info')).toEqual([]);
});

test('other methods and paths are not there', async () => {
  expect((await get({}, sample.sha256, 'DELETE')).status).toBe(404);
  expect((await get({}, `${sample.sha256}/more`)).status).toBe(404);
});
