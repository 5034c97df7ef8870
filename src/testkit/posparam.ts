import type { PosparamProblem, PosparamReading } from '../domain/posparam/posparam.ts';
import { readPosparam } from '../domain/posparam/read.ts';

/** An API key and a password that nothing may tell. */
export const API_KEY = 'sk_FAKE_0123456789abcdef';
export const PASSWORD = 'correct horse battery';

/** The sections of a posparam.ini in order. */
export const MQTT = {
  mqtt_endpoint: 'mqtt.example.com',
  mqtt_port: '8883',
  mqtt_auth_cert: 0,
  mqtt_username: 'box',
  mqtt_password: PASSWORD,
  mqtt_topic: 'pos/message',
};
export const PAYMENT = {
  pgw_endpoint: 'https://pay.example.com',
  pgw_port: '443',
  pgw_auth_type: 'api_key',
  pgw_ssl_cert: 1,
  pgw_api_key: API_KEY,
  pgw_api_key_expiry: '20261231',
  pgw_api_sale: '/functions/v1/request-online-result-pos',
  pgw_api_details: '/functions/v1/get-transaction-records-pos',
};
const { mqtt_topic, ...REST } = MQTT;
const FLAT = { ...REST, mqtt_auth_cert: '0', mqtt_topic_command: mqtt_topic, ...PAYMENT, pgw_ssl_cert: '1' };

/** Every key that either form knows. */
export const POSPARAM_KEYS = Object.keys({ ...MQTT, ...FLAT, mqtt_topic_response: '', mqtt_topic_voice: '' });

export const readText = (text: string): PosparamReading => readPosparam(new TextEncoder().encode(text));
export const readJson = (value: unknown): PosparamReading => readText(JSON.stringify(value));

/** The nested file with other values; undefined takes a key away. */
export const nested = (mqtt: object, payment: object = {}): PosparamReading =>
  readJson({ mqtt: { ...MQTT, ...mqtt }, payment: { ...PAYMENT, ...payment } });

/** The same in the flat form. */
export const flat = (fields: object): PosparamReading => readJson({ ...FLAT, ...fields });

export const problems = (reading: PosparamReading): readonly PosparamProblem[] => (reading.ok ? [] : reading.problems);
export const notices = (reading: PosparamReading): readonly PosparamProblem[] => (reading.ok ? reading.notices : []);
