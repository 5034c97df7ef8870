import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { excerpt } from '../../domain/card-data.ts';
import type { JsonObject } from '../../domain/json.ts';
import { decodeMessage, topicOf } from '../../protocols/ds50/codec.ts';
import type { Announcer } from '../announcer.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import { integerOf, textOf } from '../store.ts';

/** A message that was sent to a box, as the control API shows it. */
export interface Push {
  readonly deviceSn: string;
  readonly topic: string;
  /** Without card data, whatever was sent. */
  readonly payload: string;
  readonly retain: boolean;
  /** How often it was published; 2 when asked for twice. */
  readonly copies: number;
  readonly sentAtMs: number;
}

/** Longest payload kept to be looked at, characters. */
const MAX_SHOWN = 16_384;

/** What the customer's server pushes to the boxes. */
export class Pushes {
  readonly #db: DatabaseSync;
  readonly #announcer: Announcer;
  readonly #topicPrefix: string;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;

  constructor(db: DatabaseSync, announcer: Announcer, topicPrefix: string, clock: BackendClock, entropy: BackendEntropy) {
    this.#db = db;
    this.#announcer = announcer;
    this.#topicPrefix = topicPrefix;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  /**
   * Publishes `{deviceSn, transType, amount, message?, orderId?}`, or exactly the text `raw` whatever it is, with QoS 1.
   * Without an orderId it makes one. `retain: true` and `duplicate: true` do what a broken server would.
   * @throws Refusal `request-invalid`; PeerFault `message-invalid` for an order no box would take
   */
  async send({ deviceSn, retain, duplicate, raw, ...message }: JsonObject): Promise<Push> {
    if (typeof deviceSn !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(deviceSn))
      throw invalid('deviceSn', 'a serial number: 1 to 64 of A-Z a-z 0-9 _ -');
    const payload = raw === undefined ? this.#order(message) : rawText(raw, message);
    const push = {
      deviceSn,
      topic: topicOf(this.#topicPrefix, deviceSn),
      payload: excerpt(payload, MAX_SHOWN),
      retain: flag('retain', retain),
      copies: flag('duplicate', duplicate) ? 2 : 1,
      sentAtMs: this.#clock.wallMs(),
    };
    this.#db
      .prepare('INSERT INTO ds50_pushes (device_sn, topic, payload, retain, copies, sent_at_ms) VALUES (?, ?, ?, ?, ?, ?)')
      .run(push.deviceSn, push.topic, push.payload, push.retain ? 1 : 0, push.copies, push.sentAtMs);
    await this.#announcer.send(push.topic, new TextEncoder().encode(payload), push);
    return push;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): Push[] {
    return this.#db.prepare('SELECT * FROM ds50_pushes ORDER BY seq DESC LIMIT ?').all(limit).map(toPush);
  }

  /** Field by field in the guide's order (3.4). */
  #order({ message, amount, transType, orderId, ...rest }: JsonObject): string {
    demandNothingElse(rest);
    const id = orderId ?? `ord${randomText(this.#entropy, '0123456789', 12)}`;
    const text = JSON.stringify({ message, amount, transType, orderId: id });
    decodeMessage(new TextEncoder().encode(text), 'THB');
    return text;
  }
}

function rawText(raw: unknown, message: JsonObject): string {
  demandNothingElse(message);
  if (typeof raw !== 'string') throw invalid('raw', 'a text to be sent as it is');
  return raw;
}

function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value === true;
}

const toPush = (row: Record<string, SQLOutputValue>): Push => ({
  deviceSn: textOf(row, 'device_sn'),
  topic: textOf(row, 'topic'),
  payload: textOf(row, 'payload'),
  retain: integerOf(row, 'retain') === 1,
  copies: integerOf(row, 'copies'),
  sentAtMs: integerOf(row, 'sent_at_ms'),
});
