import type { MqttEndpoint } from '../net/endpoint.ts';
import { MqttLink } from '../net/mqtt.ts';
import type { PushMessage } from '../net/mqtt-connection.ts';
import type { MqttFault } from '../net/mqtt-fault.ts';
import type { Dial } from '../net/socket.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { LinkFault, LinkState } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';

export interface TopicLinkOptions {
  readonly endpoint: MqttEndpoint;
  readonly clientId: string;
  /** What the box listens to, from the first connection on. */
  readonly topics: readonly string[];
  /** What to do about a topic the broker does not allow, as an instruction. */
  readonly remedy: string;
  /** As `MqttHandlers.message`. */
  readonly message: (message: PushMessage, done: () => void) => void;
  /** The link is up after an absence, or hears topics that were refused before. */
  readonly up: () => void;
  readonly down?: () => void;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

const KEEPALIVE_SECONDS = 60;
/** A broker whose access list is mended lets the box in within this time. */
const ASK_AGAIN_MS = 60_000;

/**
 * An MQTT link that listens to the same topics all its life, and says what stands in its way: why there is no link, and
 * which topics the broker does not let it hear or does not acknowledge. A refused topic is asked for again every minute.
 */
export class TopicLink {
  readonly #options: TopicLinkOptions;
  readonly #link: MqttLink;
  readonly #refused = new Set<string>();
  /** Topics of which the last message was not acknowledged although the link stood. */
  readonly #unacknowledged = new Set<string>();
  #fault: MqttFault | null = null;
  #cancelAsking: Cancel = () => {};

  constructor(options: TopicLinkOptions) {
    const { endpoint, clientId, topics, clock, entropy, dial } = options;
    this.#options = options;
    this.#link = new MqttLink(
      { endpoint, clientId, keepaliveSeconds: KEEPALIVE_SECONDS, clock, entropy, ...(dial === undefined ? {} : { dial }) },
      {
        message: options.message,
        up: () => this.#up(),
        down: (fault, retryMs) => this.#down(fault, retryMs),
        refusedTopic: (topic) => this.#refuse(topic),
      },
    );
    for (const topic of topics) void this.#link.subscribe(topic);
  }

  /** `up` while at least one topic is subscribed. */
  get state(): LinkState {
    return this.#link.state === 'up' && this.#refused.size === this.#options.topics.length ? 'down' : this.#link.state;
  }

  /** What is wrong with the link; empty when nothing is. */
  get faults(): readonly LinkFault[] {
    const { remedy } = this.#options;
    if (this.#fault !== null) return [{ link: 'mqtt', code: this.#fault.code, detail: this.#fault.explain() }];
    const told = (code: string, topics: ReadonlySet<string>, what: string) =>
      topics.size === 0 ? [] : [{ link: 'mqtt', code, detail: `${what} ${[...topics].join(', ')}. ${remedy}` }];
    return [
      ...told('mqtt-topic-refused', this.#refused, 'The broker does not let this box subscribe to'),
      ...told('mqtt-not-acknowledged', this.#unacknowledged, 'The broker does not acknowledge what this box publishes on'),
    ];
  }

  /** Whether the box hears this topic now. */
  hears(topic: string): boolean {
    return this.#link.state === 'up' && !this.#refused.has(topic);
  }

  start(): void {
    this.#link.start();
  }

  async stop(): Promise<void> {
    this.#cancelAsking();
    await this.#link.stop();
  }

  /** At QoS 0; false when the link is down and it is dropped. */
  publish(topic: string, payload: Uint8Array): boolean {
    return this.#link.publish(topic, payload);
  }

  /** At QoS 1, as `MqttLink.publishAcknowledged`. */
  async publishAcknowledged(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const taken = await this.#link.publishAcknowledged(topic, payload, signal);
    if (taken) this.#unacknowledged.delete(topic);
    else if (this.#link.state === 'up' && !signal.aborted) this.#doubt(topic);
    return taken;
  }

  /** Gives back a topic that only the persistent session remembers. */
  forget(topic: string): void {
    this.#link.unsubscribe(topic);
  }

  #up(): void {
    const { log, metrics, up } = this.#options;
    this.#fault = null;
    metrics.count('mqtt_connects_total', { outcome: 'up' });
    log.info('mqtt.up');
    if (this.#refused.size > 0) this.#askLater();
    up();
  }

  #down(fault: MqttFault, retryMs: number): void {
    const { log, metrics, down } = this.#options;
    this.#fault = fault;
    this.#refused.clear();
    this.#unacknowledged.clear();
    this.#cancelAsking();
    metrics.count('mqtt_connects_total', { outcome: fault.code });
    const fields = { code: fault.code, reason: fault.explain(), retryMs };
    if (fault.lasting) log.error('mqtt.alarm', fields);
    else log.warn('mqtt.down', fields);
    down?.();
  }

  #refuse(topic: string): void {
    if (!this.#refused.has(topic)) this.#options.log.warn('mqtt.topic-refused', { topic });
    this.#refused.add(topic);
  }

  #doubt(topic: string): void {
    if (!this.#unacknowledged.has(topic)) this.#options.log.warn('mqtt.not-acknowledged', { topic });
    this.#unacknowledged.add(topic);
  }

  #askLater(): void {
    this.#cancelAsking = this.#options.clock.after(ASK_AGAIN_MS, () => void this.#askAgain());
  }

  async #askAgain(): Promise<void> {
    for (const topic of [...this.#refused]) {
      if (await this.#link.subscribe(topic)) this.#refused.delete(topic);
    }
    if (this.#link.state !== 'up') return;
    if (this.#refused.size > 0) this.#askLater();
    else this.#options.up();
  }
}
