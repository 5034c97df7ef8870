import type { JsonObject, JsonValue } from '../json.ts';
import { nearest } from '../nearest.ts';
import type { Field, Findings } from './findings.ts';
import type { PosparamForm } from './posparam.ts';
import { shown } from './words.ts';

/** Gives the field of a key. */
export type Fields = (key: string) => Field;

/** A file by its form. A section is null when it is missing, which is a problem already told. */
export interface Layout {
  readonly form: PosparamForm;
  readonly mqtt: Fields | null;
  readonly payment: Fields | null;
}

/** Keys of the flat form that name topics; the box listens to each. */
export const FLAT_TOPICS = ['mqtt_topic', 'mqtt_topic_command', 'mqtt_topic_response', 'mqtt_topic_voice'] as const;

const MQTT_KEYS = ['mqtt_endpoint', 'mqtt_port', 'mqtt_auth_cert', 'mqtt_username', 'mqtt_password', 'mqtt_topic'];
const PAYMENT_KEYS = [
  'pgw_endpoint',
  'pgw_port',
  'pgw_auth_type',
  'pgw_ssl_cert',
  'pgw_api_key',
  'pgw_api_key_expiry',
  'pgw_api_sale',
  'pgw_api_details',
];
const FLAT_KEYS = [...new Set([...MQTT_KEYS, ...FLAT_TOPICS, ...PAYMENT_KEYS])];

/** So many unknown keys are told one by one, and compared with the missing ones. */
const MAX_STRANGERS = 20;

interface Stranger {
  readonly key: string;
  readonly path: string;
}

/** Finds the form of a file and where its fields are. Unknown keys become notices, missing sections problems. */
export function layoutOf(file: JsonObject, findings: Findings): Layout {
  const nested = 'mqtt' in file || 'payment' in file || !Object.keys(file).some((key) => FLAT_KEYS.includes(key));
  return nested ? nestedLayout(file, findings) : flatLayout(file, findings);
}

function flatLayout(file: JsonObject, findings: Findings): Layout {
  const strangers = strangersIn(file, FLAT_KEYS, '');
  tell(strangers, findings);
  const fields = fieldsOf(file, '', strangers);
  return { form: 'flat', mqtt: fields, payment: fields };
}

function nestedLayout(file: JsonObject, findings: Findings): Layout {
  const [mqtt, payment] = [asSection(file.mqtt), asSection(file.payment)];
  const outside = strangersIn(file, ['mqtt', 'payment'], '');
  const strangers = [...outside, ...strangersIn(mqtt, MQTT_KEYS, 'mqtt.'), ...strangersIn(payment, PAYMENT_KEYS, 'payment.')];
  tell(strangers, findings);
  const section = (name: string, object: JsonObject | null, keys: readonly string[]): Fields | null => {
    if (object) return fieldsOf(object, `${name}.`, strangers);
    return findings.refuse(fieldsOf(file, '', outside)(name), `an object with ${keys.join(', ')}`, 20);
  };
  return { form: 'nested', mqtt: section('mqtt', mqtt, MQTT_KEYS), payment: section('payment', payment, PAYMENT_KEYS) };
}

function fieldsOf(object: JsonObject, prefix: string, strangers: readonly Stranger[]): Fields {
  const names = strangers.map(({ key }) => key);
  return (key) => {
    const value = object[key];
    const meant = value === undefined ? nearest(key, names) : null;
    const misspelt = strangers.find((stranger) => stranger.key === meant)?.path;
    return { path: `${prefix}${key}`, value, ...(misspelt !== undefined && { misspelt }) };
  };
}

function strangersIn(object: JsonObject | null, known: readonly string[], prefix: string): Stranger[] {
  const keys = Object.keys(object ?? {}).filter((key) => !known.includes(key));
  return keys.map((key) => ({ key: key.slice(0, 64), path: `${prefix}${shown(key)}` }));
}

function tell(strangers: Stranger[], findings: Findings): void {
  const rest = strangers.splice(MAX_STRANGERS);
  for (const { path } of strangers) findings.notice(path, 'an unknown key', 'a key of the integration guide');
  if (rest.length > 0) findings.notice('', `${rest.length} more unknown keys`, 'keys of the integration guide');
}

function asSection(value: JsonValue | undefined): JsonObject | null {
  return value === undefined || value === null || typeof value !== 'object' || isList(value) ? null : value;
}

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
