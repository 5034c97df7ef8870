import type { IClientOptions, MqttClient } from 'mqtt';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { MqttEndpoint } from './endpoint.ts';
import { MqttFault, mqttFault } from './mqtt-fault.ts';
import { packetGuard } from './packet-guard.ts';
import { type Dial, openSocket } from './socket.ts';

export interface PushMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  readonly qos: 0 | 1 | 2;
  readonly dup: boolean;
}

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface ConnectionOptions {
  readonly endpoint: MqttEndpoint;
  readonly clientId: string;
  readonly will: Will | null;
  readonly clean: boolean;
  readonly keepaliveSeconds: number;
  readonly clock: Clock;
  readonly dial: Dial | undefined;
}

export interface ConnectionEvents {
  message(message: PushMessage, done: () => void): void;
  connected(): void;
  /** Exactly once, whatever happened; never after `close`. */
  ended(fault: MqttFault): void;
}

const CONNECT_LIMIT_MS = 10_000;
const SUBSCRIBE_LIMIT_MS = 5_000;
const CLOSE_LIMIT_MS = 2_000;
const PUBACK_LIMIT_MS = 10_000;
/** Messages of ours the broker has not acknowledged yet. */
const MAX_IN_FLIGHT = 20;
const MAX_PACKET_BYTES = 262_144;

/** One MQTT 3.1.1 connection from CONNECT to its end; it never comes back by itself. */
export class MqttConnection {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #cancelLimit: Cancel;
  #fault: MqttFault | null = null;
  #ended = false;
  #inFlight = 0;
  /** Told that no acknowledgement will come. */
  readonly #waiting = new Set<() => void>();

  private constructor(client: MqttClient, clock: Clock, events: ConnectionEvents) {
    this.#client = client;
    this.#clock = clock;
    this.#cancelLimit = clock.after(CONNECT_LIMIT_MS, () => {
      this.fail(new MqttFault('The broker did not greet', { code: 'peer-timeout', lasting: false }));
    });
    client.handleMessage = (packet, callback) => {
      if (packet.cmd === 'publish') this.#handle(packet, callback, events);
      else callback();
    };
    client.on('connect', () => {
      this.#cancelLimit();
      if (!this.#ended) events.connected();
    });
    client.on('error', (error) => this.fail(mqttFault(error)));
    client.on('close', () => {
      this.#cancelLimit();
      this.#giveUpWaiting();
      if (this.#ended) return;
      this.#ended = true;
      events.ended(this.#fault ?? new MqttFault('The broker closed the connection', { code: 'mqtt-closed', lasting: false }));
    });
  }

  /** Loads the client library on first use and begins to connect. */
  static async open(options: ConnectionOptions, events: ConnectionEvents): Promise<MqttConnection> {
    const { MqttClient } = await import('mqtt');
    await makeNumbersWhenWritten();
    const fits = packetGuard(MAX_PACKET_BYTES);
    const watched = () => {
      const socket = connectSocket(options);
      socket.on('error', (error) => connection.fail(mqttFault(error)));
      socket.on('data', (chunk: Buffer) => {
        if (fits(chunk)) return;
        connection.fail(new MqttFault('The broker sent a packet that is too large', { code: 'mqtt-packet-too-large', lasting: false }));
      });
      return socket;
    };
    const client = new MqttClient(watched, clientOptions(options));
    const connection = new MqttConnection(client, options.clock, events);
    try {
      client.connect();
    } catch (error) {
      connection.#cancelLimit();
      throw error;
    }
    return connection;
  }

  /** Ends the connection for a reason; the first reason counts. */
  fail(fault: MqttFault): void {
    this.#fault ??= fault;
    this.#client.stream.destroy();
  }

  /** Which topics the broker granted at QoS 1; null when it did not answer within 5 s or the connection ended. */
  async subscribe(topics: readonly string[]): Promise<readonly boolean[] | null> {
    const codes = await new Promise<readonly unknown[] | null>((resolve) => {
      const cancel = this.#clock.after(SUBSCRIBE_LIMIT_MS, () => resolve(null));
      this.#client.subscribe([...topics], { qos: 1 }, (_error, _subscriptions, packet) => {
        cancel();
        resolve(packet?.granted ?? null);
      });
    });
    return codes === null ? null : topics.map((_topic, index) => Number(codes[index] ?? 128) < 128);
  }

  /** Without waiting for the answer. */
  unsubscribe(topic: string): void {
    this.#client.unsubscribe(topic, () => {});
  }

  /** At QoS 0. */
  publish(topic: string, payload: Uint8Array): void {
    this.#client.publish(topic, Buffer.from(payload), { qos: 0 });
  }

  /**
   * At QoS 1. True once the broker has acknowledged it; false when that took more than 10 s, the connection ended first,
   * the signal aborted (it may have arrived all the same), or 20 messages wait for theirs already (nothing is sent).
   */
  publishAcknowledged(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<boolean> {
    if (this.#ended || this.#fault !== null || signal.aborted || this.#inFlight >= MAX_IN_FLIGHT) return Promise.resolve(false);
    this.#inFlight++;
    return new Promise((resolve) => {
      const settle = (taken: boolean) => {
        cancel();
        signal.removeEventListener('abort', giveUp);
        this.#waiting.delete(giveUp);
        resolve(taken);
      };
      const giveUp = () => settle(false);
      const cancel = this.#clock.after(PUBACK_LIMIT_MS, () => {
        giveUp();
        // Its place stays taken until it is acknowledged: a broker that fills them all is better left.
        if (this.#inFlight >= MAX_IN_FLIGHT) {
          this.fail(new MqttFault('The broker acknowledges nothing', { code: 'mqtt-no-puback', lasting: false }));
        }
      });
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(giveUp);
      this.#client.publish(topic, Buffer.from(payload), { qos: 1 }, (error) => {
        this.#inFlight--;
        settle(!error);
      });
    });
  }

  /** Says goodbye, so that the will is not published, and resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#cancelLimit();
    this.#giveUpWaiting();
    const { stream } = this.#client;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(CLOSE_LIMIT_MS, () => void stream.destroy());
      const closed = () => {
        cancel();
        resolve();
      };
      if (stream.closed) return closed();
      stream.once('close', closed);
      // A subscription that waits for its answer would hold up the goodbye, so it goes out by hand.
      if (this.#client.connected) this.#client.end(Object.keys(this.#client.outgoing).length > 0);
      else stream.destroy();
    });
  }

  #giveUpWaiting(): void {
    for (const giveUp of [...this.#waiting]) giveUp();
  }

  #handle(
    packet: { topic: string; payload: string | Buffer; retain: boolean; qos: 0 | 1 | 2; dup: boolean },
    callback: () => void,
    events: ConnectionEvents,
  ): void {
    const { topic, payload, retain, qos, dup } = packet;
    let open = true;
    const done = () => {
      if (!open) return;
      open = false;
      callback();
    };
    try {
      events.message({ topic, payload: Buffer.from(payload), retained: retain, qos, dup }, done);
    } catch (error) {
      // Not acknowledged: the broker sends it again on the next connection.
      this.fail(new MqttFault('A message could not be handled', { code: 'mqtt-handler', lasting: false, cause: error }));
    }
  }
}

/** The library's packet writer would keep all 65,536 two-byte numbers as buffers, 15 MB of them, made at the first packet. */
async function makeNumbersWhenWritten(): Promise<void> {
  // Of the version that the library asks for, so that it is the very copy the library uses.
  const { default: packets } = await import('mqtt-packet');
  Object.assign(packets.writeToStream, { cacheNumbers: false });
}

function connectSocket({ endpoint, dial }: ConnectionOptions): ReturnType<typeof openSocket> {
  const url = new URL(endpoint.url);
  const secure = url.protocol === 'mqtts:';
  return openSocket({ host: url.hostname, port: Number(url.port) || (secure ? 8883 : 1883), tls: secure ? endpoint : null }, dial);
}

const clientOptions = ({ endpoint, clientId, clean, keepaliveSeconds, clock, will }: ConnectionOptions): IClientOptions => ({
  protocolId: 'MQTT',
  protocolVersion: 4,
  clientId,
  clean,
  keepalive: keepaliveSeconds,
  timerVariant: intervals(clock),
  reconnectPeriod: 0,
  // The limit on the injected clock strikes first.
  connectTimeout: 2 * CONNECT_LIMIT_MS,
  resubscribe: false,
  queueQoSZero: false,
  manualConnect: true,
  ...(will === null ? {} : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: false } }),
  ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
  ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
});

/** The injected clock in the form the client library takes for its keepalive. */
function intervals(clock: Clock): Exclude<NonNullable<IClientOptions['timerVariant']>, string> {
  const running = new Map<number, Cancel>();
  let last = 0;
  const arm = (id: number, task: () => void, ms: number) => {
    const tick = () => {
      arm(id, task, ms);
      task();
    };
    running.set(id, clock.after(ms, tick));
  };
  return {
    set: (task: () => void, ms: number) => {
      arm(++last, task, ms);
      return last;
    },
    clear: (id: number) => {
      running.get(id)?.();
      running.delete(id);
    },
  };
}
