import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { withoutCardData } from '../../domain/card-data.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { downlinkTopic, encodeCommand, encodeConfigPush, isDeviceId, MAX_VERSION } from '../../protocols/qris-soundbox/codec.ts';
import type { Announcer } from '../announcer.ts';
import { demandNothingElse, invalid } from '../control-request.ts';
import { type BackendClock, type BackendEntropy, randomText } from '../environment.ts';
import { integerOf, integerOrNull, textOf, textOrNull } from '../store.ts';
import { keptId, keptJson } from './kept.ts';
import { BASE62 } from './transactions.ts';

/** Settings or a command that a box was sent, as the control API shows it: without card data, whatever was sent. */
export interface RemoteOrder {
  readonly deviceId: string;
  readonly kind: 'config' | 'command';
  readonly version: number | null;
  readonly commandId: string | null;
  readonly name: string | null;
  /** The settings, or the parameters. */
  readonly content: JsonObject;
  readonly sentAtMs: number;
}

/** What the backend sets and commands from afar. A box may refuse it: what is sent is not checked against what it knows. */
export class RemoteOrders {
  readonly #db: DatabaseSync;
  readonly #announcer: Announcer;
  readonly #clock: BackendClock;
  readonly #entropy: BackendEntropy;

  constructor(db: DatabaseSync, announcer: Announcer, clock: BackendClock, entropy: BackendEntropy) {
    this.#db = db;
    this.#announcer = announcer;
    this.#clock = clock;
    this.#entropy = entropy;
  }

  /** Sends `{deviceId, settings, version?}`; without a version, the one after the largest this box was sent. @throws Refusal `request-invalid` */
  async configure({ deviceId, settings, version, ...rest }: JsonObject): Promise<RemoteOrder> {
    demandNothingElse(rest);
    const device = deviceOf(deviceId);
    const content = objectOf('settings', settings);
    const order = { ...this.#order(device, 'config', content), version: version === undefined ? this.#next(device) : versionOf(version) };
    this.#keep(order);
    await this.#send(device, 'config/push', encodeConfigPush({ version: order.version, settings: content }));
    return order;
  }

  /** Sends `{deviceId, name, parameters?, commandId?}`; without an id, under a new one. @throws Refusal `request-invalid` */
  async command({ deviceId, name, parameters = {}, commandId, ...rest }: JsonObject): Promise<RemoteOrder> {
    demandNothingElse(rest);
    const device = deviceOf(deviceId);
    const called = textIn('name', name);
    const id = commandId === undefined ? `cmd_${randomText(this.#entropy, BASE62, 20)}` : textIn('commandId', commandId);
    const content = objectOf('parameters', parameters);
    const order = { ...this.#order(device, 'command', content), commandId: keptId(id), name: withoutCardData(called) };
    this.#keep(order);
    await this.#send(device, 'command', encodeCommand({ id, name: called, parameters: content }));
    return order;
  }

  /** The latest first, at most `limit`. */
  list(limit: number): RemoteOrder[] {
    return this.#db.prepare('SELECT * FROM qris_orders ORDER BY seq DESC LIMIT ?').all(limit).map(toOrder);
  }

  #order(deviceId: string, kind: RemoteOrder['kind'], content: JsonObject): RemoteOrder {
    const kept: JsonObject = JSON.parse(keptJson(content));
    return { deviceId, kind, version: null, commandId: null, name: null, content: kept, sentAtMs: this.#clock.wallMs() };
  }

  #keep({ deviceId, kind, version, commandId, name, content, sentAtMs }: RemoteOrder): void {
    this.#db
      .prepare('INSERT INTO qris_orders (device_id, kind, version, command_id, name, content, sent_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(deviceId, kind, version, commandId, name, JSON.stringify(content), sentAtMs);
  }

  #send(deviceId: string, kind: 'config/push' | 'command', payload: Uint8Array): Promise<void> {
    return this.#announcer.send(downlinkTopic(deviceId, kind), payload, { retain: false, copies: 1 });
  }

  #next(deviceId: string): number {
    const row = this.#db.prepare('SELECT max(version) AS version FROM qris_orders WHERE device_id = ?').get(deviceId) ?? {};
    return Math.min((integerOrNull(row, 'version') ?? 0) + 1, MAX_VERSION);
  }
}

function deviceOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string' || !isDeviceId(value)) throw invalid('deviceId', '1 to 64 of A-Z a-z 0-9 _ -');
  return value;
}

function objectOf(name: string, value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid(name, 'a JSON object');
  return value as JsonObject;
}

function textIn(name: string, value: JsonValue | undefined): string {
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,64}$/.test(value)) throw invalid(name, '1 to 64 visible ASCII characters');
  return value;
}

function versionOf(value: JsonValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= MAX_VERSION) return value;
  throw invalid('version', `a whole number from 1 to ${MAX_VERSION}`);
}

const toOrder = (row: Record<string, SQLOutputValue>): RemoteOrder => ({
  deviceId: textOf(row, 'device_id'),
  kind: textOf(row, 'kind') as RemoteOrder['kind'],
  version: integerOrNull(row, 'version'),
  commandId: textOrNull(row, 'command_id'),
  name: textOrNull(row, 'name'),
  content: JSON.parse(textOf(row, 'content')) as JsonObject,
  sentAtMs: integerOf(row, 'sent_at_ms'),
});
