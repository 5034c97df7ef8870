import type { Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { LinkState } from '../ports/gateway.ts';
import type { MqttEndpoint } from './endpoint.ts';
import { LinkRetries } from './link-retries.ts';
import { MqttConnection, type PushMessage, type Will } from './mqtt-connection.ts';
import { MqttFault, mqttFault } from './mqtt-fault.ts';
import type { Dial } from './socket.ts';

export interface MqttHandlers {
  /** The message is acknowledged (PUBACK) when `done` is called; until then the link reads nothing more. */
  message(message: PushMessage, done: () => void): void;
  /** Connected, and every topic asked for is subscribed or refused. */
  up(): void;
  /** The link was lost or could not be made; the next try begins in `retryMs`. */
  down(fault: MqttFault, retryMs: number): void;
  /** The broker does not allow a topic. */
  refusedTopic(topic: string): void;
}

export interface MqttLinkOptions {
  readonly endpoint: MqttEndpoint;
  readonly clientId: string;
  /** Made anew for every connection; the broker publishes it at QoS 1 when the link dies. Default none. */
  readonly will?: () => Will;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly dial?: Dial;
  /** Seconds between signs of life, default 30; a dead link is noticed within 1.5 times that. */
  readonly keepaliveSeconds?: number;
}

const CONTESTED_AFTER = 3;

/**
 * An MQTT link that comes back by itself: fixed client id, persistent session, QoS 1 subscriptions made again after
 * every CONNACK, PUBACK only after the handler is done, no queue of unsent messages. Every connection is an object of
 * its own, so that nothing of a dead one (an acknowledgement, a packet id) reaches the next.
 */
export class MqttLink {
  readonly #options: MqttLinkOptions;
  readonly #handlers: MqttHandlers;
  readonly #retries: LinkRetries;
  readonly #topics = new Set<string>();
  #state: LinkState = 'off';
  #connection: MqttConnection | null = null;
  #connected = false;
  #shortLives = 0;
  /** Set when the session holds a message that is too large: it would come again at every connection. */
  #dropSession = false;
  /** Told apart by number, because a connection may still be loading when the link is stopped. */
  #attempt = 0;

  constructor(options: MqttLinkOptions, handlers: MqttHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#retries = new LinkRetries(options.clock, options.entropy);
  }

  /** `up` only while subscribed; `off` before start and after stop. */
  get state(): LinkState {
    return this.#state;
  }

  /** Begins to connect; returns at once. */
  start(): void {
    if (this.#state !== 'off') return;
    this.#state = 'down';
    void this.#connect();
  }

  /** Says goodbye (the will is not published) and resolves when the connection is closed. */
  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#state = 'off';
    this.#attempt++;
    this.#forget();
    this.#retries.stop();
    await connection?.close();
  }

  /**
   * Keeps a topic subscribed from now on, over all reconnections. True once the broker granted it; false when the link
   * is down, the broker refused, or did not answer within 5 s.
   */
  async subscribe(topic: string): Promise<boolean> {
    this.#topics.add(topic);
    if (this.#connection === null || !this.#connected) return false;
    const granted = await this.#grants(this.#connection, [topic]);
    return granted?.[0] === true;
  }

  /** Also for a topic that only the persistent session remembers. */
  unsubscribe(topic: string): void {
    this.#topics.delete(topic);
    if (this.#connected) this.#connection?.unsubscribe(topic);
  }

  /** Sends at QoS 0 if the link is up; false when it is not and the message is dropped. */
  publish(topic: string, payload: Uint8Array): boolean {
    if (this.#state !== 'up' || this.#connection === null) return false;
    this.#connection.publish(topic, payload);
    return true;
  }

  /**
   * Sends at QoS 1. True once the broker has acknowledged it on this very connection; false when the link is down or
   * dies first, when 10 s pass or the signal aborts (then it may have arrived), or when 20 messages are on their way.
   */
  async publishAcknowledged(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<boolean> {
    if (this.#state !== 'up' || this.#connection === null) return false;
    return this.#connection.publishAcknowledged(topic, payload, signal);
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    const current = () => attempt === this.#attempt;
    const { endpoint, clientId, clock, dial, keepaliveSeconds = 30, will } = this.#options;
    const clean = this.#dropSession;
    this.#dropSession = false;
    try {
      const connection = await MqttConnection.open(
        { endpoint, clientId, clock, dial, keepaliveSeconds, will: will?.() ?? null, clean },
        {
          message: (message, done) => current() && this.#handlers.message(message, done),
          connected: () => current() && void this.#subscribeAll(),
          ended: (fault) => current() && this.#lost(fault),
        },
      );
      if (current()) this.#connection = connection;
      else await connection.close();
    } catch (error) {
      if (current()) this.#lost(mqttFault(error));
    }
  }

  async #subscribeAll(): Promise<void> {
    const connection = this.#connection;
    if (connection === null) return;
    this.#connected = true;
    const granted = this.#topics.size === 0 ? [] : await this.#grants(connection, [...this.#topics]);
    if (this.#connection !== connection) return;
    if (granted === null) {
      connection.fail(new MqttFault('The broker did not answer a subscription', { code: 'mqtt-no-suback', lasting: false }));
      return;
    }
    this.#state = 'up';
    this.#retries.up(() => {
      this.#shortLives = 0;
    });
    this.#handlers.up();
  }

  async #grants(connection: MqttConnection, topics: readonly string[]): Promise<readonly boolean[] | null> {
    const granted = await connection.subscribe(topics);
    for (const [index, topic] of topics.entries()) if (granted?.[index] === false) this.#handlers.refusedTopic(topic);
    return granted;
  }

  #lost(fault: MqttFault): void {
    if (this.#state === 'up') this.#shortLives++;
    this.#dropSession = fault.code === 'mqtt-packet-too-large';
    this.#state = 'down';
    this.#forget();
    const shown = this.#contested(fault);
    const waitMs = this.#retries.down(shown.lasting, () => void this.#connect());
    this.#handlers.down(shown, waitMs);
  }

  #forget(): void {
    this.#connection = null;
    this.#connected = false;
  }

  /** A link that comes up and is closed by the broker again and again: as a rule two boxes with one client id. */
  #contested(fault: MqttFault): MqttFault {
    if (this.#shortLives < CONTESTED_AFTER || (fault.code !== 'mqtt-closed' && fault.code !== 'peer-cut')) return fault;
    const remedy = `Look for another box that uses the client id ${this.#options.clientId}.`;
    return new MqttFault('The broker keeps closing the connection', { code: 'mqtt-contested', lasting: true, remedy, cause: fault });
  }
}
