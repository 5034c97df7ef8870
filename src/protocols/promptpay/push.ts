import { PeerFault } from '../../domain/fault.ts';
import { MqttLink } from '../../net/mqtt.ts';
import type { PushMessage } from '../../net/mqtt-connection.ts';
import type { MqttFault } from '../../net/mqtt-fault.ts';
import type { Dial } from '../../net/socket.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Entropy } from '../../ports/entropy.ts';
import type { BoxState, ChargeAnswer, Inbound, LinkState } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { RejectionLog } from '../rejections.ts';
import { answerOf } from './answer.ts';
import * as codec from './codec.ts';
import type { PromptPaySettings } from './settings.ts';

export interface PushOptions {
  readonly settings: Pick<PromptPaySettings, 'mqtt'>;
  readonly serial: string;
  readonly deviceId: string;
  /** Charges to watch from the first connection on; kept up to date by watch and unwatch. */
  readonly charges: Set<string>;
  readonly rejected: RejectionLog;
  readonly nowMs: () => number;
  readonly emit: (event: Inbound) => void;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly dial?: Dial;
}

type Verdict =
  | { readonly outcome: 'paid' | 'failed'; readonly charge: string; readonly answer: ChargeAnswer }
  | {
      readonly outcome: 'other-topic' | 'retained' | 'foreign' | 'malformed' | 'mismatch' | 'unresolved';
      readonly code?: string;
      readonly reason?: string;
    };

/** The MQTT side of the dialect, for one device id: the will message carries it, so a new identity needs a new one. */
export class Push {
  readonly #options: PushOptions;
  readonly #link: MqttLink;
  readonly #startedMs: number;
  #fault: MqttFault | null = null;

  constructor(options: PushOptions) {
    const { settings, serial, clock, entropy, dial, charges } = options;
    this.#options = options;
    this.#startedMs = clock.monotonicMs();
    this.#link = new MqttLink(
      {
        endpoint: settings.mqtt,
        clientId: `tilld-${serial}`,
        will: () => ({ topic: this.#topic, payload: this.#offline() }),
        clock,
        entropy,
        ...(dial === undefined ? {} : { dial }),
      },
      {
        message: (message, done) => this.#message(message, done),
        up: () => this.#up(),
        down: (fault, retryMs) => this.#down(fault, retryMs),
        refusedTopic: (topic) => options.log.warn('mqtt.topic-refused', { topic }),
      },
    );
    for (const charge of charges) void this.#link.subscribe(codec.statusTopic(charge));
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Why there is no link, or null. */
  get fault(): MqttFault | null {
    return this.#fault;
  }

  start(): void {
    this.#link.start();
  }

  /** Says `offline` itself, because an orderly goodbye discards the will. */
  async stop(): Promise<void> {
    this.#link.publish(this.#topic, this.#offline());
    await this.#link.stop();
  }

  watch(charge: string): Promise<boolean> {
    return this.#link.subscribe(codec.statusTopic(charge));
  }

  unwatch(charge: string): void {
    this.#link.unsubscribe(codec.statusTopic(charge));
  }

  publishState(state: BoxState): void {
    const sent = this.#link.publish(this.#topic, codec.encodeState({ ...state, atMs: this.#options.nowMs() }));
    this.#options.metrics.count('states_total', { outcome: sent ? 'sent' : 'dropped' });
  }

  get #topic(): string {
    return codec.streamingTopic(this.#options.deviceId);
  }

  #offline(): Uint8Array {
    const { clock, nowMs } = this.#options;
    const uptimeMinutes = Math.floor((clock.monotonicMs() - this.#startedMs) / 60_000);
    return codec.encodeState({ rssiDbm: null, status: 'offline', uptimeMinutes, atMs: nowMs() });
  }

  #up(): void {
    const { log, metrics, emit } = this.#options;
    this.#fault = null;
    metrics.count('mqtt_connects_total', { outcome: 'up' });
    log.info('mqtt.up');
    emit({ kind: 'reconnected' });
  }

  #down(fault: MqttFault, retryMs: number): void {
    const { log, metrics } = this.#options;
    this.#fault = fault;
    metrics.count('mqtt_connects_total', { outcome: fault.code });
    const fields = { code: fault.code, reason: fault.explain(), retryMs };
    if (fault.lasting) log.error('mqtt.alarm', fields);
    else log.warn('mqtt.down', fields);
  }

  /** Everything but a confirmation of a watched charge is counted and acknowledged at once: it would only come again. */
  #message(message: PushMessage, done: () => void): void {
    const { emit, log, metrics, rejected, nowMs } = this.#options;
    const verdict = this.#judge(message);
    metrics.count('push_messages_total', { outcome: verdict.outcome });
    if ('answer' in verdict) {
      emit({ kind: 'confirmation', charge: verdict.charge, answer: verdict.answer, done });
      return;
    }
    const { code = verdict.outcome, reason = `a message that is ${verdict.outcome}` } = verdict;
    if (verdict.outcome !== 'unresolved') rejected.note(code, reason, nowMs());
    log.warn('push.refused', { ...verdict, topic: message.topic.slice(0, 200) });
    // A topic only the persistent session remembers, from before a restart.
    if (verdict.outcome === 'foreign') this.#link.unsubscribe(message.topic);
    done();
  }

  #judge({ topic, payload, retained }: PushMessage): Verdict {
    const charge = codec.chargeOfTopic(topic);
    if (charge === null) return { outcome: 'other-topic' };
    // A retained message is the last word on a topic, whenever that was: money is never believed from one.
    if (retained) return { outcome: 'retained' };
    if (!this.#options.charges.has(charge)) return { outcome: 'foreign' };
    const status = this.#read(payload);
    if (status instanceof PeerFault) return { outcome: 'malformed', code: status.code, reason: status.explain() };
    if (status.charge !== charge) return { outcome: 'mismatch' };
    const answer = answerOf(status);
    return answer.state === 'unresolved' ? { outcome: 'unresolved', reason: answer.reason } : { outcome: answer.state, charge, answer };
  }

  #read(payload: Uint8Array): codec.PaymentStatus | PeerFault {
    try {
      return codec.decodePaymentStatus(payload);
    } catch (error) {
      if (error instanceof PeerFault) return error;
      throw error;
    }
  }
}
