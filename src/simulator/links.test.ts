import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../testkit/clock.ts';
import { SimulatedLinks } from './links.ts';

let server: Server;
let port: number;
let accepted: Socket[];
let received: string;
let clock: FakeClock;
let links: SimulatedLinks;

beforeEach(async () => {
  accepted = [];
  received = '';
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('data', (chunk) => {
      received += chunk;
      socket.write(`echo ${chunk}`);
    });
    socket.on('end', () => socket.end('bye'));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as { port: number }).port;
  clock = new FakeClock();
  links = new SimulatedLinks(clock);
});

afterEach(() => {
  for (const socket of accepted) socket.destroy();
  server.close();
});

/** Not events.once: that fails with the error of a socket. */
const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));
const dial = () => links.dialer('http')('127.0.0.1', port);
/** Everything a socket says until it ends. */
async function all(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

describe('a link that is up', () => {
  it('carries both ways, also what was written before the connection was there', async () => {
    const socket = dial();
    expect(socket.connecting).toBe(true);
    socket.write('one ');
    socket.end('two');
    const heard = await all(socket);
    expect(received).toBe('one two');
    expect(heard).toMatch(/^echo one .*bye$/);
  });

  it('tells when it is connected and when it is closed', async () => {
    const socket = dial();
    await once(socket, 'connect');
    expect([socket.connecting, socket.readyState]).toEqual([false, 'open']);
    socket.destroy();
    await closed(socket);
    expect(socket.destroyed).toBe(true);
  });

  it('carries more than fits into any buffer', async () => {
    const socket = dial();
    const sent = 'x'.repeat(3_000_000);
    socket.end(sent);
    const heard = await all(socket);
    expect(received.length).toBe(sent.length);
    expect(heard.replaceAll('echo ', '').length).toBe(sent.length + 'bye'.length);
  });

  it('fails as the network does', async () => {
    server.close();
    const socket = dial();
    const [error] = (await once(socket, 'error')) as unknown as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it('is closed when the peer goes away', async () => {
    const socket = dial();
    socket.write('hello');
    await once(socket, 'data');
    socket.on('error', () => undefined);
    const over = closed(socket);
    accepted[0]?.resetAndDestroy();
    await over;
    expect(socket.destroyed).toBe(true);
  });

  it('gives up after its time limit without traffic', async () => {
    const socket = dial();
    socket.setTimeout(20);
    await once(socket, 'timeout');
    socket.destroy();
  });
});

describe('a link that is down', () => {
  it('refuses connections as an unplugged cable does', async () => {
    links.set('http', 'down');
    const socket = dial();
    const [error] = (await once(socket, 'error')) as unknown as [NodeJS.ErrnoException];
    expect(error).toMatchObject({ code: 'ENETUNREACH', syscall: 'connect', message: `connect ENETUNREACH 127.0.0.1:${port}` });
    expect(accepted).toEqual([]);
  });

  it('tears what was open on it, and nothing on the other', async () => {
    const [http, mqtt] = [dial(), links.dialer('mqtt')('127.0.0.1', port)];
    await Promise.all([once(http, 'connect'), once(mqtt, 'connect')]);
    const torn = once(http, 'error') as Promise<unknown[]>;
    links.set('http', 'down');
    expect((await torn)[0]).toMatchObject({ code: 'ENETUNREACH' });
    expect([http.destroyed, mqtt.destroyed]).toEqual([true, false]);
    mqtt.destroy();
  });

  it('works again once it is up', async () => {
    links.set('http', 'down');
    links.set('http', 'up');
    const socket = dial();
    await once(socket, 'connect');
    socket.destroy();
  });
});

describe('a link that is slow', () => {
  const wait = async (condition: () => boolean) => {
    while (!condition()) await settle();
  };

  it('takes 1.5 seconds for each chunk, each way', async () => {
    const socket = dial();
    await once(socket, 'connect');
    links.set('http', 'slow');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.write('hello');
    clock.advance(1_499);
    await settle();
    expect([received, clock.pending()]).toEqual(['', 1]);
    clock.advance(1);
    // The answer is at the box's end of the cable.
    await wait(() => clock.pending() === 1);
    expect([received, heard]).toEqual(['hello', '']);
    clock.advance(1_500);
    await wait(() => heard !== '');
    expect(heard).toBe('echo hello');
    socket.destroy();
    await closed(socket);
    expect(clock.pending()).toBe(0);
  });

  it('loses what is on its way when it goes down', async () => {
    const socket = dial();
    await once(socket, 'connect');
    links.set('http', 'slow');
    socket.write('hello');
    socket.on('error', () => undefined);
    links.set('http', 'down');
    await closed(socket);
    clock.advance(10_000);
    await settle();
    expect([received, clock.pending()]).toEqual(['', 0]);
  });
});
