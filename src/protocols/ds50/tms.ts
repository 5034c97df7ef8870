import { withoutCardData } from '../../domain/card-data.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../domain/json.ts';
import { asBoolean, asInteger, asList, asObject, asOneOf, asPattern, MessageFault } from '../../domain/json-fields.ts';
import { MAX_PACKAGE_BYTES } from '../../domain/ota/limits.ts';
import { type PackageOffer, UPDATE_STATUS, type UpdateReport, type UpdateStatusName } from '../../domain/ota/update.ts';
import { asSerial, bodyObject, MAX_MQTT_BYTES, toBytes } from './message.ts';

/** Where a box sends what it has to say of its updates, under the url of the TMS. */
export const STATUS_PATH = '/tms/v1/status';
/** Where a package lies, under the url of the TMS. */
export const packagePath = (sha256: string): string => `/tms/v1/packages/${sha256}`;

/** Most reports in one message. */
export const MAX_STATUS_REPORTS = 50;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const STATUS_NAMES = Object.keys(UPDATE_STATUS) as UpdateStatusName[];

/** What a TMS tells a box to install, as a message on the box's own topic. */
export const encodeInstruction = ({ deadlineMs, ...offer }: PackageOffer): Uint8Array =>
  toBytes({
    update: {
      deployment: offer.deployment,
      name: offer.name,
      size: offer.size,
      sha256: offer.sha256,
      path: offer.path,
      permitDowngrade: offer.permitDowngrade,
      ...(deadlineMs === null ? {} : { deadline: new Date(deadlineMs).toISOString() }),
    },
  });

/** @throws PeerFault `json-…`, `message-invalid` */
export const decodeInstruction = (raw: Uint8Array): PackageOffer => instructionIn(asObject(parseJson(raw, MAX_MQTT_BYTES), ''));

/** The instruction in a message that has been read already. @throws MessageFault */
export function instructionIn(object: JsonObject): PackageOffer {
  const update = asObject(object.update, 'update');
  return {
    deployment: asDeployment(update.deployment, 'update.deployment'),
    name: asKept(update.name, 'update.name', /^[A-Za-z0-9][\w.-]{0,123}\.zip$/, 'the file name of a package'),
    size: asInteger(update.size, 'update.size', 1, MAX_PACKAGE_BYTES),
    sha256: asPattern(update.sha256, 'update.sha256', /^[0-9a-f]{64}$/, '64 lower-case hex digits'),
    path: asPath(update.path, 'update.path'),
    permitDowngrade: update.permitDowngrade === undefined ? false : asBoolean(update.permitDowngrade, 'update.permitDowngrade'),
    deadlineMs: update.deadline === undefined ? null : asTime(update.deadline, 'update.deadline'),
  };
}

/** A text that is kept as it is, so it must not be, or hold, a card number. @throws MessageFault */
function asKept(value: JsonValue | undefined, path: string, pattern: RegExp, expected: string): string {
  const text = asPattern(value, path, pattern, expected);
  if (withoutCardData(text) !== text) throw new MessageFault(path, value, 'a text that could not be card data');
  return text;
}

/** A path at the TMS the box knows: nothing that could lead to another host or out of a folder. */
const asPath = (value: JsonValue | undefined, path: string): string =>
  asKept(value, path, /^(?!.*(?:\.\.|\/\/))\/[\w./-]{1,200}$/, 'a path that begins with /, of A-Z a-z 0-9 _ . / -, without .. and //');

const asDeployment = (value: JsonValue | undefined, path: string): string =>
  asKept(value, path, /^[\w.:-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ . : -');

function asTime(value: JsonValue | undefined, path: string): number {
  const ms = Date.parse(asPattern(value, path, RFC3339, 'a time in RFC 3339'));
  if (!Number.isFinite(ms)) throw new MessageFault(path, value, 'a time that exists');
  return ms;
}

/** A report with the wall time it was made at, milliseconds since 1970. */
export interface TimedUpdateReport extends UpdateReport {
  readonly atMs: number;
}

export interface StatusReport {
  readonly deviceSn: string;
  /** At most MAX_STATUS_REPORTS, oldest first. */
  readonly reports: readonly TimedUpdateReport[];
}

export const encodeStatusReport = ({ deviceSn, reports }: StatusReport): Uint8Array =>
  toBytes({
    deviceSn,
    reports: reports.map(({ id, deployment, status, progress, reason, atMs }) => ({
      id,
      deployment,
      status: UPDATE_STATUS[status],
      name: status,
      progress,
      reason,
      time: new Date(atMs).toISOString(),
    })),
  });

/** @throws PeerFault `json-…`, `message-invalid` with the path of the bad report */
export function decodeStatusReport(raw: Uint8Array): StatusReport {
  const message = bodyObject(raw);
  const listed = asList(message.reports, 'reports', MAX_STATUS_REPORTS);
  return { deviceSn: asSerial(message.deviceSn, 'deviceSn'), reports: listed.map((value, i) => reportIn(value, `reports[${i}]`)) };
}

function reportIn(value: JsonValue, path: string): TimedUpdateReport {
  const report = asObject(value, path);
  const status = asOneOf(report.name, `${path}.name`, STATUS_NAMES);
  if (report.status !== UPDATE_STATUS[status])
    throw new MessageFault(`${path}.status`, report.status, `${UPDATE_STATUS[status]}, as ${status} is numbered`);
  return {
    id: asKept(report.id, `${path}.id`, /^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters'),
    deployment: asDeployment(report.deployment, `${path}.deployment`),
    status,
    progress: asInteger(report.progress, `${path}.progress`, 0, 100),
    reason: asKept(report.reason, `${path}.reason`, /^[a-z0-9-]{0,64}$/, 'a code in lower case, or nothing'),
    atMs: asTime(report.time, `${path}.time`),
  };
}

/** `accepted` counts the reports the TMS has now, those it had already included. */
export const encodeStatusReply = (accepted: number): Uint8Array => toBytes({ respCode: '00', accepted });

/** The number of reports the TMS keeps. @throws PeerFault `json-…`, `message-invalid`, at `respCode` when it is not 00 */
export function decodeStatusReply(raw: Uint8Array): number {
  const reply = bodyObject(raw);
  asOneOf(reply.respCode, 'respCode', ['00']);
  return asInteger(reply.accepted, 'accepted', 0, MAX_STATUS_REPORTS);
}
