import { encodePaymentStatus, statusTopic } from '../protocols/promptpay/codec.ts';
import type { BackendClock, BackendLog } from './environment.ts';
import type { FaultBoard } from './faults.ts';

export type Publish = (topic: string, payload: Uint8Array, retain: boolean) => Promise<void>;

const FOREIGN_CHARGE = 'ch_000000000000000000000000000';

/** Tells a box over MQTT how its charge ended, as badly as the faults that are switched on want it. */
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

  /** Resolves when the broker has every message that goes out now; a delayed one is not waited for. */
  async announce(chargeId: string, success: boolean): Promise<void> {
    if (this.#faults.strike('drop-mqtt')) return;
    const retain = this.#faults.strike('retain-mqtt') !== null;
    const payloads = this.#payloads(chargeId, success);
    const send = async () => {
      for (const payload of payloads) await this.#publish(statusTopic(chargeId), payload, retain);
    };
    const delay = this.#faults.strike('delay-mqtt');
    if (!delay) return send();
    const cancel = this.#clock.after(delay.numbers.ms ?? 0, () => {
      this.#delayed.delete(cancel);
      send().catch((error: unknown) => this.#log.error('announcer.publish-failed', { charge: chargeId, reason: String(error) }));
    });
    this.#delayed.add(cancel);
  }

  /** Gives up the messages that still wait. */
  stop(): void {
    for (const cancel of this.#delayed) cancel();
    this.#delayed.clear();
  }

  #payloads(chargeId: string, success: boolean): Uint8Array[] {
    const charge = this.#faults.strike('foreign-charge') ? FOREIGN_CHARGE : chargeId;
    const whole = statusPayload(charge, success);
    const payload = this.#faults.strike('malformed-mqtt') ? whole.slice(0, whole.length >> 1) : whole;
    const copies = this.#faults.strike('duplicate-mqtt') ? [payload, payload] : [payload];
    return this.#faults.strike('conflicting-status') ? [...copies, statusPayload(charge, !success)] : copies;
  }
}

const statusPayload = (charge: string, success: boolean): Uint8Array =>
  encodePaymentStatus({ success, charge, status: null, message: success ? 'Payment successful' : 'Payment failed' });
