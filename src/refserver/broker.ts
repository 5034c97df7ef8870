import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Aedes, type PublishPacket } from 'aedes';
import { ConfigurationFault, PeerFault } from '../domain/fault.ts';
import type { BackendLog } from './environment.ts';
import { PacketMeter } from './packet-meter.ts';

/** What a client published, already within the size limit. */
type Inbound = (topic: string, payload: Uint8Array) => void;

export interface BrokerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Largest MQTT packet read, in bytes; a client that announces a larger one is cut off. */
  readonly maxPacketBytes: number;
  /** Whether a box may publish to this topic; everything the backend itself says is not for boxes to say. */
  readonly mayPublish: (topic: string, clientId: string | undefined) => boolean;
  readonly inbound: Inbound;
  /** A client has subscribed to this topic and hears what is published to it from now on. */
  readonly subscribed?: (topic: string) => void;
  readonly log: BackendLog;
}

export interface Broker {
  readonly port: number;
  /** Publishes with QoS 1; resolves when the broker has taken it. */
  publish(topic: string, payload: Uint8Array, retain: boolean): Promise<void>;
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 1000;

/**
 * The embedded MQTT broker. It takes any user name and password: it is a counterpart for development and tests, and listens on the
 * loopback interface unless told otherwise.
 * @throws ConfigurationFault `port-in-use`, `address-unusable`
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { log } = options;
  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    drainTimeout: 30_000,
    maxClientsIdLength: 128,
    maxTopicLevels: 16,
    authorizePublish: (client, packet, done) => {
      if (options.mayPublish(packet.topic, client?.id)) return done(null);
      log.warn('broker.publish-refused', { client: client?.id, topic: packet.topic.slice(0, 200) });
      done(new PeerFault('Boxes may not publish here', { code: 'topic-refused', found: packet.topic.slice(0, 200) }));
    },
  });
  aedes.on('publish', (packet, client) => {
    if (client && options.mayPublish(packet.topic, client.id)) options.inbound(packet.topic, bytesOf(packet));
  });
  aedes.on('subscribe', (subscriptions) => {
    for (const { topic } of subscriptions) options.subscribed?.(topic);
  });
  aedes.on('clientError', (client, error) => log.warn('broker.client-error', { client: client.id, reason: error.message }));
  aedes.on('connectionError', (_client, error) => log.warn('broker.connection-error', { reason: error.message }));

  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => void sockets.delete(socket));
    limitPackets(socket, options.maxPacketBytes);
    aedes.handle(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, options.port, options.host);

  return {
    port: (server.address() as AddressInfo).port,
    publish: (topic, payload, retain) =>
      new Promise((resolve, reject) => {
        const packet: PublishPacket = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false };
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
      }),
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Waits until a server listens. @throws ConfigurationFault `port-in-use`, `address-unusable` */
export async function listening(server: Pick<Server, 'listen' | 'once' | 'off'>, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, port, host));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function cannotListen(cause: NodeJS.ErrnoException, port: number, host: string): ConfigurationFault {
  const taken = cause.code === 'EADDRINUSE';
  return new ConfigurationFault(taken ? 'The port is in use by another program' : 'The address cannot be listened on', {
    code: taken ? 'port-in-use' : 'address-unusable',
    found: `${host}:${port} (${cause.code})`,
    remedy: taken
      ? 'Stop the other program, or give another port (0 takes any free one).'
      : 'Give the address of one of this machine’s interfaces.',
    cause,
  });
}

const bytesOf = ({ payload }: { readonly payload: string | Buffer }): Uint8Array =>
  typeof payload === 'string' ? Buffer.from(payload) : payload;

/** The broker library buffers a packet whatever its announced size; it takes its bytes with `read`, so they are counted there. */
function limitPackets(socket: Socket, maxBytes: number): void {
  const meter = new PacketMeter(maxBytes);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    if (chunk === null || meter.takes(chunk)) return chunk;
    socket.destroy(new PeerFault('The MQTT packet is too large', { code: 'packet-too-large', expected: `at most ${maxBytes} bytes` }));
    return null;
  };
}
