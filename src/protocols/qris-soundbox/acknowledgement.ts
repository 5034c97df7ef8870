import type { JsonObject } from '../../domain/json.ts';
import { asInteger, asObject, asOneOf } from '../../domain/json-fields.ts';
import type { Ack } from '../../domain/remote.ts';
import { asDeviceId, asId, asTime, line, lineIn, MAX_UPLINK_BYTES, messageIn, timeText, toBytes } from './message.ts';
import { MAX_VERSION } from './settings-push.ts';

const CONFIG_STATUSES = ['applied', 'ignored', 'rejected'] as const;
const COMMAND_STATUSES = ['accepted', 'done', 'refused', 'failed'] as const;
/** As long as a reason may be, characters. */
const MOST_REASON = 500;

interface Answer {
  readonly deviceId: string;
  /** Why it is not as it was asked for, or empty. */
  readonly reason: string;
  /** Stable, or empty. */
  readonly code: string;
  /** Milliseconds since 1970; whole seconds go out. */
  readonly atMs: number;
}

/** What became of pushed settings. */
export interface ConfigAck extends Answer {
  readonly version: number;
  readonly status: (typeof CONFIG_STATUSES)[number];
}

/** What became of a command. */
export interface CommandAck extends Answer {
  readonly command: string;
  readonly name: string;
  readonly status: (typeof COMMAND_STATUSES)[number];
  readonly result: JsonObject | NonNullable<Ack['result']>;
}

/** The answer to settings. The contract names its topic and no payload. */
export const encodeConfigAck = ({ deviceId, version, status, reason, code, atMs }: ConfigAck): Uint8Array =>
  toBytes({
    message_type: 'config_ack',
    device_id: deviceId,
    config_version: version,
    status,
    reason: line(reason, MOST_REASON),
    code,
    timestamp: timeText(atMs),
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeConfigAck(raw: Uint8Array): ConfigAck {
  const message = messageIn(raw, 'config_ack', MAX_UPLINK_BYTES);
  return {
    ...answerIn(message),
    version: asInteger(message.config_version, 'config_version', 1, MAX_VERSION),
    status: asOneOf(message.status, 'status', CONFIG_STATUSES),
  };
}

/** The answer to a command. The contract names its topic and no payload. */
export const encodeCommandAck = ({ deviceId, command, name, status, reason, code, result, atMs }: CommandAck): Uint8Array =>
  toBytes({
    message_type: 'command_ack',
    device_id: deviceId,
    command_id: command,
    command_name: name,
    status,
    reason: line(reason, MOST_REASON),
    code,
    result,
    timestamp: timeText(atMs),
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export function decodeCommandAck(raw: Uint8Array): CommandAck {
  const message = messageIn(raw, 'command_ack', MAX_UPLINK_BYTES);
  return {
    ...answerIn(message),
    command: asId(message.command_id, 'command_id', 64),
    name: asId(message.command_name, 'command_name', 64),
    status: asOneOf(message.status, 'status', COMMAND_STATUSES),
    result: asObject(message.result ?? {}, 'result'),
  };
}

/** An acknowledgement of the box as it goes out, with the end of the topic it belongs to. */
export function encodeAck(deviceId: string, ack: Ack, atMs: number) {
  const { about, state, code, reason, result = {} } = ack;
  const answer = { deviceId, code, reason, atMs };
  if (about.kind === 'settings') {
    const status = ({ accepted: 'applied', done: 'applied', ignored: 'ignored', refused: 'rejected', failed: 'rejected' } as const)[state];
    return { kind: 'config/ack', payload: encodeConfigAck({ ...answer, version: about.version, status }) } as const;
  }
  // Where there was nothing to do, all has been done.
  const status = state === 'ignored' ? 'done' : state;
  const { command, name } = about;
  return { kind: 'command/ack', payload: encodeCommandAck({ ...answer, command, name, status, result }) } as const;
}

const answerIn = (message: JsonObject): Answer => ({
  deviceId: asDeviceId(message.device_id, 'device_id'),
  reason: lineIn(message.reason, MOST_REASON),
  code: lineIn(message.code, 64),
  atMs: asTime(message.timestamp, 'timestamp'),
});
