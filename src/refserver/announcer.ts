import { encodePaymentStatus, statusTopic } from '../protocols/promptpay/codec.ts';
import type { BackendClock, BackendLog } from './environment.ts';
import type { FaultBoard } from './faults.ts';

export type Publish = (topic: string, payload: Uint8Array, retain: boolean) => Promise<void>;

const FOREIGN_CHARGE = 'ch_000000000000000000000000000';

/** Tells boxes over MQTT what the backend has to say, as badly as the faults that are switched on want it. */
export class Announcer {
  readonly #publish: Publish;
  readonly #faults: FaultBoard;
  readonly #clock: BackendClock;
  readonly #log: BackendLog;
  readonly #delayed = new Set<() => void>();

  constructor(publish: Publish, faults: FaultBoard, clock: BackendClock, log: BackendLog) {
    this.#publish = publish;
    this.#faults = faults;
    this.#clock = clock;
    this.#log = log;
  }

  /** Says how a charge ended. Resolves when the broker has every message that goes out now; a delayed one is not waited for. */
  announce(chargeId: string, success: boolean): Promise<void> {
    return this.#deliver(statusTopic(chargeId), false, () => this.#payloads(chargeId, success));
  }

  /** Says in the words of a dialect that a charge was paid; `payloadOf` writes it for the charge it is to name. Resolves as `announce` does. */
  announcePayment(topic: string, chargeId: string, payloadOf: (charge: string) => Uint8Array): Promise<void> {
    return this.#deliver(topic, false, () => this.#copies(payloadOf(this.#named(chargeId)), 1));
  }

  /** Any other message, under the faults that are not about charges. Resolves as `announce` does. */
  send(topic: string, payload: Uint8Array, { retain, copies }: { readonly retain: boolean; readonly copies: number }): Promise<void> {
    return this.#deliver(topic, retain, () => this.#copies(payload, copies));
  }

  async #deliver(topic: string, retained: boolean, payloadsNow: () => Uint8Array[]): Promise<void> {
    if (this.#faults.strike('drop-mqtt')) return;
    const retain = this.#faults.strike('retain-mqtt') !== null || retained;
    const payloads = payloadsNow();
    const send = async () => {
      for (const payload of payloads) await this.#publish(topic, payload, retain);
    };
    const delay = this.#faults.strike('delay-mqtt');
    if (!delay) return send();
    const cancel = this.#clock.after(delay.numbers.ms ?? 0, () => {
      this.#delayed.delete(cancel);
      send().catch((error: unknown) => this.#log.error('announcer.publish-failed', { topic, reason: String(error) }));
    });
    this.#delayed.add(cancel);
  }

  /** Gives up the messages that still wait. */
  stop(): void {
    for (const cancel of this.#delayed) cancel();
    this.#delayed.clear();
  }

  #payloads(chargeId: string, success: boolean): Uint8Array[] {
    const charge = this.#named(chargeId);
    const copies = this.#copies(statusPayload(charge, success), 1);
    return this.#faults.strike('conflicting-status') ? [...copies, statusPayload(charge, !success)] : copies;
  }

  #named(chargeId: string): string {
    return this.#faults.strike('foreign-charge') ? FOREIGN_CHARGE : chargeId;
  }

  #copies(whole: Uint8Array, count: number): Uint8Array[] {
    const payload = this.#faults.strike('malformed-mqtt') ? whole.slice(0, whole.length >> 1) : whole;
    return Array(this.#faults.strike('duplicate-mqtt') ? 2 : count).fill(payload);
  }
}

const statusPayload = (charge: string, success: boolean): Uint8Array =>
  encodePaymentStatus({ success, charge, status: null, message: success ? 'Payment successful' : 'Payment failed' });
