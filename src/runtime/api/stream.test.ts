import { type IncomingMessage, request } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../domain/journal.ts';
import { FakeClock, settle } from '../../testkit/clock.ts';
import { eventReader } from '../../testkit/event-stream.ts';
import { memoryLog } from '../../testkit/log.ts';
import { ScriptedBox } from '../../testkit/scripted-box.ts';
import { serveBox } from '../../testkit/served-box.ts';
import type { Api } from './server.ts';
import { EntryStream } from './stream.ts';

let box: ScriptedBox;
let clock: FakeClock;
let log: ReturnType<typeof memoryLog>;
let api: Api;

beforeEach(async () => {
  box = new ScriptedBox();
  clock = new FakeClock();
  log = memoryLog();
  api = await serveBox(box, {}, { clock, log });
});

afterEach(() => api.stop());

const settled = (dueMinor: number, description = ''): Entry => ({ kind: 'sale.settled', sale: `s${description}`, dueMinor });
const commit = (count: number) => box.commit(...Array.from({ length: count }, (_, i) => settled(i)));
const open = async (query = '', headers: Record<string, string> = {}) =>
  eventReader(await fetch(`${api.url}/v1/stream${query}`, { headers }));

/** The ids of the next so many entries; other events are passed over. */
async function ids(reader: ReturnType<typeof eventReader>, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const event = await reader.next();
    if (!event) break;
    if (event.event !== 'entry') continue;
    expect(JSON.parse(event.data).seq).toBe(Number(event.id));
    found.push(Number(event.id));
  }
  return found;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('begins with the present screen, then tells what is new', async () => {
  commit(3);
  const reader = await open();
  expect(await reader.next()).toEqual({ event: 'screen', data: '{"kind":"starting"}', id: null });
  const [recorded] = box.commit(settled(2_000));
  expect(await reader.next()).toEqual({ event: 'entry', data: JSON.stringify(recorded), id: '4' });
  box.draw({ kind: 'delivering', due: { minor: 2_000, currency: 'THB' } });
  expect(await reader.next()).toMatchObject({ event: 'screen', data: expect.stringContaining('delivering') });
  await reader.cancel();
});

test.each([
  ['', {}, 1_001],
  ['?after=0', {}, 1],
  ['?after=997', {}, 998],
  ['', { 'last-event-id': '0' }, 1],
  ['?after=3', { 'last-event-id': '600' }, 601],
  ['?after=3', { 'last-event-id': '' }, 4],
])('with the query "%s" and the headers %j it begins at entry %i', async (query, headers, first) => {
  commit(1_000);
  const reader = await open(query, headers as Record<string, string>);
  commit(5);
  expect(await ids(reader, 1_005 - first + 1)).toEqual(range(first, 1_005));
  commit(2);
  expect(await ids(reader, 2)).toEqual([1_006, 1_007]);
  await reader.cancel();
});

test('tells its reader where it is before anything happened, and how soon to come back', async () => {
  commit(7);
  const response = await fetch(`${api.url}/v1/stream`);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toMatch(/^retry: 1000\nid: 7\n\n/);
  await reader.cancel();
});

test('readers are limited in number, and one that left makes room', async () => {
  const [one, two] = [await open(), await open()];
  const refused = await fetch(`${api.url}/v1/stream`);
  expect([refused.status, await refused.json()]).toEqual([429, { error: expect.objectContaining({ code: 'too-many-streams' }) }]);
  await one.cancel();
  // The place is free once the server has seen the connection close.
  while (box.listeners() > 2) await settle();
  const three = await open();
  expect((await three.next())?.event).toBe('screen');
  await Promise.all([two.cancel(), three.cancel()]);
});

test('the end of the API is the end of its streams', async () => {
  const reader = await open();
  await reader.next();
  await api.stop();
  expect(await reader.next()).toBeNull();
  expect([box.listeners(), clock.pending()]).toEqual([0, 0]);
});

test('a reader that takes nothing costs little memory and is sent away', async () => {
  const long = 'x'.repeat(4_000);
  box.commit(...Array.from({ length: 8_000 }, (_, i) => settled(i, long)));
  let furthest = 0;
  const { ledger } = box;
  box.ledger = (query) => {
    furthest = Math.max(furthest, query.after ?? 0);
    return ledger.call(box, query);
  };
  const response = await new Promise<IncomingMessage>((resolve) => request(`${api.url}/v1/stream?after=0`, resolve).end());
  response.pause();
  const gone = new Promise<string>((resolve) => response.once('error', (error) => resolve(error.message)));
  // The kernel's buffers take some megabytes; then the stream stands still.
  for (let quiet = 0, before = 0; quiet < 100; before = furthest) {
    await settle();
    quiet = furthest > 0 && furthest === before ? quiet + 1 : 0;
  }
  expect(furthest).toBeGreaterThan(0);
  expect(furthest).toBeLessThan(8_000);
  clock.advance(50_000);
  response.resume();
  expect(await gone).toBe('aborted');
  expect(box.listeners()).toBe(0);
  expect(log.lines.map(({ event }) => event)).toContain('api.stream-slow');
});

/** One stream without HTTP around it. */
function lone(after: number) {
  const calls: string[] = [];
  const stream = new EntryStream({ box, clock, log, after, cut: () => calls.push('cut'), onEnd: () => calls.push('end') });
  const reader = stream.body.getReader();
  const read = async () => Buffer.from((await reader.read()).value ?? []).toString();
  return { stream, reader, read, calls };
}

test('a comment every 15 seconds keeps the connection', async () => {
  const { read, stream } = lone(0);
  await read();
  await read();
  for (let i = 0; i < 3; i++) {
    const next = read();
    clock.advance(15_000);
    expect(await next).toBe(':\n\n');
  }
  stream.close();
});

test('of the screens a slow reader missed only the newest counts', async () => {
  const { read, stream, reader } = lone(0);
  await settle();
  const long = 'x'.repeat(70_000);
  box.draw({ kind: 'out-of-service', reasons: [long] });
  for (let i = 0; i < 100; i++) box.draw({ kind: 'out-of-service', reasons: [String(i)] });
  const seen: string[] = [];
  for (let i = 0; i < 4; i++) seen.push(await read());
  expect(seen[2]).toContain(long);
  expect(seen[3]).toContain('"99"');
  await reader.cancel();
  expect(box.listeners()).toBe(0);
  stream.close();
});

test('a journal that cannot be read cuts the stream, once', async () => {
  const { calls } = lone(0);
  await settle();
  box.ledger = () => {
    throw new Error('no disk');
  };
  box.commit(settled(1));
  box.commit(settled(2));
  expect([calls, box.listeners(), clock.pending()]).toEqual([['end', 'cut'], 0, 0]);
  expect(log.lines.filter(({ event }) => event === 'api.stream-failed')).toHaveLength(1);
});

test('whatever is committed while readers come, lag and come back, they get every entry once and in order', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('commit' as const), count: fc.integer({ min: 1, max: 250 }) }),
      fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('reconnect' as const), count: fc.constant(0) }),
    ),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      box = new ScriptedBox();
      const got: number[] = [];
      let connection = lone(0);
      const take = async () => {
        const id = /^id: (\d+)\nevent: entry/.exec(await connection.read())?.[1];
        if (id !== undefined) got.push(Number(id));
      };
      for (const { do: act, count } of [...script, { do: 'commit' as const, count: 1 }]) {
        if (act === 'commit') commit(count);
        if (act === 'read') for (let i = 0; i < Math.min(count, box.journal.length - got.length); i++) await take();
        if (act === 'reconnect') {
          await connection.reader.cancel();
          connection = lone(got.at(-1) ?? 0);
        }
      }
      while (got.length < box.journal.length) await take();
      await connection.reader.cancel();
      expect(got).toEqual(range(1, box.journal.length));
    }),
    { numRuns: 60 },
  );
});
