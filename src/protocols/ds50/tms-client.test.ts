import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatedUpdateReport } from '../../ports/gateway.ts';
import { DS50_SERIAL, PLANTED, testDs50Gateway } from '../../testkit/ds50-gateway.ts';
import { requestFault } from '../../testkit/promptpay-gateway.ts';
import { type ScriptedBackend, type ScriptedReply, scriptedBackend } from '../../testkit/scripted-backend.ts';

const PATH = `/tms/v1/packages/${'3f'.repeat(32)}`;
const GET = `GET ${PATH}`;
const REPORT = 'POST /tms/v1/status';
const TAG = '"v1"';
const never = new AbortController().signal;

let backend: ScriptedBackend;
let box: ReturnType<typeof testDs50Gateway>;
beforeEach(async () => {
  backend = await scriptedBackend();
  box = testDs50Gateway(backend);
});
afterEach(async () => {
  await box.stop();
  await backend.stop();
});

const updates = () => {
  const { updates } = box.gateway;
  if (updates === null) throw new TypeError('no updates');
  return updates;
};
const fetchPart = (from: number, length = 4, etag: string | null = from === 0 ? null : TAG) =>
  updates().fetchPart({ path: PATH, from, length, etag }, never);
const partial = (body: string, contentRange: string, headers: Record<string, string> = { etag: TAG }): ScriptedReply => ({
  status: 206,
  type: 'application/zip',
  headers: { 'content-range': contentRange, ...headers },
  body,
});
const full = (body: string, headers: Record<string, string> = { etag: TAG }): ScriptedReply => ({ type: 'application/zip', headers, body });
const text = (part: object) => ('bytes' in part && part.bytes instanceof Uint8Array ? Buffer.from(part.bytes).toString() : null);

describe('a part of a package', () => {
  test('is asked for by range with the key, and the next one only of the same file', async () => {
    backend.script({ request: GET, reply: partial('abcd', 'bytes 0-3/10') }, { request: GET, reply: partial('efgh', 'bytes 4-7/10') });
    const first = await fetchPart(0);
    expect(first).toMatchObject({ state: 'part', etag: TAG, total: 10 });
    expect([text(first), text(await fetchPart(4))]).toEqual(['abcd', 'efgh']);
    expect(backend.requests.all.map(({ headers }) => [headers.range, headers['if-range'], headers['x-api-key']])).toEqual([
      ['bytes=0-3', undefined, PLANTED.tmsKey],
      ['bytes=4-7', TAG, PLANTED.tmsKey],
    ]);
    expect(box.gateway.links().tms).toBe('up');
  });

  test('a weak tag cannot go with a range; it is compared all the same', async () => {
    const weak = { etag: 'W/"v1"' };
    backend.script({ request: GET, reply: partial('efgh', 'bytes 4-7/10', weak) });
    expect(await fetchPart(4, 4, weak.etag)).toMatchObject({ state: 'part' });
    expect(backend.requests.all[0]?.headers['if-range']).toBeUndefined();
  });

  test.each<[string, number, ScriptedReply, object]>([
    ['the last part is shorter', 8, partial('ij', 'bytes 8-9/10'), { state: 'part', total: 10 }],
    ['the server gives less than asked', 4, partial('ef', 'bytes 4-5/10'), { state: 'part', total: 10 }],
    ['the whole file, and it fits', 0, full('abc'), { state: 'part', etag: TAG, total: 3 }],
    ['no tag at all', 0, partial('abcd', 'bytes 0-3/10', {}), { state: 'part', etag: null }],
    ['a tag that could be card data', 0, partial('abcd', 'bytes 0-3/10', { etag: '"4111111111111111"' }), { state: 'part', etag: null }],
    ['the whole file instead of a later part', 4, full('abcdefghij'), { state: 'changed' }],
    ['another tag', 4, partial('efgh', 'bytes 4-7/10', { etag: '"v2"' }), { state: 'changed' }],
    ['no tag where there was one', 4, partial('efgh', 'bytes 4-7/10', {}), { state: 'changed' }],
  ])('%s', async (_what, from, reply, expected) => {
    backend.script({ request: GET, reply });
    expect(await fetchPart(from)).toMatchObject(expected);
  });

  test.each<[string, number, ScriptedReply, object]>([
    ['another part', 4, partial('abcd', 'bytes 0-3/10'), { code: 'range-invalid', retryable: true }],
    ['more than its range', 4, partial('efghi', 'bytes 4-7/10'), { code: 'range-invalid', retryable: true }],
    ['more than was asked for', 4, partial('efghij', 'bytes 4-9/10'), { code: 'range-invalid', retryable: true }],
    ['less than its range', 4, partial('ef', 'bytes 4-7/10'), { code: 'range-invalid', retryable: true }],
    ['a range beyond the end', 4, partial('efgh', 'bytes 4-7/7'), { code: 'range-invalid', retryable: true }],
    ['no total', 4, partial('efgh', 'bytes 4-7/*'), { code: 'range-invalid', retryable: true }],
    ['no range', 4, { status: 206, type: 'application/zip', body: 'efgh' }, { code: 'range-invalid', retryable: true }],
    ['the whole file, too large', 0, full('abcde'), { code: 'range-ignored', retryable: false }],
    ['the whole file, far too large', 0, full('x'.repeat(1_100_000)), { code: 'range-ignored', retryable: false }],
    ['a captive portal', 0, { type: 'text/html', body: 'abc' }, { code: 'peer-not-a-file', retryable: true }],
    ['a captive portal later', 4, { type: 'text/html; charset=utf-8', body: '<html>' }, { code: 'peer-not-a-file', retryable: true }],
    ['404', 0, { status: 404, body: {} }, { code: 'backend-missing', retryable: false }],
    ['410', 0, { status: 410, body: {} }, { code: 'backend-missing', retryable: false }],
    ['416', 4, { status: 416, body: {} }, { code: 'range-refused', retryable: false }],
    ['401', 0, { status: 401, body: {} }, { code: 'backend-unauthorized', retryable: false }],
    ['400', 0, { status: 400, body: {} }, { code: 'backend-refused', retryable: false }],
    ['302', 0, { status: 302, headers: { location: '/x' }, body: '' }, { code: 'backend-unavailable', retryable: true }],
    ['429', 0, { status: 429, headers: { 'retry-after': '7' }, body: '' }, { code: 'backend-unavailable', retryAfterMs: 7_000 }],
    ['503', 0, { status: 503, body: '' }, { code: 'backend-unavailable', retryable: true }],
    ['a cut', 0, 'cut', { code: 'peer-cut', retryable: true }],
  ])('%s is refused', async (_what, from, reply, expected) => {
    backend.script({ request: GET, reply });
    expect(await requestFault(fetchPart(from))).toMatchObject(expected);
  });

  test('a whole file in place of a later part is not read, however large it is', async () => {
    let sent = 0;
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/zip', etag: '"v2"' });
      const more = () => {
        while (!response.destroyed && sent < 512 * 1_048_576 && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await box.stop();
    box = testDs50Gateway(backend, { settings: { tms: { url: `http://127.0.0.1:${port}`, apiKey: PLANTED.tmsKey } } });
    expect(await fetchPart(4)).toEqual({ state: 'changed' });
    await box.gateway.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(sent).toBeLessThan(16 * 1_048_576);
  });

  test('silence is given up in time', async () => {
    backend.script({ request: GET, reply: 'silence' });
    const answer = requestFault(fetchPart(0));
    await backend.requests.next('request');
    box.clock.advance(10_000);
    expect(await answer).toMatchObject({ code: 'peer-timeout', retryable: true });
    expect(box.gateway.links().tms).toBe('down');
  });
});

describe('status reports', () => {
  const report = (id: string): DatedUpdateReport => ({
    id,
    deployment: 'dep-0001',
    status: 'DOWNLOAD_SUCCESS',
    progress: 100,
    reason: '',
    atMs: Date.UTC(2026, 10, 21, 8, 30),
  });
  const two = [report('r1'), report('r2')];
  const kept = (accepted: number): ScriptedReply => ({ body: { respCode: '00', accepted } });

  test('go out as documented, with the key', async () => {
    const body = `{"deviceSn":"${DS50_SERIAL}","reports":[{"id":"r1","deployment":"dep-0001","status":4,"name":"DOWNLOAD_SUCCESS","progress":100,"reason":"","time":"2026-11-21T08:30:00.000Z"}]}`;
    backend.script({ request: REPORT, body, reply: kept(1) });
    expect(await updates().report([report('r1')], never)).toEqual({ state: 'acked' });
    expect(backend.requests.all[0]?.headers['x-api-key']).toBe(PLANTED.tmsKey);
  });

  test.each<[string, ScriptedReply, object]>([
    ['all accepted', kept(2), { state: 'acked' }],
    ['fewer accepted', kept(1), { state: 'retry', reason: '1 of 2 reports accepted' }],
    ['more accepted than sent', kept(3), { state: 'retry' }],
    ['another response code', { body: { respCode: '96', accepted: 2 } }, { state: 'retry' }],
    ['no count', { body: { respCode: '00' } }, { state: 'retry' }],
    ['201', { status: 201, body: { respCode: '00', accepted: 2 } }, { state: 'retry' }],
    ['a captive portal', { type: 'text/html', body: '<html>' }, { state: 'retry' }],
    ['400', { status: 400, body: {} }, { state: 'refused', reason: 'status 400' }],
    ['413', { status: 413, body: {} }, { state: 'refused', reason: 'status 413' }],
    ['400 of a proxy', { status: 400, type: 'text/html', body: '' }, { state: 'retry' }],
    ['401', { status: 401, body: {} }, { state: 'retry' }],
    ['429', { status: 429, headers: { 'retry-after': '9' }, body: '' }, { state: 'retry', afterMs: 9_000 }],
    ['a cut', 'cut', { state: 'retry' }],
  ])('%s', async (_what, reply, expected) => {
    backend.script({ request: REPORT, reply });
    expect(await updates().report(two, never)).toMatchObject(expected);
  });

  test('too many at once are refused without asking', async () => {
    expect(await updates().report(Array(51).fill(report('r1')), never)).toMatchObject({ state: 'refused' });
  });
});

test('without a TMS there are no updates and no link to one', async () => {
  const plain = testDs50Gateway(backend, { without: 'tms' });
  expect([plain.gateway.updates, Object.keys(plain.gateway.links())]).toEqual([null, ['mqtt', 'payment']]);
  await plain.stop();
});
