import { PeerFault } from '../../domain/fault.ts';
import type { Currency } from '../../domain/money.ts';
import type { MqttEndpoint } from '../../net/endpoint.ts';
import type { PushMessage } from '../../net/mqtt-connection.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { Inbound, LinkFault, LinkState } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { reasonOf } from '../reason.ts';
import { TopicLink } from '../topic-link.ts';
import * as codec from './codec.ts';

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

/** The MQTT side of the dialect (guide, 3.4) for one set of parameters: `prefix/SN` at QoS 1, client id SN, persistent session. */
export class Push {
  readonly #options: PushOptions;
  readonly #link: TopicLink;
  readonly #topics: readonly string[];

  constructor(options: PushOptions) {
    const { endpoint, topicPrefixes, serial, emit, clock, entropy, log, metrics, dial } = options;
    this.#options = options;
    this.#topics = topicPrefixes.map((prefix) => codec.topicOf(prefix, serial));
    this.#link = new TopicLink({
      endpoint,
      clientId: serial,
      topics: this.#topics,
      remedy: 'Check its access list and mqtt_topic.',
      message: (message, done) => this.#message(message, done),
      up: () => emit({ kind: 'reconnected' }),
      clock,
      entropy,
      log,
      metrics,
      ...(dial === undefined ? {} : { dial }),
    });
  }

  /** `up` while at least one topic is subscribed. */
  get state(): LinkState {
    return this.#link.state;
  }

  /** What is wrong with the link: why there is none, or which topics the broker does not allow. */
  get faults(): readonly LinkFault[] {
    return this.#link.faults;
  }

  start(): void {
    this.#link.start();
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  /** Whatever cannot be used is counted and acknowledged at once: it would only come again. */
  #message(message: PushMessage, done: () => void): void {
    const { emit, log, metrics, rejected } = this.#options;
    const verdict = this.#judge(message);
    metrics.count('push_messages_total', { outcome: verdict.outcome });
    // A topic of earlier parameters that only the persistent session remembers: its messages still count, it is given back.
    if (!this.#topics.includes(message.topic)) this.#link.forget(message.topic);
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
