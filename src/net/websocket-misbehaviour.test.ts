import { afterEach, describe, expect, test } from 'vitest';
import { settle } from '../testkit/clock.ts';
import { freezingProxy } from '../testkit/freezing-proxy.ts';
import { BINARY, CLOSE, frame, type Handshake, hostileWebSocketServer, PING, TEXT, upgraded } from '../testkit/hostile-websocket-server.ts';
import { PING_MS, testWebSocketLink } from '../testkit/websocket-link.ts';
import { websocketServer } from '../testkit/websocket-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function link(...given: Parameters<typeof testWebSocketLink>): ReturnType<typeof testWebSocketLink> {
  const made = testWebSocketLink(...given);
  cleanups.push(() => {
    const stopped = made.link.stop();
    // Few of these servers answer a goodbye.
    made.clock.advance(2_000);
    return stopped;
  });
  made.link.start();
  return made;
}

async function hostile(answer: (request: string) => string | Uint8Array | null): ReturnType<typeof hostileWebSocketServer> {
  const server = await hostileWebSocketServer(answer);
  cleanups.push(() => server.close());
  return server;
}

/** A server that greets as it should and says this right behind. */
const saying = (...frames: readonly Buffer[]) => hostile((request) => Buffer.concat([Buffer.from(upgraded(request)), ...frames]));

const TOKEN = 'kt_000000000000000000000000';

describe('an answer to the handshake that is not the wanted one', () => {
  const page = (status: string, ...headers: string[]) => [`HTTP/1.1 ${status}`, ...headers, 'content-length: 5', '', 'hello'].join('\r\n');
  test.each([
    ['401', page('401 Unauthorized'), 'websocket-auth-refused', true],
    ['403', page('403 Forbidden'), 'websocket-auth-refused', true],
    ['404', page('404 Not Found'), 'websocket-refused', true],
    ['429', page('429 Too Many Requests'), 'websocket-unavailable', false],
    ['503', page('503 Service Unavailable'), 'websocket-unavailable', false],
    ['200, a login page of the network', page('200 OK'), 'websocket-not-offered', false],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.7\r\n\r\n', 'websocket-handshake', false],
    ['a header without end', `HTTP/1.1 101 Switching Protocols\r\nx: ${'x'.repeat(100_000)}`, 'websocket-handshake', false],
  ])('%s', async (_what, answer, code, lasting) => {
    const server = await hostile(() => answer);
    const box = link(server.url, { endpoint: { url: server.url, token: TOKEN } });
    const { fault } = await box.events.next('down');
    expect([fault.code, fault.lasting, box.link.fault]).toEqual([code, lasting, lasting ? fault : null]);
    expect(fault.explain() + JSON.stringify(fault)).not.toContain(TOKEN);
    expect(String((fault.cause as Error | undefined)?.stack)).not.toContain(TOKEN);
    await server.events.next('closed');
  });

  test('elsewhere: not gone to, and the token not shown to anybody there', async () => {
    const elsewhere = await hostile(() => null);
    const server = await hostile(() => page('302 Found', `location: ${elsewhere.url}/`));
    const box = link(server.url, { endpoint: { url: server.url, token: TOKEN } });
    const { fault } = await box.events.next('down');
    expect([fault.code, fault.lasting]).toEqual(['websocket-redirected', true]);
    await settle();
    expect(elsewhere.events.all).toEqual([]);
  });

  const wrong: readonly (readonly [string, Handshake])[] = [
    ['a wrong proof', { accept: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
    ['another protocol', { upgrade: 'h2c' }],
    ['a subprotocol nobody asked for', { more: ['sec-websocket-protocol: soap'] }],
    ['compression nobody asked for', { more: ['sec-websocket-extensions: permessage-deflate'] }],
  ];
  test.each(wrong)('%s', async (_what, handshake) => {
    const server = await hostile((request) => upgraded(request, handshake));
    const { fault } = await link(server.url).events.next('down');
    expect([fault.code, fault.lasting]).toEqual(['websocket-handshake', false]);
    await server.events.next('closed');
  });

  test('none: given up after 10 s, also when it comes byte by byte', async () => {
    const server = await hostile(() => 'HTTP/1.1 101 Sw');
    const box = link(server.url);
    const { socket } = await server.events.next('request');
    for (let i = 0; i < 9; i++) {
      box.clock.advance(1_000);
      socket.write('i');
      await settle();
    }
    box.clock.advance(999);
    expect(box.events.all).toEqual([]);
    box.clock.advance(1);
    expect((await box.events.next('down')).fault.code).toBe('peer-timeout');
    await server.events.next('closed');
  });

  test('none, but a cut', async () => {
    const server = await hostile(() => null);
    const box = link(server.url);
    (await server.events.next('request')).socket.destroy();
    expect((await box.events.next('down')).fault.code).toBe('peer-cut');
  });

  test('nobody there', async () => {
    const server = await hostile(() => null);
    await server.close();
    const box = link(server.url);
    expect((await box.retry()).fault.code).toBe('peer-refused-connection');
    expect((await box.retry()).fault.code).toBe('peer-refused-connection');
  });
});

describe('a server that breaks the protocol', () => {
  const bits = (...bytes: number[]) => Buffer.of(...bytes);
  test.each([
    ['a binary message', frame(BINARY, 'x'), 'websocket-binary', 1003],
    ['an empty binary message', frame(BINARY, ''), 'websocket-binary', 1003],
    ['one byte more than allowed', frame(TEXT, 'x'.repeat(65_537)), 'websocket-too-large', null],
    ['the announcement of a huge message', bits(0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0), 'websocket-too-large', 1009],
    [
      'fragments that are too large together',
      Buffer.concat([frame(TEXT, 'x'.repeat(65_000), { fin: false }), frame(0, 'x'.repeat(600))]),
      'websocket-too-large',
      null,
    ],
    [
      'fragments without end',
      Buffer.concat([frame(TEXT, 'x', { fin: false }), ...Array.from({ length: 300 }, () => frame(0, '', { fin: false }))]),
      'websocket-protocol',
      1008,
    ],
    ['a fragment of nothing', frame(0, 'x'), 'websocket-protocol', 1002],
    ['a frame with a mask', bits(0x81, 0x81, 1, 2, 3, 4, 5), 'websocket-protocol', 1002],
    ['an unknown kind of frame', frame(0x3, 'x'), 'websocket-protocol', 1002],
    ['reserved bits', frame(TEXT, 'x', { first: 0x40 }), 'websocket-protocol', 1002],
    ['text that is not UTF-8', frame(TEXT, bits(0xff, 0xfe)), 'websocket-protocol', 1007],
    ['a ping that is too long', frame(PING, 'x'.repeat(126)), 'websocket-protocol', 1002],
    ['a goodbye with half a code', frame(CLOSE, bits(3)), 'websocket-protocol', 1002],
    ['messages without end', Buffer.concat(Array.from({ length: 500 }, () => frame(TEXT, 'x'))), 'websocket-flood', 1008],
    ['pings without end', Buffer.concat(Array.from({ length: 500 }, () => frame(PING, 'x'))), 'websocket-flood', null],
  ] as const)('%s', async (_what, bytes, code, told) => {
    const server = await saying(bytes);
    const box = link(server.url);
    const { fault } = await box.events.next('down');
    expect([fault.code, fault.lasting]).toEqual([code, false]);
    await server.events.next('closed');
    // With much still unread the kernel cuts before the goodbye is read, and the library says nothing to who takes no pongs.
    if (told === null) return;
    // The last frame is the goodbye: opcode 8, masked, with the code; its mask makes the rest unreadable by eye.
    const sent = Buffer.concat(server.events.of('bytes').map((event) => event.bytes));
    const last = sent.subarray(-8);
    expect(last.subarray(0, 2)).toEqual(bits(0x88, 0x82));
    expect(((last[6] ?? 0) ^ (last[2] ?? 0)) * 256 + ((last[7] ?? 0) ^ (last[3] ?? 0))).toBe(told);
    const count = box.events.of('message').length;
    await settle();
    expect(box.events.of('message')).toHaveLength(count);
    expect(count).toBeLessThanOrEqual(100);
  });

  test('the largest message, in fragments with a ping between, is heard whole', async () => {
    const half = 'x'.repeat(32_768);
    const server = await saying(frame(TEXT, half, { fin: false }), frame(PING, '?'), frame(0, half));
    const box = link(server.url);
    expect((await box.events.next('message')).text).toBe(half + half);
    expect(box.link.state).toBe('up');
  });

  test('100 messages in 10 s are taken, and 100 more in the next', async () => {
    const many = Buffer.concat(Array.from({ length: 100 }, (_, i) => frame(TEXT, `m${i}`)));
    const server = await saying(many);
    const box = link(server.url);
    for (let i = 0; i < 100; i++) expect((await box.events.next('message')).text).toBe(`m${i}`);
    box.clock.advance(PING_MS);
    const { socket } = await server.events.next('request');
    socket.write(many);
    for (let i = 0; i < 100; i++) expect((await box.events.next('message')).text).toBe(`m${i}`);
    expect(box.link.state).toBe('up');
    socket.write(frame(TEXT, 'one more'));
    expect((await box.events.next('down')).fault.code).toBe('websocket-flood');
  });

  test('a cut in the middle of a message: nothing of it is heard', async () => {
    const server = await saying(frame(TEXT, 'whole'), frame(TEXT, 'half a message').subarray(0, 9));
    const box = link(server.url);
    expect((await box.events.next('message')).text).toBe('whole');
    (await server.events.next('request')).socket.end();
    expect((await box.events.next('down')).fault.code).toBe('peer-cut');
    expect(box.events.of('message')).toHaveLength(1);
  });

  test('what follows a message that could not be handled is not heard', async () => {
    const server = await saying(frame(TEXT, 'first'), frame(TEXT, 'second'));
    const box = link(server.url, {}, () => {
      throw new TypeError('a bug');
    });
    expect((await box.events.next('down')).fault.code).toBe('websocket-handler');
    await settle();
    expect(box.events.of('message').map(({ text }) => text)).toEqual(['first']);
  });
});

describe('a server that falls silent', () => {
  test('after the handshake: noticed within twice the time between signs of life', async () => {
    const server = await saying();
    const box = link(server.url);
    await box.events.next('up');
    const since = box.clock.monotonicMs();
    box.clock.advance(PING_MS);
    await server.events.next('bytes');
    // Sending is no sign of life of the other side.
    for (let i = 0; i < 9; i++) {
      box.clock.advance(1_000);
      box.link.send('x');
      await settle();
    }
    expect(box.events.of('down')).toEqual([]);
    box.clock.advance(1_000);
    expect((await box.events.next('down')).fault.code).toBe('websocket-silent');
    expect(box.clock.monotonicMs() - since).toBe(2 * PING_MS);
  });

  test('with a message that never ends', async () => {
    const server = await saying(frame(TEXT, 'x'.repeat(100)).subarray(0, 50));
    const box = link(server.url);
    await box.events.next('up');
    const { socket } = await server.events.next('request');
    for (let i = 0; i < 19; i++) {
      box.clock.advance(1_000);
      socket.write('x');
      await settle();
    }
    expect(box.events.of('down')).toEqual([]);
    box.clock.advance(1_000);
    expect((await box.events.next('down')).fault.code).toBe('websocket-silent');
  });

  test('because the way to it is dead and no end has noticed', async () => {
    const server = await websocketServer(['hello']);
    cleanups.push(() => server.close());
    const proxy = await freezingProxy(server.port);
    cleanups.push(() => proxy.close());
    const box = link(`ws://127.0.0.1:${proxy.port}`);
    await box.events.next('message');
    proxy.freeze();
    server.say('lost');
    box.clock.advance(PING_MS);
    expect(box.link.state).toBe('up');
    await settle();
    box.clock.advance(PING_MS);
    expect((await box.events.next('down')).fault.code).toBe('websocket-silent');
    expect(box.events.of('message')).toHaveLength(1);
  });

  test('after its goodbye, with the connection left open', async () => {
    const server = await saying(frame(CLOSE, Buffer.of(0x03, 0xe8)));
    const box = link(server.url);
    await box.events.next('up');
    await server.events.next('bytes');
    expect(box.link.send('x')).toBe(false);
    box.clock.advance(PING_MS);
    expect((await box.events.next('down')).fault.code).toBe('websocket-silent');
  });

  test('does not hold up a stop', async () => {
    const server = await saying();
    const box = link(server.url);
    await box.events.next('up');
    const stopped = box.link.stop();
    await settle();
    expect(box.clock.pending()).toBe(1);
    box.clock.advance(2_000);
    await stopped;
    expect([box.clock.pending(), box.link.state, box.events.of('down')]).toEqual([0, 'off', []]);
  });
});

describe('a stop', () => {
  test('while it connects leaves nothing behind', async () => {
    const server = await hostile(() => null);
    for (const connecting of [false, true]) {
      const box = link(server.url);
      if (connecting) await server.events.next('request');
      await box.link.stop();
      await settle();
      expect([box.link.state, box.clock.pending(), box.events.all]).toEqual(['off', 0, []]);
    }
  });

  test('while it waits to try again: it does not', async () => {
    const server = await hostile(() => null);
    await server.close();
    const box = link(server.url);
    await box.events.next('down');
    await box.link.stop();
    box.clock.advance(1_000_000);
    await settle();
    expect([box.events.of('down').length, box.clock.pending()]).toEqual([1, 0]);
  });
});
