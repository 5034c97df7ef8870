import { CallerFault } from '../fault.ts';
import type { Posparam, PosparamForm } from './posparam.ts';

/** The template of the integration guide, section 3.1, to be filled in: readPosparam names what is missing in it. */
const TEMPLATE = {
  mqtt: {
    mqtt_endpoint: 'mqtt.example.com',
    mqtt_port: '8883',
    mqtt_auth_cert: 0,
    mqtt_username: '',
    mqtt_password: '',
    mqtt_topic: 'pos/message',
  },
  payment: {
    pgw_endpoint: 'https://pay.example.com',
    pgw_port: '443',
    pgw_auth_type: 'api_key',
    pgw_ssl_cert: 1,
    pgw_api_key: `sk_${'0'.repeat(32)}`,
    pgw_api_key_expiry: '20261231',
    pgw_api_sale: '/functions/v1/request-online-result-pos',
    pgw_api_details: '/functions/v1/get-transaction-records-pos',
  },
};

/** A posparam.ini to fill in: nested, with the sample values of the guide. */
export const posparamTemplate = (): string => written(TEMPLATE);

/**
 * Parameters as the text of a posparam.ini, from which readPosparam gives the same again.
 * @throws CallerFault `posparam-topics`: the nested form has room for one topic only
 */
export function posparamText({ mqtt, payment }: Posparam, form: PosparamForm): string {
  const [broker, server] = [partsOf(mqtt.url), partsOf(payment.url)];
  const { username, password } = mqtt.auth.kind === 'password' ? mqtt.auth : { username: '', password: '' };
  const [topic, ...others] = mqtt.topicPrefixes;
  const flag = (on: boolean) => (form === 'flat' ? String(Number(on)) : Number(on));
  const mqttKeys = {
    mqtt_endpoint: broker.endpoint,
    mqtt_port: broker.port,
    mqtt_auth_cert: flag(mqtt.auth.kind === 'certificate'),
    mqtt_username: username,
    mqtt_password: password,
  };
  const paymentKeys = {
    pgw_endpoint: server.endpoint,
    pgw_port: server.port,
    pgw_auth_type: 'api_key',
    pgw_ssl_cert: flag(payment.verifyTls),
    pgw_api_key: payment.apiKey,
    pgw_api_key_expiry: payment.apiKeyExpiry,
    pgw_api_sale: payment.salePath,
    pgw_api_details: payment.detailsPath,
  };
  if (form === 'flat') {
    const [response = '', voice = ''] = others;
    return written({ ...mqttKeys, mqtt_topic_command: topic, mqtt_topic_response: response, mqtt_topic_voice: voice, ...paymentKeys });
  }
  if (others.length === 0) return written({ mqtt: { ...mqttKeys, mqtt_topic: topic }, payment: paymentKeys });
  throw new CallerFault('The nested form has room for one topic', {
    code: 'posparam-topics',
    found: `${mqtt.topicPrefixes.length} topics`,
    expected: '1, or the flat form',
  });
}

/** `https://host:443/base` as `https://host/base` and `443`. */
function partsOf(url: string): { endpoint: string; port: string } {
  const [, scheme = '', host = '', port = '', path = ''] = /^(\w+:\/\/)(.+?):(\d+)(\/.*)?$/.exec(url) ?? [];
  return { endpoint: `${scheme}${host}${path}`, port };
}

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
