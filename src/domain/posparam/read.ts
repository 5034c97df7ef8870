import { API_PATH, BROKER, type Endpoint, PAYMENT_SERVER } from './endpoint.ts';
import { fileOf } from './file.ts';
import { type Field, Findings, isGiven } from './findings.ts';
import { type Fields, FLAT_TOPICS, layoutOf } from './layout.ts';
import type { Posparam, PosparamForm, PosparamReading } from './posparam.ts';
import { API_KEY, AUTH_TYPE, EXPIRY, PASSWORD, PORT, TOPIC_PREFIX, takeFlag, USERNAME } from './rules.ts';

const MAX_TOPICS = 3;

/**
 * Reads posparam.ini, nested or flat (integration guide, section 3.2), with a byte order mark or without. Every
 * problem at once; what is wrong with the text as such (size, UTF-8, JSON) is one problem at path ''. Total.
 */
export function readPosparam(bytes: Uint8Array): PosparamReading {
  const findings = new Findings();
  const file = fileOf(bytes, findings);
  if (file === null) return { ok: false, problems: findings.problems };
  const { form, ...sections } = layoutOf(file, findings);
  const mqtt = sections.mqtt && mqttOf(sections.mqtt, form, findings);
  const payment = sections.payment && paymentOf(sections.payment, form, findings);
  if (!mqtt || !payment || findings.problems.length > 0) return { ok: false, problems: findings.problems };
  return { ok: true, form, posparam: { mqtt, payment }, notices: findings.notices };
}

function mqttOf(field: Fields, form: PosparamForm, findings: Findings): Posparam['mqtt'] | null {
  const server = serverOf(field, ['mqtt_endpoint', 'mqtt_port'], BROKER, findings);
  const certificate = takeFlag(field('mqtt_auth_cert'), form, findings);
  const auth = authOf(field, certificate, findings);
  const topics = form === 'flat' ? flatTopics(field, findings) : [topic(field('mqtt_topic'), findings)];
  if (server && !server.tls) {
    const { path } = field('mqtt_endpoint');
    if (certificate) findings.problem(path, 'a connection without TLS', 'mqtts:// or no scheme, because mqtt_auth_cert is 1');
    else findings.notice(path, 'a connection without TLS', 'mqtts:// or no scheme: the password can be read on the way');
  }
  const topicPrefixes = topics.filter((prefix) => prefix !== null);
  if (!server || !auth || topicPrefixes.length < topics.length) return null;
  return { url: `${server.tls ? 'mqtts' : 'mqtt'}://${server.host}:${server.port}`, auth, topicPrefixes };
}

function paymentOf(field: Fields, form: PosparamForm, findings: Findings): Posparam['payment'] | null {
  const server = serverOf(field, ['pgw_endpoint', 'pgw_port'], PAYMENT_SERVER, findings);
  findings.take(field('pgw_auth_type'), AUTH_TYPE);
  const verifyTls = takeFlag(field('pgw_ssl_cert'), form, findings);
  const apiKey = findings.take(field('pgw_api_key'), API_KEY);
  const apiKeyExpiry = findings.take(field('pgw_api_key_expiry'), EXPIRY);
  const salePath = findings.take(field('pgw_api_sale'), API_PATH);
  const detailsPath = findings.take(field('pgw_api_details'), API_PATH);
  if (server && !server.tls) {
    findings.notice(field('pgw_endpoint').path, 'a connection without TLS', 'https:// or no scheme: the API key can be read on the way');
  } else if (verifyTls === false) {
    findings.notice(field('pgw_ssl_cert').path, '0', '1: without verification anyone on the way can pose as the payment server');
  }
  if (!server || verifyTls === null || !apiKey || !apiKeyExpiry || !salePath || !detailsPath) return null;
  const url = `${server.tls ? 'https' : 'http'}://${server.host}:${server.port}${server.path}`;
  return { url, verifyTls, apiKey, apiKeyExpiry, salePath, detailsPath };
}

/** Endpoint and port together; they must not contradict each other. */
function serverOf(
  field: Fields,
  keys: readonly [string, string],
  rule: typeof BROKER,
  findings: Findings,
): (Endpoint & { port: number }) | null {
  const endpoint = findings.take(field(keys[0]), rule);
  const port = findings.take(field(keys[1]), PORT);
  if (!endpoint || !port) return null;
  if (endpoint.port === null || endpoint.port === port) return { ...endpoint, port };
  return findings.problem(field(keys[0]).path, `port ${endpoint.port}`, `no port in it, or ${port} as ${keys[1]} says`);
}

function authOf(field: Fields, certificate: boolean | null, findings: Findings): Posparam['mqtt']['auth'] | null {
  const fields = { username: field('mqtt_username'), password: field('mqtt_password') };
  if (certificate === false) {
    const because = <T extends { expected: string }>(rule: T): T => ({
      ...rule,
      expected: `${rule.expected}, because mqtt_auth_cert is 0`,
    });
    const username = findings.take(fields.username, because(USERNAME));
    const password = findings.take(fields.password, because(PASSWORD));
    return username && password ? { kind: 'password', username, password } : null;
  }
  findings.takeIfGiven(fields.username, USERNAME);
  findings.takeIfGiven(fields.password, PASSWORD);
  if (certificate === null) return null;
  for (const given of Object.values(fields).filter(isGiven)) {
    findings.notice(given.path, 'a text that is not used', 'an empty text, because mqtt_auth_cert is 1');
  }
  return { kind: 'certificate' };
}

function flatTopics(field: Fields, findings: Findings): readonly (string | null)[] {
  const given = FLAT_TOPICS.filter((key) => isGiven(field(key)));
  if (given.length === 0) return [topic(field('mqtt_topic_command'), findings)];
  const distinct = [...new Set(given.map((key) => topic(field(key), findings)))];
  if (distinct.length > MAX_TOPICS) findings.problem('mqtt_topic', `${distinct.length} topics in all`, `at most ${MAX_TOPICS}`);
  return distinct;
}

function topic(field: Field, findings: Findings): string | null {
  const prefix = findings.take(field, TOPIC_PREFIX);
  if (prefix === null) return null;
  if (prefix !== field.value) findings.notice(field.path, 'a slash at the end', 'none: the box adds a slash and its serial number');
  if (/^\/|\/\//.test(prefix)) findings.notice(field.path, 'an empty level', 'a name before and between slashes');
  return prefix;
}
