import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { settle } from '../testkit/clock.ts';
import { testLink } from '../testkit/mqtt-link.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function link(...given: Parameters<typeof testLink>): ReturnType<typeof testLink> {
  const made = testLink(...given);
  cleanups.push(() => made.link.stop());
  return made;
}

/** A server that answers every chunk by `answer`, or just listens. */
async function rawServer(answer: (chunk: Buffer) => Uint8Array | null = () => null): Promise<number> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket.on('error', () => {}));
    socket.on('data', (chunk) => {
      const bytes = typeof chunk === 'string' ? null : answer(chunk);
      if (bytes !== null) socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const isConnect = (chunk: Buffer) => chunk[0] === 0x10;
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const suback = (subscribe: Buffer, ...codes: number[]) =>
  Uint8Array.of(0x90, 2 + codes.length, subscribe[2] ?? 0, subscribe[3] ?? 0, ...codes);

describe('against a server that misbehaves', () => {
  test('nothing listens: full jitter doubling to a cap, every wait within its bound', async () => {
    const port = await rawServer();
    await cleanups.pop()?.();
    const box = link(port);
    box.link.start();
    const waits: number[] = [];
    for (let bound = 1_000, i = 0; i < 10; i++, bound = Math.min(bound * 2, 60_000)) {
      const { fault, retryMs } = await box.retry();
      expect([fault.code, retryMs <= bound]).toEqual(['peer-refused-connection', true]);
      waits.push(retryMs);
    }
    expect(Math.max(...waits)).toBeGreaterThan(8_000);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  test('no greeting: given up after 10 s', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await rawServer(() => {
      asked.resolve();
      return null;
    });
    const box = link(port);
    box.link.start();
    await asked.promise;
    box.clock.advance(9_999);
    await settle();
    expect(box.events.all).toEqual([]);
    box.clock.advance(1);
    expect((await box.events.next('down')).fault.code).toBe('peer-timeout');
  });

  test.each([
    ['not MQTT', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a malformed length', Uint8Array.of(0x20, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ['a packet type that does not exist', Uint8Array.of(0x00, 0)],
    ['two greetings', Uint8Array.of(...CONNACK, ...CONNACK)],
  ])('%s: dropped as a broken protocol', async (_what, bytes) => {
    const port = await rawServer((chunk) => (isConnect(chunk) ? bytes : null));
    const box = link(port);
    await box.link.subscribe('t/1');
    box.link.start();
    expect((await box.events.next('down')).fault.code).toMatch(/^mqtt-(protocol|packet-too-large)$/);
  });

  test('no answer to the subscription: tried anew after 5 s', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await rawServer((chunk) => {
      if (isConnect(chunk)) return CONNACK;
      asked.resolve();
      return null;
    });
    const box = link(port);
    await box.link.subscribe('t/1');
    box.link.start();
    await asked.promise;
    box.clock.advance(5_000);
    expect((await box.events.next('down')).fault.code).toBe('mqtt-no-suback');
  });

  test('no answer to a later subscription: false after 5 s, and the link stays', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await rawServer((chunk) => {
      if (isConnect(chunk)) return CONNACK;
      asked.resolve();
      return null;
    });
    const box = link(port);
    box.link.start();
    await box.events.next('up');
    const granted = box.link.subscribe('t/1');
    await asked.promise;
    box.clock.advance(5_000);
    expect(await granted).toBe(false);
    expect(box.link.state).toBe('up');
  });

  test('a half-open link is noticed within 1.5 times the keepalive', async () => {
    const port = await rawServer((chunk) => {
      if (isConnect(chunk)) return CONNACK;
      return chunk[0] === 0x82 ? suback(chunk, 1) : null;
    });
    const box = link(port);
    await box.link.subscribe('t/1');
    box.link.start();
    await box.events.next('up');
    const since = box.clock.monotonicMs();
    for (let i = 0; i < 44; i++) {
      box.clock.advance(1_000);
      // Sending is no sign of life of the other side.
      box.link.publish('server/d-1/streaming', Buffer.from('x'));
      await settle();
    }
    expect(box.events.of('down')).toEqual([]);
    box.clock.advance(1_000);
    const { fault } = await box.events.next('down');
    expect(fault.code).toBe('mqtt-silent');
    expect(box.clock.monotonicMs() - since).toBeLessThanOrEqual(45_000);
  });

  test('a stop while it connects leaves nothing behind', async () => {
    const port = await rawServer();
    const box = link(port);
    box.link.start();
    await box.link.stop();
    expect(box.link.state).toBe('off');
    await settle();
    expect(box.clock.pending()).toBe(0);
    expect(box.events.all).toEqual([]);
  });

  test('a broker that ignores the goodbye does not hold up the stop', async () => {
    const server = net.createServer(
      { allowHalfOpen: true },
      (socket) => void socket.on('error', () => {}).once('data', () => socket.write(CONNACK)),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    const address = server.address();
    const box = link(typeof address === 'object' && address !== null ? address.port : 0);
    box.link.start();
    await box.events.next('up');
    const stopped = box.link.stop();
    await settle();
    box.clock.advance(2_000);
    await stopped;
  });

  test('a dial hook that throws is a link that is down', async () => {
    const box = link(1, {
      dial: () => {
        throw Object.assign(new Error('cut'), { code: 'ENETUNREACH' });
      },
    });
    box.link.start();
    expect((await box.retry()).fault.code).toBe('peer-unreachable');
    expect((await box.events.next('down')).fault.code).toBe('peer-unreachable');
  });
});
