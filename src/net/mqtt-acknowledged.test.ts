import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../testkit/broker.ts';
import { settle } from '../testkit/clock.ts';
import { testLink } from '../testkit/mqtt-link.ts';

const TOPIC = 'devices/d-1/uplink/config/ack';
const never = new AbortController().signal;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function broker(options?: TestBrokerOptions): Promise<TestBroker> {
  const made = await testBroker(options);
  cleanups.push(() => made.stop());
  return made;
}

async function up(...given: Parameters<typeof testLink>): Promise<ReturnType<typeof testLink>> {
  const made = testLink(...given);
  cleanups.push(() => made.link.stop());
  made.link.start();
  await made.events.next('up');
  return made;
}

const CONNACK = Uint8Array.of(0x20, 2, 0, 0);

/** A broker that greets, takes messages, and acknowledges them when it is told to; `published` are their packet ids. */
async function withholding() {
  const published: Uint8Array[] = [];
  const sockets = new Set<net.Socket>();
  let wake = Promise.withResolvers<void>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (chunk: Buffer) => {
      if (chunk[0] === 0x10) socket.write(CONNACK);
      for (let at = 0; at + 1 < chunk.length; at += 2 + (chunk[at + 1] ?? 0)) {
        if (chunk[at] !== 0x32) continue;
        const idAt = at + 4 + chunk.readUInt16BE(at + 2);
        published.push(chunk.subarray(idAt, idAt + 2));
      }
      wake.resolve();
      wake = Promise.withResolvers();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    sent: async (count: number) => {
      while (published.length < count) await wake.promise;
    },
    published,
    /** The newest connection gets PUBACK for these packet ids. */
    acknowledge: (ids: readonly Uint8Array[]) => {
      const newest = [...sockets].at(-1);
      for (const id of ids) newest?.write(Uint8Array.of(0x40, 2, ...id));
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('a message that is to be acknowledged', () => {
  test('is sent at QoS 1, and true when the broker has taken it', async () => {
    const packets: unknown[] = [];
    const { port, events } = await broker({
      authorizePublish: (_client, { qos, retain }, done) => {
        packets.push({ qos, retain });
        done(null);
      },
    });
    const { link, clock } = await up(port);
    const timers = clock.pending();
    expect(await link.publishAcknowledged(TOPIC, Buffer.from('ack 1'), never)).toBe(true);
    expect(events.of('published')).toMatchObject([{ topic: TOPIC, text: 'ack 1', from: 'tilld-0001' }]);
    expect([packets, clock.pending()]).toEqual([[{ qos: 1, retain: false }], timers]);
  });

  test('is not sent while the link is down, nor before start, nor for one who has given up', async () => {
    const { port, events, cut } = await broker();
    const { link, events: box } = await up(port);
    expect(await link.publishAcknowledged(TOPIC, Buffer.from('x'), AbortSignal.abort())).toBe(false);
    cut();
    await box.next('down');
    expect(await link.publishAcknowledged(TOPIC, Buffer.from('x'), never)).toBe(false);
    const { link: idle } = testLink(port);
    expect(await idle.publishAcknowledged(TOPIC, Buffer.from('x'), never)).toBe(false);
    expect(events.of('published').filter(({ text }) => text === 'x')).toEqual([]);
  });

  test('is false after 10 s without an acknowledgement, and the link stays', async () => {
    const peer = await withholding();
    const { link, clock, events } = await up(peer.port);
    let taken: boolean | null = null;
    const answer = link.publishAcknowledged(TOPIC, Buffer.from('x'), never).then((result) => {
      taken = result;
    });
    await peer.sent(1);
    clock.advance(9_999);
    await settle();
    expect(taken).toBeNull();
    clock.advance(1);
    await answer;
    expect([taken, link.state]).toEqual([false, 'up']);
    peer.acknowledge(peer.published);
    await settle();
    expect(events.of('down')).toEqual([]);
  });

  test('is false when the link dies first, and no later connection can make it true', async () => {
    const peer = await withholding();
    const { link, events, retry } = await up(peer.port);
    const lost = link.publishAcknowledged(TOPIC, Buffer.from('x'), never);
    await peer.sent(1);
    peer.cut();
    expect(await lost).toBe(false);
    await retry();
    await events.next('up');
    const again = link.publishAcknowledged(TOPIC, Buffer.from('x'), never);
    await peer.sent(2);
    const [, second] = peer.published;
    if (second === undefined) throw new TypeError('nothing was sent');
    peer.acknowledge([second]);
    expect(await again).toBe(true);
  });

  test('is false when the link is stopped or nobody waits any more', async () => {
    const peer = await withholding();
    const { link, clock } = await up(peer.port);
    const abort = new AbortController();
    const aborted = link.publishAcknowledged(TOPIC, Buffer.from('x'), abort.signal);
    const stopped = link.publishAcknowledged(TOPIC, Buffer.from('y'), never);
    await peer.sent(2);
    abort.abort();
    expect(await aborted).toBe(false);
    await link.stop();
    expect([await stopped, clock.pending()]).toEqual([false, 0]);
  });

  test('waits with at most 19 others: the next is false at once and not sent, until one of them is acknowledged', async () => {
    const peer = await withholding();
    const { link } = await up(peer.port);
    const publish = (text: string) => link.publishAcknowledged(TOPIC, Buffer.from(text), never);
    const first = Array.from({ length: 20 }, (_, i) => publish(String(i)));
    expect(await publish('too many')).toBe(false);
    await peer.sent(20);
    peer.acknowledge(peer.published.slice(0, 1));
    expect(await first[0]).toBe(true);
    const next = publish('next');
    await peer.sent(21);
    peer.acknowledge(peer.published.slice(1));
    expect(await Promise.all([...first, next])).toEqual(Array.from({ length: 21 }, () => true));
    expect(peer.published).toHaveLength(21);
  });

  test('a broker that acknowledges nothing is left once 20 wait, and tried anew', async () => {
    const peer = await withholding();
    const { link, clock, events, retry } = await up(peer.port);
    const waiting = Array.from({ length: 20 }, (_, i) => link.publishAcknowledged(TOPIC, Buffer.from(String(i)), never));
    await peer.sent(20);
    clock.advance(10_000);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([false]));
    expect((await retry()).fault).toMatchObject({ code: 'mqtt-no-puback', lasting: false });
    await events.next('up');
  });

  test('an acknowledgement of nothing does no harm', async () => {
    const peer = await withholding();
    const { link } = await up(peer.port);
    peer.acknowledge([Uint8Array.of(0x12, 0x34)]);
    const sent = link.publishAcknowledged(TOPIC, Buffer.from('x'), never);
    await peer.sent(1);
    peer.acknowledge(peer.published);
    expect(await sent).toBe(true);
  });
});
