import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';
import { Aedes, type AedesOptions } from 'aedes';
import { settle } from './clock.ts';
import { eventLog } from './event-log.ts';

type BrokerEvent =
  | { readonly kind: 'client'; readonly id: string }
  /** A box acknowledged a QoS 1 message. */
  | { readonly kind: 'ack'; readonly topic: string }
  | { readonly kind: 'published'; readonly topic: string; readonly text: string; readonly from: string | null }
  | { readonly kind: 'subscribed'; readonly topics: readonly string[] }
  | { readonly kind: 'unsubscribed'; readonly topics: readonly string[] };

/** A real broker on a real port whose network the test can cut. */
export interface TestBroker {
  readonly port: number;
  readonly events: ReturnType<typeof eventLog<BrokerEvent>>;
  publish(topic: string, payload: string | Uint8Array, flags?: { readonly qos?: 0 | 1; readonly retain?: boolean }): Promise<void>;
  /** Cuts every connection without a goodbye; the listener stays. */
  cut(): void;
  stop(): Promise<void>;
}

export interface TestBrokerOptions extends AedesOptions {
  readonly tls?: TlsOptions;
  /** Default: any free port. */
  readonly port?: number;
}

export async function testBroker({ tls, port = 0, ...options }: TestBrokerOptions = {}): Promise<TestBroker> {
  const aedes = await Aedes.createBroker({ concurrency: 100, ...options });
  const events = eventLog<BrokerEvent>();
  const sockets = new Set<Socket>();
  aedes.on('clientReady', (client) => events.add({ kind: 'client', id: client.id }));
  aedes.on('ack', (packet) => {
    if (packet !== undefined && 'topic' in packet) events.add({ kind: 'ack', topic: packet.topic });
  });
  aedes.on('subscribe', (subscriptions) => events.add({ kind: 'subscribed', topics: subscriptions.map(({ topic }) => topic) }));
  aedes.on('unsubscribe', (topics) => events.add({ kind: 'unsubscribed', topics }));
  aedes.on('publish', ({ topic, payload }, client) => {
    if (!topic.startsWith('$SYS')) events.add({ kind: 'published', topic, text: payload.toString(), from: client?.id ?? null });
  });
  const accept = (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    aedes.handle(socket);
  };
  const server: Server = tls === undefined ? createServer(accept) : createSecureServer(tls, accept).on('tlsClientError', () => {});
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    events,
    publish: (topic, payload, { qos = 1, retain = false } = {}) =>
      new Promise((resolve, reject) => {
        aedes.publish({ cmd: 'publish', dup: false, topic, payload: Buffer.from(payload), qos, retain }, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    cut,
    stop: async () => {
      cut();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      await settle();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await closed;
    },
  };
}
