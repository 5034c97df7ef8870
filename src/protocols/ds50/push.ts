import { PeerFault } from '../../domain/fault.ts';
import type { Currency } from '../../domain/money.ts';
import type { MqttEndpoint } from '../../net/endpoint.ts';
import { MqttLink } from '../../net/mqtt.ts';
import type { PushMessage } from '../../net/mqtt-connection.ts';
import type { MqttFault } from '../../net/mqtt-fault.ts';
import type { Dial } from '../../net/socket.ts';
import type { Cancel, Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Inbound, LinkFault, LinkState } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import * as codec from './codec.ts';
import { reasonOf } from './replies.ts';

export interface PushOptions {
  readonly endpoint: MqttEndpoint;
  readonly topicPrefixes: readonly string[];
  /** SN: client id, and the last part of every topic. */
  readonly serial: string;
  readonly currency: Currency;
  readonly emit: (event: Inbound) => void;
  /** A message that could not be used. */
  readonly rejected: (code: string, detail: string) => void;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

type Verdict =
  | { readonly outcome: 'order' | 'update'; readonly message: codec.InboundMessage }
  | { readonly outcome: 'retained' | 'other-topic' | 'malformed'; readonly code: string; readonly reason: string };

const KEEPALIVE_SECONDS = 60;
/** A broker whose access list is mended lets the box in within this time. */
const ASK_AGAIN_MS = 60_000;

/** The MQTT side of the dialect (guide, 3.4) for one set of parameters: `prefix/SN` at QoS 1, client id SN, persistent session. */
export class Push {
  readonly #options: PushOptions;
  readonly #link: MqttLink;
  readonly #topics: readonly string[];
  readonly #refused = new Set<string>();
  #fault: MqttFault | null = null;
  #cancelAsking: Cancel = () => {};

  constructor(options: PushOptions) {
    const { endpoint, topicPrefixes, serial, clock, entropy, dial } = options;
    this.#options = options;
    this.#topics = topicPrefixes.map((prefix) => codec.topicOf(prefix, serial));
    this.#link = new MqttLink(
      { endpoint, clientId: serial, keepaliveSeconds: KEEPALIVE_SECONDS, clock, entropy, ...(dial === undefined ? {} : { dial }) },
      {
        message: (message, done) => this.#message(message, done),
        up: () => this.#up(),
        down: (fault, retryMs) => this.#down(fault, retryMs),
        refusedTopic: (topic) => this.#refuse(topic),
      },
    );
    for (const topic of this.#topics) void this.#link.subscribe(topic);
  }

  /** `up` while at least one topic is subscribed. */
  get state(): LinkState {
    return this.#link.state === 'up' && this.#refused.size === this.#topics.length ? 'down' : this.#link.state;
  }

  /** What is wrong with the link, or null: why there is none, or which topics the broker does not allow. */
  get fault(): LinkFault | null {
    if (this.#fault !== null) return { link: 'mqtt', code: this.#fault.code, detail: this.#fault.explain() };
    if (this.#refused.size === 0) return null;
    const detail = `The broker does not let this box subscribe to ${[...this.#refused].join(', ')}. Check its access list and mqtt_topic.`;
    return { link: 'mqtt', code: 'mqtt-topic-refused', detail };
  }

  start(): void {
    this.#link.start();
  }

  async stop(): Promise<void> {
    this.#cancelAsking();
    await this.#link.stop();
  }

  #up(): void {
    const { log, metrics, emit } = this.#options;
    this.#fault = null;
    metrics.count('mqtt_connects_total', { outcome: 'up' });
    log.info('mqtt.up');
    if (this.#refused.size > 0) this.#askLater();
    emit({ kind: 'reconnected' });
  }

  #down(fault: MqttFault, retryMs: number): void {
    const { log, metrics } = this.#options;
    this.#fault = fault;
    this.#refused.clear();
    this.#cancelAsking();
    metrics.count('mqtt_connects_total', { outcome: fault.code });
    const fields = { code: fault.code, reason: fault.explain(), retryMs };
    if (fault.lasting) log.error('mqtt.alarm', fields);
    else log.warn('mqtt.down', fields);
  }

  #refuse(topic: string): void {
    if (!this.#refused.has(topic)) this.#options.log.warn('mqtt.topic-refused', { topic });
    this.#refused.add(topic);
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
    else this.#options.emit({ kind: 'reconnected' });
  }

  /** Whatever cannot be used is counted and acknowledged at once: it would only come again. */
  #message(message: PushMessage, done: () => void): void {
    const { emit, log, metrics, rejected } = this.#options;
    const verdict = this.#judge(message);
    metrics.count('push_messages_total', { outcome: verdict.outcome });
    // A topic of earlier parameters that only the persistent session remembers: its messages still count, it is given back.
    if (!this.#topics.includes(message.topic)) this.#link.unsubscribe(message.topic);
    if (!('message' in verdict)) {
      log.warn('push.refused', verdict);
      rejected(verdict.code, verdict.reason);
      done();
    } else if (verdict.message.kind === 'update') {
      emit({ kind: 'update', offer: verdict.message.offer, done });
    } else {
      for (const notice of verdict.message.notices) log.info('push.tolerated', { notice });
      emit({ kind: 'order', order: verdict.message.order, done });
    }
  }

  #judge({ topic, payload, retained }: PushMessage): Verdict {
    const { serial, currency } = this.#options;
    if (!topic.endsWith(`/${serial}`))
      return { outcome: 'other-topic', code: 'message-other-topic', reason: 'The message is not for this box' };
    // A retained message is the last word on a topic, whenever that was: neither money nor software is believed from one.
    if (retained)
      return { outcome: 'retained', code: 'message-retained', reason: 'The message was kept by the broker (retain); send it without' };
    try {
      const message = codec.decodeInbound(payload, currency);
      return { outcome: message.kind, message };
    } catch (error) {
      if (error instanceof PeerFault) return { outcome: 'malformed', code: error.code, reason: reasonOf(error) };
      throw error;
    }
  }
}
