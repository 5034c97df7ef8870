import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import { MqttClient } from 'mqtt';
import { Agent, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../testkit/clock.ts';
import { SimulatedLinks } from './links.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('network clients over a simulated link', () => {
  it('HTTP keeps its connection, and loses it with the link', async () => {
    const port = await listen(createHttpServer((req, res) => res.end(req.url)));
    const links = new SimulatedLinks(new FakeClock());
    const dial = links.dialer('http');
    let dialled = 0;
    const agent = new Agent({
      connections: 1,
      connect: (_, callback) => {
        dialled += 1;
        const socket = dial('127.0.0.1', port);
        socket.once('error', (error) => callback(error, null)).once('connect', () => callback(null, socket));
      },
    });
    open.push(() => agent.destroy());
    const get = async (path: string) => (await request(`http://box.test${path}`, { dispatcher: agent })).body.text();
    expect([await get('/a'), await get('/b'), dialled]).toEqual(['/a', '/b', 1]);
    links.set('http', 'down');
    await expect(get('/c')).rejects.toMatchObject({ code: 'ENETUNREACH' });
    links.set('http', 'up');
    expect(await get('/d')).toBe('/d');
  });

  it('MQTT publishes and hears, and loses the broker with the link', async () => {
    const broker = await Aedes.createBroker();
    open.push(() => new Promise<void>((resolve) => broker.close(() => resolve())));
    const port = await listen(createServer(broker.handle));
    const links = new SimulatedLinks(new FakeClock());
    const client = new MqttClient(() => links.dialer('mqtt')('127.0.0.1', port), { clientId: 'box', reconnectPeriod: 0 });
    client.on('error', () => undefined);
    open.push(() => client.endAsync(true));
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    await client.subscribeAsync('a', { qos: 1 });
    const heard = new Promise<string>((resolve) => client.once('message', (_, payload) => resolve(String(payload))));
    await client.publishAsync('a', 'paid', { qos: 1 });
    expect(await heard).toBe('paid');
    const closed = new Promise<void>((resolve) => client.stream.once('close', () => resolve()));
    links.set('mqtt', 'down');
    await closed;
    expect(client.connected).toBe(false);
  });

  it('TLS goes on top, and is slow when the link is', async () => {
    // A shared key needs no certificates.
    const psk = Buffer.from('0123456789abcdef');
    const port = await listen(
      createTlsServer({ ciphers: 'PSK', pskCallback: () => psk }, (socket) => {
        socket.on('error', () => undefined);
        socket.pipe(socket);
      }),
    );
    const clock = new FakeClock();
    const links = new SimulatedLinks(clock);
    const secured = connectTls({
      socket: links.dialer('http')('127.0.0.1', port),
      ciphers: 'PSK',
      pskCallback: () => ({ psk, identity: 'box' }),
      checkServerIdentity: () => undefined,
    });
    secured.on('error', () => undefined);
    await once(secured, 'secureConnect');
    expect(secured.encrypted).toBe(true);
    const answered = once(secured, 'data');
    secured.write('hello');
    expect(String((await answered)[0])).toBe('hello');

    links.set('http', 'slow');
    let heard = '';
    secured.on('data', (chunk) => {
      heard += chunk;
    });
    secured.write('again');
    for (let i = 0; i < 20; i++) await settle();
    expect(heard).toBe('');
    while (heard === '') {
      clock.advance(1_500);
      await settle();
    }
    expect(heard).toBe('again');

    const closed = new Promise<void>((resolve) => void secured.once('close', () => resolve()));
    links.set('http', 'down');
    await closed;
  });
});
